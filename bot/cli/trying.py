"""The command that sends one step to a guest's phone, to see it there: test-send."""

from __future__ import annotations

import typer

from bot.cli import opening, show
from bot.cli.families import address_of
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.services import trying

app = show.commands()


@app.command("test-send", epilog="Example: thinkfamily test-send safe_sleep/first_night --to 07...")
def try_step(
    step: str = typer.Argument(metavar="CAMPAIGN/STEP", help="One step that is published."),
    to: str = typer.Option(..., "--to", metavar="ADDRESS", help="A guest: a UK mobile, or telegram:CHAT_ID."),
    role: Role | None = typer.Option(None, metavar="ROLE", help="As whom it is read; else the guest's own."),
    language: str | None = typer.Option(
        None, metavar="LANGUAGE", help="In which language; else the guest's own."
    ),
) -> None:
    """Send one step's words to a guest's phone, to see it there: to guests who joined, and to nobody else.

    A line that says TEST comes first. It leaves by the running bot, within the sending hours, counts for no
    cap, and only if that phone has not said STOP. Pictures and buttons are not sent with it. Who asked is
    written down.
    """
    with opening.opened() as opened:
        desk = opened.desk
        where = address_of(to, drama=desk.drama_numbers)
        named = show.step_of(step)
        tried = trying.send_test(desk, named, where, show.me(), show.now(), role, language)
        by_sms = where.channel is ChannelName.SMS
        cost = f", {show.counted(tried.parts, 'part')} ({tried.plain_parts} without TEST)" if by_sms else ""
        show.say(f"Queued as message {tried.outbox_id}: {step} for a {tried.role} in {tried.language}{cost}.")
        show.say(f"It goes at {show.moment(tried.goes)}, London, when the bot runs.")
