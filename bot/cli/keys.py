"""Commands about the encryption keys: which are needed, everything under the newest, one no longer needed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import typer

from bot.cli import opening, show
from bot.services import keys as rotating
from bot.services.keys import KeyUse
from bot.store.rotation import COLUMNS

app = show.commands()
keys = show.commands()
app.add_typer(keys, name="keys", help="Encryption keys: check, rotate, retire.", no_args_is_help=True)
KEY = typer.Argument(metavar="KEY", help="The key's name, as `keys check` prints it.")
_BREATH = 0.005  # between transactions, in which whoever else waits for the database has it


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


@keys.command(epilog="Example: thinkfamily keys check")
def check() -> None:
    """Say of each key, the newest first, what in the database still needs it, and what may be done."""
    with opening.opened() as opened:
        with show.busy("Counting"):
            used = rotating.uses(opened.desk, show.now())
        rows = [(key.id, *_counts(key)) for key in used]
        heads = ["key", "numbers", "texts", "words sent", "talks", "STOPs", "imports", "codes"]
        show.table("", heads, rows, numbers=True)
        for sentence in _sentences(used):
            show.say(sentence)


def _counts(key: KeyUse) -> tuple[int, ...]:
    tables = ("addresses", "inbox", "outbox", "conversations")
    return (*(key.values[name] for name in tables), key.stops, key.references, key.codes)


def _sentences(used: list[KeyUse]) -> Iterator[str]:
    for key in used:
        if key.current:
            yield f"{key.id} is the newest: everything new is sealed with it."
        elif not key.held:
            yield f"{key.id} is not in THINKFAMILY_KEYS, and is needed. Put it back."
        elif key.values.total():
            yield f"{key.id} is needed: thinkfamily keys rotate seals it all anew."
        elif key.needed:
            yield f"{key.id} seals nothing any more. It is kept for {_kept_for(key)}, known by it alone."
        else:
            yield f"Nothing needs {key.id}: thinkfamily keys retire {key.id}"


def _kept_for(key: KeyUse) -> str:
    stops = show.counted(key.stops, "STOP of a forgotten number", "STOPs of forgotten numbers")
    imports = show.counted(key.references, "family that an import knows", "families that an import knows")
    codes = show.counted(key.codes, "code that was given out", "codes that were given out")
    kept = [(key.stops, stops), (key.references, imports), (key.codes, codes)]
    return " and ".join(said for number, said in kept if number)


@keys.command(epilog="Example: thinkfamily keys rotate")
def rotate() -> None:
    """Seal everything anew with the newest key (the first in THINKFAMILY_KEYS), while the bot runs.

    First put the new key into every process and restart it. Broken off, it goes on where it was; done
    twice, it changes nothing. Who did it is written down.
    """
    with opening.opened() as opened:
        with show.progress() as progress:
            bars = {name: progress.add_task(name, total=None) for name in _tables()}

            def tell(name: str, done: int) -> None:
                progress.advance(bars[name], done)
                time.sleep(_BREATH)

            rotated = rotating.rotate(opened.desk, show.me(), show.now(), tell)
        total = rotated.done.total()
        current = opened.desk.seal.current.id
        show.say(f"{show.counted(total, 'value')} sealed anew with {current}.")
        if rotated.left:
            show.say(f"{show.counted(rotated.left, 'value')} changed just then: run it again.")
        if rotated.unreadable.total():
            damaged = ", ".join(f"{number} in {name}" for name, number in (+rotated.unreadable).items())
            show.say(f"No key that is held opens {damaged}: put the missing key back, or restore a backup.")
            raise typer.Exit(1)
        show.say("thinkfamily keys check says which keys are still needed.")


def _tables() -> tuple[str, ...]:
    return tuple(column.name for column in COLUMNS)


@keys.command(epilog="Example: thinkfamily keys retire k1")
def retire(key: str = KEY) -> None:
    """Let the database be opened without a key that nothing needs any more, as proved just then.

    Afterwards take it out of THINKFAMILY_KEYS. Keep it as long as a backup from before is kept.
    """
    with opening.opened() as opened:
        rotating.retire(opened.desk, key, show.me(), show.now())
        show.say(f"Nothing needs {key} any more: take it out of THINKFAMILY_KEYS. Keep it with old backups.")
