"""What several verbs share: options for the version store and the database, and progress."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from models.store import Store
from service.settings import load_settings

if TYPE_CHECKING:
    from service.reviews.database import Database

FILE = click.Path(path_type=Path)

EXIT_ROW_ERRORS = 3
"""Finished, and some rows carry errors; the other codes stand in ``service.cli.main``."""


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--models FOLDER``, given to the verb as ``store``."""
    return click.option(
        "--models",
        "store",
        type=click.Path(file_okay=False, path_type=Path),
        callback=_open_store,
        help="Folder of the version store.",
    )(command)


def _open_store(ctx: click.Context, param: click.Parameter, folder: Path | None) -> Store:
    del ctx, param
    options = {"models": str(folder)} if folder else None
    return Store(load_settings(options=options).versions)


def database_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config FILE`` and ``--data FOLDER``, given to the verb as ``db``."""
    verb = click.option(
        "--data", expose_value=False, is_eager=True, callback=_remember, help="Folder of the data."
    )(verb)
    return click.option(
        "--config", "db", type=FILE, callback=_open, help="A TOML file with settings."
    )(verb)


def _remember(ctx: click.Context, param: click.Parameter, folder: str | None) -> None:
    del param
    ctx.meta["data"] = folder


def _open(ctx: click.Context, param: click.Parameter, config: Path | None) -> "Database":
    from service.reviews.database import open_database

    del param
    db = open_database(load_settings(config, options={"data": ctx.meta["data"]}))
    ctx.call_on_close(db.close)
    return db


by_option = click.option(
    "--by", default=getpass.getuser, help="Who does it, for the audit log. [default: your login]"
)


class Steps:
    """Shows the steps of a training on standard error, one bar each."""

    def __init__(self) -> None:
        """Nothing is shown before the first step."""
        self._bar: Any = None
        self._step = ""
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Move the bar of ``step`` to ``done`` of ``total``."""
        if step != self._step:
            self._close()
            self._bar = click.progressbar(length=total, label=step.ljust(32), file=sys.stderr)
            self._bar.__enter__()
            self._step, self._done = step, 0
        self._bar.update(done - self._done)
        self._done = done

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
