"""Settings from a file, the environment and options."""

import dataclasses
import re
from pathlib import Path

import pytest

from models.errors import SettingsError
from scripts.settings_table import BEGIN, END, README, table
from service.settings import Settings, load_settings


def test_options_win_over_environment_over_file(tmp_path: Path) -> None:
    """And defaults fill the rest."""
    path = tmp_path / "settings.toml"
    path.write_text('port = 1\nthreads = 2\nhost = "::1"\n', encoding="utf-8")
    environment = {"PETITION_TRIAGE_PORT": "3", "PETITION_TRIAGE_THREADS": "4", "PATH": "x"}
    settings = load_settings(path, environment, {"port": 5, "host": None})
    assert (settings.port, settings.threads, settings.host) == (5, 4, "::1")


def test_settings_file_is_named_by_the_environment(tmp_path: Path) -> None:
    """For services that are started without options."""
    path = tmp_path / "settings.toml"
    path.write_text("port = 1\n", encoding="utf-8")
    assert load_settings(environment={"PETITION_TRIAGE_CONFIG": str(path)}).port == 1


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("prot = 1", "unknown setting 'prot'"),
        ("port = 70000", "0 to 65535"),
        ('port = "x"', "whole number"),
        ("port = [", "cannot be read"),
        ("sample_share = nan", "0 to 1"),
        ("sample_share = 5", "0 to 1"),
        ('keep_text = "perhaps"', "true or false"),
    ],
)
def test_senseless_settings_are_refused(tmp_path: Path, content: str, found: str) -> None:
    """With what was found and what was expected."""
    path = tmp_path / "settings.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=found):
        load_settings(path, {})


def test_unknown_variable_is_refused() -> None:
    """A typing error does not pass for a default."""
    with pytest.raises(SettingsError, match="'prot'"):
        load_settings(environment={"PETITION_TRIAGE_PROT": "1"})


def test_readme_lists_every_setting_as_it_is() -> None:
    """Key, default, range and meaning; `make readme` writes them."""
    assert BEGIN + table() + END in README.read_text("utf-8")
    assert table().count("\n") == len(dataclasses.fields(Settings)) + 2


@pytest.mark.parametrize("page", ["docs/operation.md", "docs/operation.zh-CN.md"])
def test_settings_in_the_instructions_are_accepted(tmp_path: Path, page: str) -> None:
    """As they stand there."""
    text = (README.parent / page).read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        (tmp_path / "settings.toml").write_text(example, encoding="utf-8")
        assert load_settings(tmp_path / "settings.toml", {}).models


def test_numbers_and_truths_are_read_from_every_source(tmp_path: Path) -> None:
    """TOML knows them; variables are words."""
    path = tmp_path / "settings.toml"
    path.write_text("keep_text = true\nsample_share = 0.1\n", encoding="utf-8")
    assert load_settings(path, {}).keep_text
    assert load_settings(path, {}).sample_share == 0.1
    assert not load_settings(path, {"PETITION_TRIAGE_KEEP_TEXT": "false"}).keep_text
    assert load_settings(path, {"PETITION_TRIAGE_SAMPLE_SHARE": "1"}).sample_share == 1
