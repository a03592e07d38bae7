"""``accounts``: who may log in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.options import FILE, by_option, database_option

if TYPE_CHECKING:
    from service.reviews.database import Database

ROLES = ("clerk", "analyst", "administrator")

password_option = click.option(
    "--password-file", type=FILE, help="Read the password from this file instead of asking."
)


@click.group("accounts")
def command() -> None:
    """Add, list, change and remove the accounts that people log in with."""


@command.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@password_option
@by_option
@database_option
def add(name: str, role: str, password_file: Path | None, by: str, db: "Database") -> None:
    """Add the account NAME; its password is asked for."""
    from service.reviews.accounts import add_account
    from service.reviews.rights import Role

    add_account(db, name, Role(role), _password(password_file), by)
    click.echo(f"added: {name} ({role})", err=True)


@command.command("list")
@database_option
def list_all(db: "Database") -> None:
    """List all accounts with role and state."""
    from service.reviews.accounts import list_accounts

    for each in list_accounts(db):
        click.echo(f"{each.name}\t{each.role}\t{'disabled' if each.disabled else 'active'}")


@command.command("password")
@click.argument("name")
@password_option
@by_option
@database_option
def password(name: str, password_file: Path | None, by: str, db: "Database") -> None:
    """Set another password for NAME; a lock opens and open sessions end."""
    from service.reviews.accounts import change_password

    change_password(db, name, _password(password_file), by)
    click.echo(f"password changed: {name}", err=True)


@command.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@by_option
@database_option
def role(name: str, role: str, by: str, db: "Database") -> None:
    """Give NAME another ROLE."""
    from service.reviews.accounts import change_role
    from service.reviews.rights import Role

    change_role(db, name, Role(role), by)
    click.echo(f"role changed: {name} ({role})", err=True)


@command.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let NAME log in again.")
@by_option
@database_option
def disable(name: str, undo: bool, by: str, db: "Database") -> None:
    """Let NAME no longer log in; what they reviewed stays."""
    from service.reviews.accounts import disable_account

    disable_account(db, name, by, disabled=not undo)
    click.echo(f"{'enabled' if undo else 'disabled'}: {name}", err=True)


@command.command("remove")
@click.argument("name")
@by_option
@database_option
def remove(name: str, by: str, db: "Database") -> None:
    """Remove the account NAME; what they reviewed stays."""
    from service.reviews.accounts import remove_account

    remove_account(db, name, by)
    click.echo(f"removed: {name}", err=True)


def _password(file: Path | None) -> str:
    if file is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return file.read_text(encoding="utf-8-sig").strip("\r\n")
