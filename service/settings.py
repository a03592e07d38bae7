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
    """Address of the reverse proxy whose `X-Forwarded-*` headers are believed."""
    max_body_bytes: int = 8 * 1024 * 1024
    """Largest body of a request."""
    stop_timeout_s: int = 30
    """How long requests in flight may still take after a signal to stop."""
    log_file: str = ""
    """File for the log, a new one each midnight; empty for standard error."""
    log_days: int = 190
    """Days for which the files of the log are kept."""

    @property
    def versions(self) -> Path:
        """The folder of the version store as a path."""
        return Path(self.models)

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        try:
            loopback = ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            loopback = self.host == "localhost"
        return loopback and not self.trusted_proxy


LIMITS = {
    "port": (0, 65535),
    "threads": (1, 256),
    "queue": (1, 100_000),
    "request_timeout_s": (1, 3600),
    "rate_per_minute": (0, 1_000_000),
    "log_days": (1, 3660),
    "max_body_bytes": (1024, 1024**3),
    "stop_timeout_s": (1, 3600),
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
    try:
        number = int(str(value))
    except ValueError as error:
        raise SettingsError(f"setting {key} is {value!r}", expected="a whole number") from error
    low, high = LIMITS[key]
    if not low <= number <= high:
        raise SettingsError(f"setting {key} is {number}", expected=f"{low} to {high}")
    return number
