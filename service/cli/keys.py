"""``keys``: which systems may ask."""

from typing import TYPE_CHECKING

import click

from service.cli.options import by_option, database_option

if TYPE_CHECKING:
    from service.reviews.database import Database

RIGHTS = ("classify", "review", "metrics", "models", "admin")


@click.group("keys")
def command() -> None:
    """Add, list and revoke the keys that systems send as `Authorization: Bearer KEY`."""


@command.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(RIGHTS), default=["classify"],
    show_default=True, help="What the key may do; repeatable.",
)  # fmt: skip
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(0), help="0 never expires."
)
@by_option
@database_option
def add(name: str, scopes: tuple[str, ...], days: int, by: str, db: "Database") -> None:
    """Make a key for the system NAME and print it, this once."""
    from service.reviews.keys import add_key
    from service.reviews.rights import Right

    click.echo(add_key(db, name, frozenset(map(Right, scopes)), by, days=days or None))
    click.echo("Keep it now: it is not shown again.", err=True)


@command.command("list")
@database_option
def list_all(db: "Database") -> None:
    """List all keys by id, without their secrets."""
    from service.reviews.keys import list_keys

    for each in list_keys(db):
        ends = each.expires_at.date().isoformat() if each.expires_at else "never"
        state = "in force" if each.usable else "revoked" if each.revoked_at else "expired"
        rights = ",".join(sorted(each.rights))
        click.echo(f"{each.id}\t{each.name}\t{rights}\tuntil {ends}\t{state}")


@command.command("revoke")
@click.argument("key_id", metavar="ID")
@by_option
@database_option
def revoke(key_id: str, by: str, db: "Database") -> None:
    """Let the key of this ID open nothing from now on."""
    from service.reviews.keys import revoke_key

    revoke_key(db, key_id, by)
    click.echo(f"revoked: {key_id}", err=True)
