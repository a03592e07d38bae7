"""``petition-triage``: the group of all verbs, and the table from errors to exit codes."""

import importlib
import io
import sys
import traceback

import click

from models.errors import (
    ClusterLost,
    DatasetError,
    GateRefused,
    OperatorError,
    SettingsError,
    TriageError,
)

VERBS = {
    "classify": ("service.cli.classify", "Say which area a petition belongs to."),
    "batch": ("service.cli.batch", "Classify whole files, row by row."),
    "train": ("service.cli.train", "Train a version from labelled rows."),
    "evaluate": ("service.cli.evaluate", "Measure a version on labelled rows."),
    "audit": ("service.cli.audit", "List what looks wrong with labelled rows."),
    "models": ("service.cli.versions", "List, promote, verify and export versions."),
    "reviews": ("service.cli.reviews", "List, export, import and count what people said."),
    "accounts": ("service.cli.accounts", "Add, list, change and remove accounts."),
    "keys": ("service.cli.keys", "Add, list and revoke keys for systems."),
    "serve": ("service.cli.serve", "Serve the HTTP API and the page."),
}

EXIT_FAULT, EXIT_USAGE, EXIT_MODEL, EXIT_GATE = 1, 2, 4, 5

EXIT_OF_ERROR: tuple[tuple[type[TriageError], int], ...] = (
    (GateRefused, EXIT_GATE),
    (ClusterLost, EXIT_FAULT),
    (SettingsError, EXIT_USAGE),
    (OperatorError, EXIT_MODEL),
    (TriageError, EXIT_USAGE),
)


class Verbs(click.Group):
    """Lists all verbs without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of use."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb."""
        del ctx
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(VERBS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help from the table above."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(verb, about) for verb, (_, about) in VERBS.items()])


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="petition-triage")
def cli() -> None:
    """Say which focus area of political-legal work a petition belongs to."""


def main() -> None:
    """Run a verb; every error of ours ends in one line and the exit code for its kind."""
    _forgive_characters()
    try:
        cli.main(standalone_mode=True)
    except TriageError as error:
        click.echo(f"{error.code}: {error}", err=True)
        for line in error.problems if isinstance(error, DatasetError) else ():
            click.echo(f"  {line}", err=True)
        sys.exit(next(code for kind, code in EXIT_OF_ERROR if isinstance(error, kind)))
    except OSError as error:
        click.echo(
            f"file: {error.filename}: {error.strerror}; check the path and its rights", err=True
        )
        sys.exit(EXIT_USAGE)
    except Exception as error:  # noqa: BLE001 - the last resort of a program that must not leak
        # A traceback's last line may quote a petition; the kind of error and its place do not.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.filename}:{frame.lineno}"
        click.echo(f"internal: {type(error).__name__} at {place}; this is our fault", err=True)
        sys.exit(EXIT_FAULT)


def _forgive_characters() -> None:
    """Let no character stop the program: rare ones on a GBK console, broken ones in a pipe."""
    for stream, errors in (
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
        (sys.stdin, "surrogateescape"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
