"""Settings: defaults, then a TOML file, then ``PETITION_TRIAGE_*`` variables, then options."""

import dataclasses
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import SettingsError
from models.resources import default_versions

PREFIX = "PETITION_TRIAGE_"
CONFIG_VARIABLE = "PETITION_TRIAGE_CONFIG"


@dataclass(frozen=True)
class Settings:
    """Everything an operator may set. Each name is a TOML key and, in capitals, a variable."""

    models: str = field(default_factory=lambda: str(default_versions()))
    """Folder of the version store; by default `models/versions` in a checkout, else the user's
    data folder."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8000
    """Port to listen on."""
    threads: int = 4
    """Requests answered at the same time."""
    queue: int = 100
    """Requests that may wait for a thread; one more is answered 503 at once, and so is any while
    the first has waited for 1.5 s."""
    request_timeout_s: int = 30
    """Longest time for a request, waiting included; then it is answered 503."""
    rate_per_minute: int = 0
    """Requests a minute that one address may send, more are answered 429; 0 for no limit."""
    trusted_proxy: str = ""
    """Address of the reverse proxy whose `X-Forwarded-*` headers are believed; people log in."""
    max_body_bytes: int = 8 * 1024 * 1024
    """Largest body of a request."""
    max_upload_bytes: int = 200_000_000
    """Largest file that the archive page takes."""
    upload_days: int = 30
    """Uploaded files and their results are removed after so many days."""
    stop_timeout_s: int = 30
    """How long requests in flight may still take after a signal to stop."""
    log_file: str = ""
    """File for the log, a new one each midnight; empty for standard error."""
    log_days: int = 190
    """Days for which the files of the log are kept."""
    data: str = ""
    """Folder of the database of reviews; by default `office` beside the folder of versions."""
    database: str = ""
    """URL of a PostgreSQL database; without one, reviews are kept in SQLite in the data folder."""
    keep_text: bool = False
    """Keep the original text of petitions too, not only the masked one."""
    sample_share: float = 0.05
    """Share of the decisions made alone that people check, unmarked, as the honest sample."""
    lease_minutes: int = 10
    """How long an item of the queue belongs to the clerk who got it."""
    login: bool = False
    """Ask people for a login on a loopback address too."""
    insecure_cookies: bool = False
    """Keep logins over plain HTTP too, where nobody else listens on the network."""
    idle_minutes: int = 30
    """After so long without a request people have to log in again."""
    retention_days: int = 0
    """Petitions older than so many days are removed by `reviews purge`; 0 keeps them."""

    @property
    def versions(self) -> Path:
        """The folder of the version store as a path."""
        return Path(self.models)

    @property
    def is_local(self) -> bool:
        """Whether only the person at this machine is served, who needs no login."""
        try:
            loopback = ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            loopback = self.host.lower() == "localhost"
        return loopback and not self.trusted_proxy and not self.login

    @property
    def data_folder(self) -> Path:
        """The folder of the database of reviews as a path."""
        return Path(self.data) if self.data else self.versions.parent / "office"


LIMITS: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "threads": (1, 256),
    "queue": (1, 100_000),
    "request_timeout_s": (1, 3600),
    "rate_per_minute": (0, 1_000_000),
    "log_days": (1, 3660),
    "max_body_bytes": (1024, 1024**3),
    "max_upload_bytes": (1024, 100 * 1024**3),
    "upload_days": (1, 3660),
    "stop_timeout_s": (1, 3600),
    "sample_share": (0, 1),
    "lease_minutes": (1, 24 * 60),
    "idle_minutes": (1, 24 * 60),
    "retention_days": (0, 36500),
}


def load_settings(
    config: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings in force; ``options`` that are None do not count.

    Raises SettingsError for an unknown key, a value of the wrong kind or out of range.
    """
    named = config or (
        Path(environment[CONFIG_VARIABLE]) if CONFIG_VARIABLE in environment else None
    )
    values = _from_file(named) if named else {}
    values |= {
        key.removeprefix(PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(PREFIX) and key != CONFIG_VARIABLE
    }
    values |= {key: value for key, value in (options or {}).items() if value is not None}
    known = {found.name: found.type for found in dataclasses.fields(Settings)}
    for key in values:
        if key not in known:
            raise SettingsError(f"unknown setting {key!r}", expected="one of " + ", ".join(known))
    return Settings(**{key: _value(key, value, known[key]) for key, value in values.items()})


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"settings file {path} cannot be read ({error})", expected="TOML in UTF-8"
        ) from error


def _value(key: str, value: object, kind: object) -> Any:  # noqa: ANN401 - a setting of any kind
    if kind is str:
        return str(value)
    if kind is bool:
        return _truth(key, value)
    try:
        number = float(str(value)) if kind is float else int(str(value))
    except ValueError as error:
        expected = "a number" if kind is float else "a whole number"
        raise SettingsError(f"setting {key} is {value!r}", expected=expected) from error
    low, high = LIMITS[key]
    if not low <= number <= high:
        raise SettingsError(f"setting {key} is {number}", expected=f"{low} to {high}")
    return number


def _truth(key: str, value: object) -> bool:
    word = str(value).lower()
    if word not in ("true", "false"):
        raise SettingsError(f"setting {key} is {value!r}", expected="true or false")
    return word == "true"
