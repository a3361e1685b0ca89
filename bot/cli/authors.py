"""The command that shows one family's life: preview."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import typer

from bot.authoring import preview as previewing
from bot.authoring.preview import Entry, Facts
from bot.cli import pages, show
from bot.cli.checking import FOLDER
from bot.content.load import Content, load
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.words.languages import known

app = show.commands()
_AHEAD = timedelta(days=365)
_LONGEST = timedelta(days=6 * 366)


@app.command(
    epilog="Example: thinkfamily preview --due 2027-07-01 --joined 2027-01-04 --role mother --role father"
)
def preview(
    due: date | None = show.day(None, "The due date, as 2027-05-12."),
    born: date | None = show.day(None, "The day of birth, told on the day."),
    joined: date | None = show.day(None, "The day everybody joins; today if left out."),
    role: list[Role] = typer.Option(
        [Role.MOTHER], "--role", metavar="ROLE", help=f"{', '.join(Role)}; may be given more than once."
    ),
    language: str = typer.Option("en", metavar="LANGUAGE", help="Everybody's language."),
    channel: ChannelName = typer.Option(ChannelName.SMS, help="How messages reach them."),
    loss_on: date | None = show.day(None, "The day of a loss, told on the day by the first role."),
    topic: list[str] = typer.Option([], "--topic", metavar="TOPIC", help="A topic that they asked for."),
    without: list[str] = typer.Option([], "--without", metavar="TOPIC", help="A topic they do not want."),
    until: date | None = show.day(None, "The first day not shown; a year after the birth if left out."),
    campaign: list[str] = typer.Option([], "--campaign", metavar="CAMPAIGN", help="Show only this one."),
    folder: Path | None = FOLDER,
) -> None:
    """Show the whole timeline that one family would get: dates, times, words, parts, and what is skipped.

    Decided as the planner decides, from the words on disk. Needs no database, and sends nothing.
    """
    content = load(show.content(folder))
    joined = joined or show.today()
    topics = dict.fromkeys(topic, True) | dict.fromkeys(without, False)
    facts = Facts(joined, tuple(role), due, born, loss_on, language, channel, topics)
    until = until or (born or due or joined) + _AHEAD
    _possible(facts, until)
    _known(content, facts, campaign)
    with show.busy("Living it through"):
        entries = previewing.timeline(content, facts, until)
    chosen = [entry for entry in entries if not campaign or entry.campaign in campaign]
    _print(chosen, facts)


def _possible(facts: Facts, until: date) -> None:
    """Facts that cannot be are misuse, said by option."""
    told = facts.due_on or facts.born_on
    if told is None and facts.loss_on is not None:
        raise typer.BadParameter("say --due or --born too", param_hint="--loss-on")
    if facts.due_on is not None and facts.due_on > facts.joined_on + timedelta(weeks=42):
        raise typer.BadParameter("that is more than 42 weeks after joining", param_hint="--due")
    if facts.loss_on is not None and facts.loss_on < facts.joined_on:
        raise typer.BadParameter(
            "that is before they joined; after a loss is SUPPORT", param_hint="--loss-on"
        )
    if not facts.joined_on < until <= facts.joined_on + _LONGEST:
        raise typer.BadParameter("choose a day after --joined, at most six years", param_hint="--until")


def _known(content: Content, facts: Facts, campaigns: list[str]) -> None:
    """Names that nobody uses are misuse, and the ones in use are said."""
    topics = sorted({step.topic for campaign in content.campaigns.values() for step in campaign.steps})
    for name in facts.topics:
        if name not in topics:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(topics)}", param_hint="--topic")
    for name in campaigns:
        if name not in content.campaigns:
            raise typer.BadParameter(
                f"{name!r} is none of {', '.join(content.campaigns)}", param_hint="--campaign"
            )
    if not known(facts.language):
        raise typer.BadParameter(f"{facts.language!r} is no language; such as en", param_hint="--language")


def _print(entries: list[Entry], facts: Facts) -> None:
    for entry in entries:
        for line in pages.entry_lines(entry, facts):
            show.say(line)
    sent = [entry for entry in entries if entry.outcome == previewing.SENT]
    parts = sum(entry.parts for entry in sent)
    unit = f" in {show.counted(parts, 'SMS part')}" if facts.channel is ChannelName.SMS else ""
    show.say(f"{show.counted(len(sent), 'message')}{unit}, {len(entries) - len(sent)} not sent.")
    if facts.due_on is None and facts.born_on is None:
        show.say("Without --due or --born only what counts from joining or the calendar comes.")
