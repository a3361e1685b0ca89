"""The command for those who have words approved, needing no database: review-pack."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.authoring import review_pack as packing
from bot.cli import show
from bot.cli.checking import FOLDER
from bot.content.load import load

app = show.commands()


@app.command("review-pack", epilog="Example: thinkfamily review-pack safe_sleep safe_sleep.html")
def review_pack(
    campaign: str = typer.Argument(metavar="CAMPAIGN", help="A campaign's id, or replies, or crisis."),
    file: Path = typer.Argument(metavar="FILE", help="The page to write: open it in a browser, print, sign."),
    language: str = typer.Option("en", metavar="LANGUAGE", help="In which language; others beside English."),
    folder: Path | None = FOLDER,
) -> None:
    """Write a page for a midwife to read and sign: each message as read, to whom, when, source and hazards.

    It bears a code of these words and times; `approve --signed CODE` approves nothing else.
    """
    content = load(show.content(folder))
    file.write_text(packing.review_pack(content, campaign, language, show.today()), encoding="utf-8")
    show.say(f"{campaign} in {language}: {file}. Open it in a browser, print it, have it signed.")
