"""Commands for whoever is on duty: alerts list, close and test, inbox list and done."""

from __future__ import annotations

import asyncio

import typer

from bot.cli import opening, pages, show
from bot.errors import NotFound
from bot.running import ringing
from bot.services import inbox as desk_inbox
from bot.services.revealing import Revealed
from bot.store.alerts import AlertRow
from bot.store.inbox import Unread

app = show.commands()
alerts = show.commands()
inbox = show.commands()
app.add_typer(alerts, name="alerts", help="What staff must see to: list, close, test.", no_args_is_help=True)
app.add_typer(inbox, name="inbox", help="Texts that a person should read: list, done.", no_args_is_help=True)
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
        for line in pages.wrapped(known.words or "(no words kept)"):
            show.say(line)


@inbox.command("done", epilog="Example: thinkfamily inbox done ID")
def inbox_done(
    text: int = typer.Argument(metavar="ID", help="The text's id, as `inbox list` prints it."),
) -> None:
    """Take a text off the list that somebody has read; who did is written down."""
    with opening.opened() as opened:
        desk_inbox.close_unread(opened.desk, text, show.me(), show.now())
        show.say("Done.")


def _more(number: int, limit: int) -> None:
    if number == limit:
        show.say(f"There may be more than {limit}; --limit shows them.")
