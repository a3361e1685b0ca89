"""Commands about messages: outbox list, show and retry."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from bot.cli import opening, pages, saying, show
from bot.domain import hours
from bot.domain.outbox import State
from bot.services import outbox as messages
from bot.services.revealing import Revealed
from bot.store.ledger import Entry, Narrowed

app = show.commands()
outbox = show.commands()
app.add_typer(outbox, name="outbox", help="Messages: list, show, retry.", no_args_is_help=True)
MESSAGE = typer.Argument(metavar="ID", help="The message's id, as `outbox list` prints it.")
REVEAL = typer.Option(False, "--reveal", help=show.REVEAL_HELP)
_STATES = ", ".join(State)


@outbox.command("list", epilog="Example: thinkfamily outbox list --state uncertain")
def list_(
    state: State | None = typer.Option(None, metavar="STATE", help=f"Only these: {_STATES}."),
    campaign: str | None = typer.Option(None, metavar="CAMPAIGN", help="Only of this campaign."),
    family: int | None = typer.Option(None, metavar="FAMILY", help="Only to this family."),
    limit: int = typer.Option(30, min=1, max=1000, help="How many, the newest first."),
    reveal: bool = REVEAL,
) -> None:
    """List messages, the newest first: what became of each, and why. Ids and codes only."""
    with opening.opened() as opened:
        found = messages.listed(opened.desk, Narrowed(state, campaign, family), limit)
        if not found:
            show.say("No message fits.")
            return
        if reveal:
            ids = [one.outbox_id for one in found]
            _revealed(messages.reveal(opened.desk, ids, show.me(), show.now()), found)
        else:
            rows = [_cells(one) for one in found]
            show.table("", ["id", "what", "state", "day", "family", "why"], rows, narrow=map(_lines, rows))
        if len(found) == limit:
            show.say(f"The newest {limit}; --limit shows more.")


def _cells(one: Entry) -> tuple[object, ...]:
    family = one.family_id or "-"
    return (one.outbox_id, one.name, one.state.value, _when(one), family, one.reason)


def _lines(cells: tuple[object, ...]) -> str:
    """The same on two lines, where a row is too wide: an id that is broken cannot be copied."""
    message, what, state, day, family, why = cells
    return f"{message}  {day}  {state}{f': {why}' if why else ''}\n{what}, family {family}\n"


def _when(one: Entry) -> str:
    """The day it left or is to leave; a dash for what has none."""
    at = one.sent_at or one.send_at
    if at is not None:
        return hours.local_day(at).isoformat()
    return "-" if one.day is None else one.day.isoformat()


def _revealed(shown: dict[int, Revealed], found: list[Entry]) -> None:
    for one in found:
        known = shown[one.outbox_id]
        show.say(
            f"{one.outbox_id}  {one.name}  {one.state.value}  {_when(one)}  to {known.address or '(erased)'}"
        )
        for line in pages.theirs(known.words or "(no words kept)"):
            show.say(line)


@outbox.command("show", epilog="Example: thinkfamily outbox show ID")
def show_(message: int = MESSAGE, reveal: bool = REVEAL) -> None:
    """One message with its whole story: what it is, its window, each try, and what may come next."""
    with opening.opened() as opened:
        story = messages.story(opened.desk, message)
        for name, said in _story(story):
            if said:
                show.say(f"{name:<10} {said}")
        if reveal:
            known = messages.reveal(opened.desk, [message], show.me(), show.now())[message]
            show.say(f"{'to':<10} {known.address or '(erased)'}")
            for line in pages.theirs(known.words or "(its words are made when it leaves, or were dropped)"):
                show.say(line)


def _story(story: messages.Story) -> Iterator[tuple[str, str]]:
    """What there is to say of a message, each with its heading; empty where there is nothing."""
    one = story.entry
    yield "message", f"{one.outbox_id} ({one.kind.value})"
    yield "what", one.name + (f", {one.occurrence}" if one.occurrence else "")
    yield "answers", "" if one.inbound_id is None else f"inbound {one.inbound_id}"
    nobody = "an address of no family"
    yield "for", f"family {one.family_id}, member {one.member_id}" if one.family_id else nobody
    yield "by", f"{one.channel.value}, from {story.sender}"
    yield "state", one.state.value + (f": {saying.why(one.reason)}" if one.reason else "")
    yield from _times(one)
    yield "words", "" if one.parts is None else f"{one.language}, {show.counted(one.parts, 'part')}"
    for alert in story.alerts:
        stands = "open" if alert.closed_at is None else "closed"
        yield "alert", f"{show.moment(alert.at)} {alert.kind}, {stands}"
    for act in reversed(story.acts):
        yield "staff", f"{show.moment(act.at)} {act.what}, by {act.who}"
    yield "next", saying.NEXT[one.state]


def _times(one: Entry) -> Iterator[tuple[str, str]]:
    """A message's days and moments, from when it was made until it arrived."""
    yield "made", show.moment(one.created_at)
    if one.opens_on is not None and one.closes_on is not None:
        yield "window", f"opens {one.opens_on.isoformat()}, closed from {one.closes_on.isoformat()}"
    if one.look_on is not None:
        yield "looked at", f"again on {one.look_on.isoformat()}"
    if one.send_at is not None:
        yield "goes", f"from {show.moment(one.send_at)}, not after {show.moment(one.not_after)}"
    if one.attempts:
        code = f"; the provider said {one.provider_code}" if one.provider_code else ""
        yield "tried", f"{show.counted(one.attempts, 'time')}, last {show.moment(one.attempted_at)}{code}"
    if one.sent_at is not None:
        yield "accepted", f"{show.moment(one.sent_at)} as {one.provider_id or '?'}"
    if one.delivered_at is not None:
        yield "delivered", show.moment(one.delivered_at)


@outbox.command("retry", epilog="Example: thinkfamily outbox retry ID --may-double")
def retry(
    message: int = MESSAGE,
    may_double: bool = typer.Option(False, "--may-double", help="Twice is better than never for this one."),
) -> None:
    """Send a message in doubt again, if its time is not over; who asked is written down.

    Only what is `uncertain` can be: nobody knows whether it arrived, so it may arrive twice. What was
    sent, delivered or refused is never sent again, and nothing that follows a loss is.
    """
    with opening.opened() as opened:
        entry = messages.retry(opened.desk, message, show.me(), show.now(), may_double=may_double)
        show.say(f"Message {message} is {entry.state.value} again. {saying.NEXT[entry.state]}")
