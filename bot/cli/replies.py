"""Commands about what people write and are answered: directory find and list, understand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import typer

from bot.authoring import corpus as texts
from bot.authoring import pointing
from bot.authoring import recall as recalling
from bot.authoring.pointing import Asker
from bot.authoring.recall import Measured
from bot.cli import pages, show
from bot.cli.checking import FOLDER
from bot.content.load import Content, load
from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.directory import Service, district
from bot.domain.family import Role
from bot.domain.opening import Hours
from bot.errors import NotFound
from bot.words import lexicon as words
from bot.words.characters import clean
from bot.words.languages import known
from bot.words.render import FALLBACK

app = show.commands()
directory = show.commands()
app.add_typer(directory, name="directory", help="Where people can turn: find, list.")
LANGUAGE = typer.Option(FALLBACK, metavar="LANGUAGE", help="The writer's language, such as ur.")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WIDEST = 60  # characters of a text that are shown beside what it was taken for


@directory.command(epilog='Example: thinkfamily directory find "sleep" --area M14 --language ur')
def find(
    text: str = typer.Argument(metavar="TEXT", help="A word or a question, as somebody would write it."),
    area: str = typer.Option("", metavar="POSTCODE", help="Where they live, such as M14."),
    language: str = LANGUAGE,
    role: Role = typer.Option(Role.MOTHER, metavar="ROLE", help=f"Who asks: {', '.join(Role)}."),
    at: datetime | None = typer.Option(
        None, formats=["%Y-%m-%dT%H:%M"], metavar="MOMENT", help="When, as 2026-12-25T03:00; now if left out."
    ),
    channel: ChannelName = typer.Option(ChannelName.SMS, help="How they write."),
    folder: Path | None = FOLDER,
) -> None:
    """Show what a family would be answered to a question, with everything that MORE gives.

    From the files on disk, for somebody who is a member. Needs no database, and sends nothing.
    """
    content = load(show.content(folder))
    asker = Asker(role, _language(language), _area(area), channel)
    now = show.now() if at is None else at.replace(tzinfo=hours.LONDON)
    found = pointing.taken_for(content, text, language, hours.local_day(now))
    if found.topic is None:
        took = ", ".join(texts.meant(found))
        raise NotFound(f"That is no question on a topic (it was taken for: {took}).", _topics(content))
    said = f"Topic {found.topic}"
    if asker.area is not None:
        places = content.config.directory.places(asker.area) - {asker.area}
        said += (
            f", {asker.area.upper()} ({', '.join(sorted(places)) or 'in no neighbourhood that was verified'})"
        )
    show.say(f"{said}, {show.moment(now)}:")
    for answer in pointing.answers(content, found.topic, asker, now):
        unit = f", {show.counted(answer.parts, 'SMS part')}" if channel is ChannelName.SMS else ""
        tongue = (
            "" if answer.language == language else f", in {answer.language}: nothing is written in {language}"
        )
        show.say(f"\n  {len(answer.body)} characters{unit}{tongue}")
        for line in pages.wrapped(answer.body):
            show.say(line)
    if held := pointing.withheld(content, found.topic):
        show.say(f"\nNever sent, because nobody verified them: {', '.join(one.id for one in held)}.")


def _topics(content: Content) -> str:
    return f"Ask about one of: {', '.join(content.config.asked_about)}."


def _language(language: str) -> str:
    if not known(language):
        raise typer.BadParameter(f"{language!r} is no language; such as en", param_hint="--language")
    return language


def _area(area: str) -> str | None:
    found = district(area)
    if area and found is None:
        raise typer.BadParameter(f"{area!r} is no postcode of M, OL or SK; such as M14", param_hint="--area")
    return found


@directory.command("list", epilog="Example: thinkfamily directory list --unverified")
def listed(
    topic: str = typer.Option("", metavar="TOPIC", help="Only services of this topic."),
    unverified: bool = typer.Option(
        False, "--unverified", help="Only those that nobody verified: they are never sent."
    ),
    folder: Path | None = FOLDER,
) -> None:
    """List the services: how to reach each, when it is open, and when somebody last saw that it is right."""
    services = [
        one
        for one in load(show.content(folder)).config.services
        if (not topic or topic in one.topics) and not (unverified and one.verified is not None)
    ]
    show.table(
        "",
        ["service", "contact", "hours", "topics", "source", "verified"],
        [
            (one.id, one.contact or "-", _said(one.hours), ", ".join(sorted(one.topics)), one.source or "-",
             one.verified or "never sent")
            for one in services
        ],
        narrow=list(_narrow(services)),
    )  # fmt: skip
    show.say(f"{show.counted(len(services), 'service')}.")


def _narrow(services: list[Service]) -> Iterator[str]:
    for one in services:
        yield f"{one.id}: {one.contact or '-'}; {_said(one.hours)}; {one.verified or 'never sent'}"


def _said(kept: Hours | None) -> str:
    if kept is None:
        return "not known"
    if kept.always:
        return "always"
    return ", ".join(
        f"{' '.join(_DAYS[day] for day in sorted(span.days))} {span.start:%H:%M}-{span.end:%H:%M}"
        for span in kept.spans
    )


@app.command(epilog="Example: thinkfamily understand texts.txt --language ur")
def understand(
    file: typer.FileText = typer.Argument(
        metavar="FILE",
        help="A text a line, in UTF-8; - reads what is piped in.",
        encoding="utf-8",
        errors="replace",
    ),
    language: str = LANGUAGE,
    counts: bool = typer.Option(False, "--counts", help="Only the counts, and no text."),
    folder: Path | None = FOLDER,
) -> None:
    """Show what each line of a file would be taken for, and how many lines for each thing.

    As a text by somebody who is a member, in their language and in English. Nothing is kept, logged or sent.
    """
    content = load(show.content(folder))
    taken = list(texts.corpus(content, file, _language(language), show.today()))
    if not counts:
        for one in taken:
            show.say(f"{one.line:>5}  {', '.join(one.meant):<34}  {clean(one.text)[:_WIDEST]}")
    show.table(
        f"{show.counted(len(taken), 'text')}",
        ["taken for", "texts", "of all"],
        [(what, many, f"{many / len(taken):.0%}") for what, many in texts.counts(taken).most_common()],
        numbers=True,
    )


@app.command(epilog="Example: thinkfamily recall tests/words/corpus/tongues/*.txt --wrong")
def recall(
    files: list[Path] = typer.Argument(
        metavar="FILE...", exists=True, dir_okay=False, help="Lines of LABEL | TEXT, in UTF-8."
    ),
    wrong: bool = typer.Option(False, "--wrong", help="The texts that were taken for something else, too."),
    folder: Path | None = FOLDER,
) -> None:
    """Count how many texts are taken for what somebody wrote beside them: crises found, false alarms.

    A label is a kind of crisis (adult_life, baby_life, child_harm, not_moving, pregnancy, psychosis,
    self_harm, baby_unwell, abuse, or any), loss, stop, or ordinary: a text that must set nothing off.
    Nothing is kept, logged or sent.
    """
    content = load(show.content(folder))
    lexicon = words.build(content.config.keywords, content.config.crisis)
    rows = []
    for file in files:
        said = recalling.labelled(file.read_text(encoding="utf-8").splitlines())
        found = recalling.measure(said, lexicon, show.today())
        rows.append(_measured(file.stem, found))
        if wrong:
            for one in found.wrong:
                show.say(f"{file.stem}:{one.line}  {one.label:<12}  {clean(one.text)[:_WIDEST]}")
    show.table(
        "Texts taken for what they say",
        ["file", "crises found", "right kind", "losses found", "stops found", "false alarms"],
        rows,
        numbers=True,
    )


def _measured(name: str, found: Measured) -> tuple[str, ...]:
    return (
        name,
        _share(found.crises_found, found.crises),
        _share(found.kind_right, found.crises),
        _share(found.losses_found, found.losses),
        _share(found.stops_found, found.stops),
        _share(found.false_alarms, found.ordinary),
    )


def _share(some: int, of: int) -> str:
    return f"{some} of {of} ({some / of:.0%})" if of else "-"
