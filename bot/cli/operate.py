"""Commands for operators: the database."""

from __future__ import annotations

import typer

from bot.cli import show
from bot.store import schema
from bot.store.sealed import new_key as fresh_key

app = typer.Typer()
db = typer.Typer(help="The database: upgrade, new-key, state.", no_args_is_help=True)
app.add_typer(db, name="db")


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


@db.command()
def upgrade() -> None:
    """Bring the schema up to date, all or nothing."""
    with show.opened(upgrade=True):
        show.console().print("The schema is up to date.")


@db.command()
def state() -> None:
    """Say how the schema stands to this program."""
    with show.opened() as opened:
        show.console().print(str(schema.state(opened.desk.database)))


@db.command("new-key")
def new_key(name: str = typer.Argument("k1", help="Its name, at most 8 characters.")) -> None:
    """Print a new encryption key for THINKFAMILY_KEYS; keep it as safe as the data."""
    typer.echo(f"THINKFAMILY_KEYS={fresh_key(name)}")
