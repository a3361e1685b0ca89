"""Commands about messages: outbox list, show and retry; why; report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import typer

from bot.cli import opening, pages, saying, show
from bot.domain import hours
from bot.domain.outbox import State
from bot.services import outbox as messages
from bot.services import reports
from bot.services import why as explaining
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
            show.table("", ["id", "what", "state", "day", "family", "why"], [_cells(one) for one in found])
        if len(found) == limit:
            show.say(f"The newest {limit}; --limit shows more.")


def _cells(one: Entry) -> tuple[object, ...]:
    family = one.family_id or "-"
    return (one.outbox_id, one.name, one.state.value, _when(one), family, one.reason)


def _when(one: Entry) -> str:
    """The day it left or is to leave; a dash for what has none."""
    at = one.sent_at or one.send_at
    if at is not None:
        return hours.local_day(at).isoformat()
    return "-" if one.day is None else one.day.isoformat()


def _revealed(shown: dict[int, messages.Revealed], found: list[Entry]) -> None:
    for one in found:
        known = shown[one.outbox_id]
        show.say(
            f"{one.outbox_id}  {one.name}  {one.state.value}  {_when(one)}  to {known.address or '(erased)'}"
        )
        for line in pages.wrapped(known.words or "(no words kept)"):
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
            for line in pages.wrapped(known.words or "(its words are made when it leaves, or were dropped)"):
                show.say(line)


def _story(story: messages.Story) -> Iterator[tuple[str, str]]:
    one = story.entry
    because = f": {saying.why(one.reason)}" if one.reason else ""
    yield "message", f"{one.outbox_id} ({one.kind.value})"
    yield "what", one.name + (f", {one.occurrence}" if one.occurrence else "")
    yield "answers", "" if one.inbound_id is None else f"inbound {one.inbound_id}"
    yield (
        "for",
        f"family {one.family_id}, member {one.member_id}" if one.family_id else "an address of no family",
    )
    yield "by", f"{one.channel.value}, from {story.sender}"
    yield "state", f"{one.state.value}{because}"
    yield "made", show.moment(one.created_at)
    if one.opens_on is not None and one.closes_on is not None:
        yield "window", f"opens {one.opens_on.isoformat()}, closed from {one.closes_on.isoformat()}"
    yield "looked at", "" if one.look_on is None else f"again on {one.look_on.isoformat()}"
    yield (
        "goes",
        ""
        if one.send_at is None
        else f"from {show.moment(one.send_at)}, not after {show.moment(one.not_after)}",
    )
    if one.attempts:
        code = f"; the provider said {one.provider_code}" if one.provider_code else ""
        yield "tried", f"{show.counted(one.attempts, 'time')}, last {show.moment(one.attempted_at)}{code}"
    yield "accepted", "" if one.sent_at is None else f"{show.moment(one.sent_at)} as {one.provider_id or '?'}"
    yield "delivered", "" if one.delivered_at is None else show.moment(one.delivered_at)
    yield "words", "" if one.parts is None else f"{one.language}, {show.counted(one.parts, 'part')}"
    for alert in story.alerts:
        yield (
            "alert",
            f"{show.moment(alert.at)} {alert.kind}, {'open' if alert.closed_at is None else 'closed'}",
        )
    for act in reversed(story.acts):
        yield "staff", f"{show.moment(act.at)} {act.what}, by {act.who}"
    yield "next", saying.NEXT[one.state]


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


@app.command(epilog="Example: thinkfamily why FAMILY safe_sleep/first_night")
def why(
    family: int = typer.Argument(metavar="FAMILY", help="The family's id."),
    step: str | None = typer.Argument(None, metavar="CAMPAIGN/STEP", help="One step; all if left out."),
    member: int | None = typer.Option(None, metavar="MEMBER", help="One member; everyone if left out."),
) -> None:
    """Say why somebody got a message or did not: each row and its end, or what stands against one.

    Then what happened to the family, in order. Ids, days and codes only.
    """
    named = None if step is None else show.step_of(step)
    with opening.opened() as opened:
        everyone = explaining.members(opened.desk, family)
        chosen = [(one, role.value) for one, role in everyone if member in (None, one)]
        if member is not None and not chosen:
            chosen = [(member, "left")]
        for one, role in chosen:
            if named is None:
                lines = explaining.history(opened.desk, family, one)
            else:
                lines = explaining.why(opened.desk, family, one, *named, show.now())
            show.say(f"member {one} ({role})")
            for line in lines or ["Nothing was ever planned."]:
                show.say(f"  {line}")


@app.command(epilog="Example: thinkfamily report --received safe_sleep/first_night")
def report(
    received: str | None = typer.Option(
        None, "--received", metavar="CAMPAIGN/STEP", help="Who got this step, by role and language."
    ),
    reveal: bool = typer.Option(
        False, "--reveal", help="With --received: ids too; who asked is written down."
    ),
) -> None:
    """Everything that was planned and what became of it, by campaign and role: planned = sum of outcomes."""
    if reveal and received is None:
        raise typer.BadParameter("this goes with --received", param_hint="--reveal")
    named = None if received is None else show.step_of(received)
    with opening.opened() as opened:
        with show.busy("Counting"):
            sums = reports.summary(opened.desk)
        if named is None:
            _sums(sums, reports.reasons(opened.desk))
            return
        found = reports.received(opened.desk, *named, show.now())
        if reveal:
            opening.audited(opened, "received", "/".join(named))
        _received("/".join(named), found, reveal=reveal)


def _sums(sums: list[reports.Line], reasons: dict[str, int]) -> None:
    if not sums:
        show.say("Nothing was planned yet.")
        return
    states = [state.value for state in State if any(state.value in line.outcomes for line in sums)]
    total: Counter[str] = Counter()
    for line in sums:
        total.update(line.outcomes)
    everything = reports.Line("all", "", total.total(), total)
    rows = [
        (one.campaign, one.role, one.planned, *(one.outcomes.get(state, 0) for state in states))
        for one in (*sums, everything)
    ]
    show.table("Planned = sum of outcomes", ["campaign", "role", "planned", *states], rows)
    for reason, count in reasons.items():
        show.say(f"{count:>8}  {saying.why(reason)} ({reason})")


def _received(name: str, found: list[reports.Receiver], *, reveal: bool) -> None:
    if not found:
        show.say(f"Nobody has got {name}.")
        return
    counted = Counter((one.role, one.language, one.state) for one in found)
    show.table(
        name,
        ["role", "language", "state", "members"],
        [(*key, count) for key, count in sorted(counted.items())],
    )
    if reveal:
        show.table(
            "", ["family", "member", "role", "state"],
            [(one.family_id, one.member_id, one.role, one.state) for one in found],
        )  # fmt: skip
