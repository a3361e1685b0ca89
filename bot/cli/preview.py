"""The command that shows one family's whole life, needing no database: preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import typer

from bot.authoring import preview as previewing
from bot.authoring.life_page import life_page
from bot.authoring.preview import SENT, Entry, facts_of
from bot.cli import pages, saying, show
from bot.cli.checking import FOLDER
from bot.content.load import Content, load
from bot.content.personas import Character, Persona
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.errors import ContentError
from bot.words.languages import known

app = show.commands()
_AHEAD = timedelta(days=365)
_LONGEST = timedelta(days=6 * 366)
_FACTS = ("due", "born", "joined", "role", "language", "channel", "loss_on", "topic", "without")


@app.command(
    epilog="Example: thinkfamily preview typical --html typical.html\n\n"
    "Example: thinkfamily preview --due 2027-07-01 --joined 2027-01-04 --role mother --role father"
)
def preview(
    context: typer.Context,
    name: str = typer.Argument("", metavar="PERSONA", help="A family of config/personas.yaml."),
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
    html: Path | None = typer.Option(
        None, "--html", metavar="FILE", help="Write a page to read and print instead; it needs no network."
    ),
    folder: Path | None = FOLDER,
) -> None:
    """Show the whole life of one family: dates, times, words, parts, and what is not sent and why.

    The family is a PERSONA, or what the options say. Decided as the planner decides, from the words on
    disk. Needs no database, and sends nothing.
    """
    content = load(show.content(folder))
    topics = dict.fromkeys(topic, True) | dict.fromkeys(without, False)
    if name:
        given = [one for one in _FACTS if str(context.get_parameter_source(one)).endswith("COMMANDLINE")]
        family = _persona(content, name, given, until)
    else:
        person = Character(Role.MOTHER, joined or show.today(), language, channel, topics)
        family = _made(content, role, person, until, due_on=due, born_on=born, loss_on=loss_on)
    _known(content, campaign)
    with show.busy("Living it through"):
        entries = previewing.life(content, family)
    chosen = [entry for entry in entries if not campaign or entry.campaign in campaign]
    if html is None:
        _print(chosen, family)
    else:
        page = life_page(content, family, chosen, saying.said, show.today())
        html.write_text(page, encoding="utf-8")
        show.say(f"{show.counted(len(chosen), 'message')} in {html}: open it in a browser, or print it.")


def _persona(content: Content, name: str, given: Sequence[str], until: date | None) -> Persona:
    """The persona of this name; its facts are in its file, so options that say others are misuse."""
    found = {one.id: one for one in previewing.personas_of(content)}
    if name not in found:
        known_ones = "; ".join(f"{one.id} ({one.title})" for one in found.values()) or "none so far"
        raise typer.BadParameter(f"{name!r} is no persona: {known_ones}", param_hint="PERSONA")
    if given:
        option = f"--{given[0].replace('_', '-')}"
        raise typer.BadParameter("a persona's facts are in config/personas.yaml", param_hint=option)
    if strange := previewing.unknown_topics(content, name):
        raise ContentError(strange)
    return found[name] if until is None else _shown_until(found[name], until)


def _shown_until(family: Persona, until: date) -> Persona:
    first = min(person.joined_on for person in family.people)
    if not first < until <= first + _LONGEST:
        raise typer.BadParameter("choose a day after they join, at most six years", param_hint="--until")
    return replace(family, until=until)


def _made(
    content: Content, roles: Sequence[Role], each: Character, until: date | None, **days: date | None
) -> Persona:
    """A family as the options say it: everybody joins on one day, in one language, by one channel."""
    joined, due, born = each.joined_on, days["due_on"], days["born_on"]
    until = until or (born or due or joined) + _AHEAD
    _possible(joined, until, due, days["loss_on"], dated=bool(due or born))
    if not known(each.language):
        raise typer.BadParameter(f"{each.language!r} is no language; such as en", param_hint="--language")
    every = sorted({step.topic for one in content.campaigns.values() for step in one.steps})
    for name in each.topics:
        if name not in every:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(every)}", param_hint="--topic")
    people = tuple(replace(each, role=role) for role in roles)
    title = " and ".join(role.value for role in roles).capitalize()
    return Persona(
        "asked", title, "A family as asked for on the command line.", people, until,
        due_on=due, born_on=born, loss_on=days["loss_on"],
    )  # fmt: skip


def _possible(joined: date, until: date, due: date | None, loss_on: date | None, *, dated: bool) -> None:
    """Facts that cannot be are misuse, said by option."""
    if not dated and loss_on is not None:
        raise typer.BadParameter("say --due or --born too", param_hint="--loss-on")
    if due is not None and due > joined + timedelta(weeks=42):
        raise typer.BadParameter("that is more than 42 weeks after joining", param_hint="--due")
    if loss_on is not None and loss_on < joined:
        raise typer.BadParameter(
            "that is before they joined; after a loss is SUPPORT", param_hint="--loss-on"
        )
    if not joined < until <= joined + _LONGEST:
        raise typer.BadParameter("choose a day after --joined, at most six years", param_hint="--until")


def _known(content: Content, campaigns: Sequence[str]) -> None:
    for name in campaigns:
        if name not in content.campaigns:
            raise typer.BadParameter(
                f"{name!r} is none of {', '.join(content.campaigns)}", param_hint="--campaign"
            )


def _print(entries: Sequence[Entry], family: Persona) -> None:
    for entry in entries:
        facts = facts_of(family, family.people[entry.member - 1])
        for line in pages.entry_lines(entry, facts):
            show.say(line)
    sent = [entry for entry in entries if entry.outcome == SENT]
    texts = [entry for entry in sent if family.people[entry.member - 1].channel is ChannelName.SMS]
    unit = f" in {show.counted(sum(entry.parts for entry in texts), 'SMS part')}" if texts else ""
    show.say(f"{show.counted(len(sent), 'message')}{unit}, {len(entries) - len(sent)} not sent.")
    if family.due_on is None and family.born_on is None:
        show.say("Without --due or --born only what counts from joining or the calendar comes.")
