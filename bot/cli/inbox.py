"""Commands for whoever is on duty: alerts list, close and test, inbox list, show, reply and close."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import typer

from bot.cli import opening, pages, show
from bot.domain.address import ChannelName
from bot.domain.outbox import Kind
from bot.errors import NotFound
from bot.running import ringing
from bot.services import by_hand
from bot.services import inbox as desk_inbox
from bot.services.by_hand import TextStory
from bot.services.revealing import Revealed
from bot.store.alerts import AlertRow
from bot.store.inbox import Unread

app = show.commands()
alerts = show.commands()
inbox = show.commands()
app.add_typer(alerts, name="alerts", help="What staff must see to: list, close, test.", no_args_is_help=True)
app.add_typer(
    inbox,
    name="inbox",
    help="Texts that a person should read: list, show, reply, close.",
    no_args_is_help=True,
)
TEXT = typer.Argument(metavar="ID", help="The text's id, as `inbox list` prints it.")
_STATES = {
    "stored": "not looked at yet",
    "done": "done",
    "failed": "failed: the bot could not answer it",
    "unread": "not understood, and waits for a person",
    "closed": "seen to",
}
LIMIT = typer.Option(30, min=1, max=1000, help="How many.")


@alerts.command("list", epilog="Example: thinkfamily alerts list")
def alerts_list(limit: int = LIMIT) -> None:
    """List open alerts, the newest first: what happened, when, and to which ids. No personal data.

    docs/operating.md says what each kind means; /healthz counts them by kind under `alerts`. The column
    `duty` says whether whoever is on duty was told, where a way to them is set.
    """
    with opening.opened() as opened:
        found = desk_inbox.open_alerts(opened.desk, limit)
        if not found:
            show.say("No alert is open.")
            return
        show.table("", ["id", "what", "at", "duty", "about"], [_alert(one) for one in found])
        _more(len(found), limit)


def _alert(one: AlertRow) -> tuple[object, ...]:
    about = {"family": one.family_id, "inbound": one.inbound_id, "message": one.outbox_id}
    said = ", ".join(f"{name} {value}" for name, value in about.items() if value)
    return (one.id, one.kind, show.moment(one.at), _told(one), said or "-")


def _told(one: AlertRow) -> str:
    if one.rung_at is not None:
        return "told"
    if one.given_up_at is not None:
        return "could not be told"
    return "-" if one.ring_at is None else "not told yet"


@alerts.command("close", epilog="Example: thinkfamily alerts close ID")
def alerts_close(
    alert: int = typer.Argument(metavar="ID", help="The alert's id, as `alerts list` prints it."),
) -> None:
    """Close an alert that was seen to; who closed it is written down."""
    with opening.opened() as opened:
        desk_inbox.close_alert(opened.desk, alert, show.me(), show.now())
        show.say("Closed.")


@alerts.command("test", epilog="Example: thinkfamily alerts test")
def alerts_test() -> None:
    """Ring whoever is on duty, by every way that is set, with a call that says it is a test.

    Exit code 1 when a way did not take it, or none is set.
    """
    with opening.opened() as opened:
        codes = asyncio.run(ringing.test(opened))
    if not codes:
        raise NotFound(
            "No way to the duty is set, so an alert rings nobody.",
            "Set THINKFAMILY_DUTY_WEBHOOK or THINKFAMILY_DUTY_EMAIL (docs/operating.md, Who is rung).",
        )
    for way, code in codes.items():
        show.say(f"{way.value}: {'taken' if code is None else f'not taken, {code}'}.")
    if any(code is not None for code in codes.values()):
        raise typer.Exit(1)


@inbox.command("list", epilog="Example: thinkfamily inbox list --reveal")
def inbox_list(
    limit: int = LIMIT, reveal: bool = typer.Option(False, "--reveal", help=show.REVEAL_HELP)
) -> None:
    """List texts that a person should read, the oldest first: not understood, failed, or with an open alert.

    What nobody understood was answered with 111 and 999, and may still tell of danger. Nobody on an abuse
    alert is ever texted or rung back.
    """
    with opening.opened() as opened:
        found = desk_inbox.unread(opened.desk, limit)
        if not found:
            show.say("No text waits to be read.")
            return
        if reveal:
            _reveal(desk_inbox.reveal(opened.desk, [one.id for one in found], show.me(), show.now()), found)
        else:
            show.table("", ["id", "at", "by", "why"], [_text(one) for one in found])
        _more(len(found), limit)


def _text(one: Unread) -> tuple[object, ...]:
    return (one.id, show.moment(one.at), one.channel.value, _why(one))


def _why(one: Unread) -> str:
    if one.alert is not None:
        return one.alert
    return "not understood" if one.state == "unread" else one.state


def _reveal(shown: dict[int, Revealed], found: list[Unread]) -> None:
    for one in found:
        known = shown[one.id]
        show.say(f"{one.id}  {show.moment(one.at)}  {_why(one)}  from {known.address or '(forgotten)'}")
        for line in pages.theirs(known.words or "(no words kept)"):
            show.say(line)


@inbox.command("show", epilog="Example: thinkfamily inbox show ID")
def inbox_show(
    text: int = TEXT, reveal: bool = typer.Option(False, "--reveal", help=show.REVEAL_HELP)
) -> None:
    """One text: who wrote it, in ids, what the bot or staff answered, and whether you may answer it."""
    with opening.opened() as opened:
        story = by_hand.story(opened.desk, text, show.now())
        for name, said in _story(story):
            show.say(f"{name:<9} {said}")
        if reveal:
            known = desk_inbox.reveal(opened.desk, [text], show.me(), show.now())[text]
            show.say(f"{'from':<9} {known.address or '(forgotten)'}")
            for line in pages.theirs(known.words or "(no words kept)"):
                show.say(line)


def _story(story: TextStory) -> Iterator[tuple[str, str]]:
    text = story.text
    yield "text", f"{text.id} ({text.kind.value}), by {text.channel.value}, {show.moment(text.at)}"
    nobody = "nobody we know"
    yield "by", f"family {story.family_id}, member {story.member_id}" if story.family_id else nobody
    yield "state", _STATES[text.state]
    for one in story.answers:
        who = "staff" if one.kind is Kind.STAFF else "the bot"
        yield "answered", f"by {who}: {one.step}, {one.state.value} {show.moment(one.sent_at or one.send_at)}"
    for alert in story.alerts:
        stands = "open" if alert.closed_at is None else "closed"
        yield "alert", f"{show.moment(alert.at)} {alert.kind}, {stands}"
    for act in reversed(story.acts):
        yield "staff", f"{show.moment(act.at)} {act.what}, by {act.who}"
    if story.private:
        yield "private", "They asked for texts that say nothing on the screen. Write nothing telling."
    yield "you", story.against or f"may answer it: thinkfamily inbox reply {text.id}"


@inbox.command("reply", epilog="Example: thinkfamily inbox reply ID")
def inbox_reply(text: int = TEXT) -> None:
    """Answer a text by hand, once; asks for the words, which are sent as they are. Who wrote is kept.

    Only what the bot did not answer can be, and only to whom agreed, did not say STOP, and whose family is
    not quiet. It leaves between 09:00 and 19:45. Whoever may hold the phone reads it: name nobody, and on an
    abuse alert nobody is written to.
    """
    with opening.opened() as opened:
        by_hand.require(opened.desk, text, show.now())
        words = typer.prompt("Answer", default="", show_default=False)
        queued = by_hand.reply(opened.desk, text, words, show.me(), show.now())
        parts = f", {show.counted(queued.parts or 1, 'part')}" if queued.channel is ChannelName.SMS else ""
        show.say(f"Message {queued.outbox_id}{parts}, goes from {show.moment(queued.send_at)}.")


@inbox.command("close", epilog="Example: thinkfamily inbox close ID")
def inbox_close(text: int = TEXT) -> None:
    """Take a text off the list that somebody has read; who did is written down."""
    with opening.opened() as opened:
        desk_inbox.close_unread(opened.desk, text, show.me(), show.now())
        show.say("Closed.")


def _more(number: int, limit: int) -> None:
    if number == limit:
        show.say(f"There may be more than {limit}; --limit shows them.")
