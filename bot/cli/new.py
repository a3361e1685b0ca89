"""Commands for who begins: new campaign."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.authoring.skeleton import skeleton
from bot.cli import show
from bot.cli.checking import FOLDER
from bot.content.load import load

_OBJECTIVE = "The objective of the strategy that it serves, such as 4.1"
_TOPIC = "What a reply points to, such as sleep"
app = show.commands()
new = show.commands()
app.add_typer(new, name="new", help="Something new to begin with: campaign.")


@new.callback()
def _several() -> None:
    """Something new to begin with."""


@new.command(epilog="Example: thinkfamily new campaign warm_rooms --objective 4.1 --topic sleep")
def campaign(
    name: str = typer.Argument(metavar="NAME", help="Small letters, digits and _, such as warm_rooms."),
    objective: str = typer.Option(
        ..., prompt=_OBJECTIVE, metavar="NUMBER", help=f"{_OBJECTIVE}; asked for if left out."
    ),
    topic: str = typer.Option(..., prompt=_TOPIC, metavar="TOPIC", help=f"{_TOPIC}; asked for if left out."),
    folder: Path | None = FOLDER,
) -> None:
    """Begin a campaign: a file that explains itself and passes the check, and words to write over.

    Nothing that is there is written over. `check` warns until the words are your own.
    """
    home = show.home(folder)
    made = skeleton(load(show.content(folder)), name, objective, topic, show.today())
    for path, text in made.items():
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
        show.say(str(place))
    show.say(f"Now edit them, then: thinkfamily check; thinkfamily preview --campaign {name}")
