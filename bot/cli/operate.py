"""Commands for operators: the doctor, and the database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from bot.cli import opening, show
from bot.running import doctor as looking
from bot.running.doctor import Level
from bot.services import backups
from bot.store import schema
from bot.store.sealed import new_key as fresh_key

app = show.commands()
db = show.commands()
app.add_typer(db, name="db", help="The database: upgrade, state, restore, new-key.", no_args_is_help=True)


_MARKS = {Level.WELL: "well  ", Level.SOON: "SOON  ", Level.WRONG: "WRONG "}


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


@app.command(epilog="Example: thinkfamily doctor")
def doctor() -> None:
    """Look at the database, keys, words, approvals, providers, disk and backup, and say what to mend.

    Asks Telegram and Twilio about our own account, and sends nothing. Exit code 1 when something is wrong.
    """
    with opening.unchecked() as opened:
        with show.busy("Looking"):
            found = asyncio.run(looking.look(opened, show.now()))
        for one in found:
            show.say(f"{_MARKS[one.level]}  {one.about}: {one.sentence}")
            if one.remedy:
                show.say(f"          {one.remedy}")
        wrong = sum(one.level is Level.WRONG for one in found)
        show.say("Nothing is wrong." if not wrong else f"{show.counted(wrong, 'thing')} to mend.")
    if wrong:
        raise typer.Exit(1)


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


@db.command(epilog="Example: thinkfamily db restore /backup/thinkfamily-2027-02-02.tar")
def restore(
    file: Path = typer.Argument(metavar="FILE", help="What `thinkfamily backup` made."),
) -> None:
    """Put a backup into the database that the settings name, which must be empty or not there; proved.

    Planned sending is halted until `thinkfamily resume --after-restore`; answers go. Before that do what
    docs/operating.md says under Backup and restore: what happened since the backup is not known.
    """
    with opening.unchecked() as opened:
        with show.busy("Restoring"):
            made = backups.restore(opened.desk, file, show.me(), show.now())
        show.say(
            f"Restored as of {show.moment(made.taken_at)}, and proved: {made.seen.rows['outbox']} messages."
        )
        show.say("Planned sending is halted. Next: docs/operating.md, Backup and restore.")


@db.command("new-key", epilog="Example: thinkfamily db new-key >> .env")
def new_key(
    name: str = typer.Argument("k1", metavar="NAME", help="At most 8 characters; k1 if left out."),
) -> None:
    """Print a new encryption key for THINKFAMILY_KEYS; keep it as safe as the data.

    Who loses it loses every number and word in the database.
    """
    typer.echo(f"THINKFAMILY_KEYS={fresh_key(name)}")
