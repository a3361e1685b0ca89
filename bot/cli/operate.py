"""Commands for operators: the database."""

from __future__ import annotations

import typer

from bot.cli import opening, show
from bot.store import schema
from bot.store.sealed import new_key as fresh_key

app = show.commands()
db = show.commands()
app.add_typer(db, name="db", help="The database: upgrade, state, new-key.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


@db.command(epilog="Example: thinkfamily db upgrade")
def upgrade() -> None:
    """Bring the database's tables up to date, all or nothing; makes an SQLite file that is not there."""
    with opening.opened(upgrade=True):
        show.say("The schema is up to date.")


@db.command(epilog="Example: thinkfamily db state")
def state() -> None:
    """Say how the database's tables stand to this program: current, missing, older or newer.

    Anything but current gives exit code 1.
    """
    with opening.unchecked() as opened:
        schema.require_current(opened.desk.database)
        show.say(f"current; {opened.desk.mode.value} mode")


@db.command("new-key", epilog="Example: thinkfamily db new-key >> .env")
def new_key(
    name: str = typer.Argument("k1", metavar="NAME", help="At most 8 characters; k1 if left out."),
) -> None:
    """Print a new encryption key for THINKFAMILY_KEYS; keep it as safe as the data.

    Who loses it loses every number and word in the database.
    """
    typer.echo(f"THINKFAMILY_KEYS={fresh_key(name)}")
