"""Commands for those who have words translated, needing no database: export- and import-translations."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from bot import settings
from bot.authoring import sheets, translations
from bot.cli import show
from bot.cli.checking import FOLDER
from bot.content import files
from bot.content.load import load
from bot.errors import BadInput

app = show.commands()
LANGUAGE = typer.Option(..., metavar="LANGUAGE", help="A language that is offered, such as ur; not en.")


@app.command("export-translations", epilog="Example: thinkfamily export-translations urdu.xlsx --language ur")
def export_translations(
    file: Path = typer.Argument(metavar="FILE", help="What to write: .xlsx, or .csv."),
    language: str = LANGUAGE,
    campaign: list[str] = typer.Option(
        [], "--campaign", metavar="CAMPAIGN", help="Only this campaign, or replies; may be given again."
    ),
    folder: Path | None = FOLDER,
) -> None:
    """Write a spreadsheet with a row for each English text: who reads it, when, and the translation so far.

    A translator fills in one column. No cell is a formula, and every text comes back as it went.
    """
    content = load(show.content(folder))
    rows = translations.export(content, language, campaign)
    sheets.write(file, rows, language)
    done = sum(bool(row.translation) for row in rows)
    show.say(f"{show.counted(len(rows), 'text')} in {file}, {done} of them translated so far.")


@app.command("import-translations", epilog="Example: thinkfamily import-translations urdu.xlsx --language ur")
def import_translations(
    file: Path = typer.Argument(
        metavar="FILE", exists=True, dir_okay=False, help="The sheet: .xlsx or .csv."
    ),
    language: str = LANGUAGE,
    folder: Path | None = FOLDER,
) -> None:
    """Take the translations of a sheet into templates/, if all of them are right; else say what is not.

    Each is held against its English: values, numbers, words to text back, SMS parts. Where the English
    changed since the export nothing is taken. Whatever comes in is a draft, until it is reviewed.
    """
    root = files.home(folder if folder is not None else settings.read().thinkfamily_content)
    rows, wrong = sheets.read(file)
    with show.busy("Reading"):
        found = translations.take(load(files.locate(root)), language, rows)
    problems = [*wrong, *(found if isinstance(found, list) else [])]
    if problems or isinstance(found, list):
        for problem in sorted(problems, key=lambda one: one.row):
            print(problem, file=sys.stderr)  # noqa: T201
        raise BadInput(
            f"{show.counted(len(problems), 'problem')}: nothing was taken.", "Mend the rows named."
        )
    files.save(root, found.changed)
    show.say(
        f"{show.counted(len(found.changed), 'text')} written, {found.unchanged} unchanged, "
        f"{found.empty} not translated yet."
    )
    if found.changed:
        show.say(
            f"They are drafts. Have them reviewed, then: thinkfamily publish; approve --language {language}."
        )
