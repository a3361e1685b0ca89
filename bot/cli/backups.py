"""The command that copies the database into one file, and proves such a file."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.cli import opening, show
from bot.services import backups
from bot.store.parcel import Manifest

app = show.commands()
FILE = typer.Argument(metavar="FILE", help="A new file; the folder must be there.")


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


@app.command(epilog="Example: thinkfamily backup /backup/thinkfamily-2027-02-02.tar")
def backup(
    file: Path = FILE,
    verify: bool = typer.Option(False, "--verify", help="Make none: prove the one that is there."),
) -> None:
    """Copy the whole database into one new file, while the bot runs; readable by you only, never in place of
    another. The encryption keys are not in it: keep them apart, or it can be read by nobody.

    PostgreSQL's own pg_dump is used, of the server's version or newer. `thinkfamily db restore` puts it back.
    """
    if verify:
        with opening.unchecked() as opened, show.busy("Proving"):
            made = backups.verify(opened.desk, file)
        show.say(f"A whole backup of a {made.kind} database, and its keys are held. {_holds(made)}")
        if made.kind != "sqlite":
            show.say("Its rows are counted when it is restored; try that once into an empty database.")
        return
    with opening.opened() as opened:
        with show.busy("Copying"):
            made = backups.backup(opened.desk, file, show.me(), show.now())
        show.say(f"{file}: {_holds(made)}")
        keys = ", ".join(sorted(made.seen.keys))
        show.say(f"It holds no key. Without {keys} from THINKFAMILY_KEYS it is noise: keep them elsewhere.")


def _holds(made: Manifest) -> str:
    rows = made.seen.rows
    families = show.counted(rows.get("families", 0), "family", "families")
    messages = show.counted(rows.get("outbox", 0), "message")
    return f"Taken {show.moment(made.taken_at)}: {families}, {messages}, {rows.get('inbox', 0)} received."
