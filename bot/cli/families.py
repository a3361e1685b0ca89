"""Commands about families: enrol, stop, pause, loss, undo, support, move, export, erase."""

from __future__ import annotations

import json
from datetime import date, timedelta

import typer

from bot.cli import opening, show
from bot.domain.address import Address, telegram_chat, uk_mobile
from bot.domain.family import Role
from bot.services import elsewhere, families, privacy
from bot.services import enrol as enrolling

app = show.commands()
_ROLES = ", ".join(role for role in Role if role is not Role.PROFESSIONAL)  # they join by a code
FAMILY = typer.Argument(metavar="FAMILY", help="The family's id, as `enrol` printed it.")
MEMBER = typer.Option(None, metavar="MEMBER", help="The member's id; the whole family if left out.")
THIS_MEMBER = typer.Option(..., "--member", metavar="MEMBER", help="The member's id, as `enrol` printed it.")
ADDRESS = typer.Argument(metavar="ADDRESS", help="A UK mobile, or telegram:CHAT_ID.")


@app.command(epilog="Example: thinkfamily enrol 07... --role mother --due 2027-05-12 --words form-2027-01")
def enrol(
    address: str = ADDRESS,
    role: Role = typer.Option(..., metavar="ROLE", help=f"Who they are to the baby: {_ROLES}."),
    due: date | None = show.day(None, "The due date, as 2027-05-12."),
    born: date | None = show.day(None, "The day of birth."),
    family: int | None = typer.Option(None, metavar="FAMILY", help="Join this one, at the mother's wish."),
    language: str = typer.Option("en", metavar="LANGUAGE", help="Their language."),
    words: str = typer.Option(..., metavar="VERSION", help="Which words they agreed to."),
) -> None:
    """Enrol someone who agreed, in person or on paper; an address that said STOP is refused.

    Prints the ids by which the other commands know them. The number itself is kept sealed.
    """
    with opening.opened() as opened:
        desk = opened.desk
        done = enrolling.enrol(
            desk, address=address_of(address, drama=desk.drama_numbers), role=role, language=language,
            due_on=due, born_on=born, family=family, how="staff",
            consented_words=words, now=show.now(), by=show.me(),
        )  # fmt: skip
        known = " They were there already; nothing was changed." if done.known else ""
        show.say(f"family {done.family_id} member {done.member_id}{known}")


@app.command(epilog="Example: thinkfamily stop 07...")
def stop(address: str = ADDRESS) -> None:
    """Stop every message to a number or chat, on request, from this second on; no proof is needed.

    Only START from that phone lets messages go again.
    """
    with opening.opened() as opened:
        where = address_of(address, drama=opened.desk.drama_numbers)
        families.stop(opened.desk, where, show.now(), show.me())
        show.say("Stopped.")


@app.command(epilog="Example: thinkfamily pause FAMILY --member MEMBER --until 2027-05-12")
def pause(
    family: int = FAMILY,
    member: int = THIS_MEMBER,
    until: date = show.day(..., "The first day on which messages go again."),
) -> None:
    """Pause a member's messages until a day."""
    with opening.opened() as opened:
        families.pause(opened.desk, family, member, until, show.now(), show.me())
        show.say(f"Paused until {until.isoformat()}.")


@app.command(epilog="Example: thinkfamily loss FAMILY --member MEMBER")
def loss(
    family: int = FAMILY,
    member: int | None = typer.Option(None, metavar="MEMBER", help="Who told us, if a member did."),
) -> None:
    """Record a loss that staff were told of: the whole family goes quiet at once, and nobody is told."""
    with opening.opened() as opened:
        families.loss(opened.desk, family, member, show.now(), show.me())
        show.say("The family is quiet.")


@app.command(epilog="Example: thinkfamily undo FAMILY")
def undo(family: int = FAMILY) -> None:
    """Take back every report of a loss in a family, when it was a mistake."""
    with opening.opened() as opened:
        count = families.undo(opened.desk, family, show.now(), show.me())
        show.say(f"Taken back: {show.counted(count, 'report')}.")


@app.command(epilog="Example: thinkfamily support FAMILY --member MEMBER --choice living")
def support(
    family: int = FAMILY,
    member: int = THIS_MEMBER,
    choice: str = typer.Option(..., metavar="CHOICE", help="support, week, living, next or nothing."),
) -> None:
    """Record what a member asked for after a loss, as their text SUPPORT would.

    support: where to turn. week: messages after a loss too. living: messages for a baby who is with
    them. next: a new pregnancy. nothing: nothing more.
    """
    if choice not in ("support", "week", "living", "next", "nothing"):
        raise typer.BadParameter("choose support, week, living, next or nothing", param_hint="--choice")
    with opening.opened() as opened:
        families.support(opened.desk, family, member, choice, show.now(), show.me())  # type: ignore[arg-type]
        show.say("Noted.")


@app.command(epilog="Example: thinkfamily move FAMILY --member MEMBER")
def move(
    family: int = FAMILY,
    member: int = THIS_MEMBER,
    to: str | None = typer.Option(None, "--to", metavar="ADDRESS", help="The new one, with --words."),
    words: str = typer.Option("", metavar="VERSION", help="Which words they agreed to for it, on paper."),
) -> None:
    """Help a member to another number or chat, once you know that it is them.

    Prints a code for them to text from the new phone, where they agree; it is good through tomorrow. With
    --to and --words they are moved at once: they agreed in person or on paper. The old phone is told nothing.
    """
    with opening.opened() as opened:
        desk = opened.desk
        if to is not None:
            where = address_of(to, drama=desk.drama_numbers)
            elsewhere.move(desk, family, member, where, words, show.now(), show.me())
            show.say("Moved.")
            return
        until = show.today() + timedelta(days=1)
        digits = elsewhere.code(desk, family, member, until, show.now(), show.me())
        number = desk.config.organisation.sms_number or "our number"
        show.say(f"From the new phone: text NEWPHONE {digits} to {number} by {until.isoformat()}.")


@app.command(epilog="Example: thinkfamily export FAMILY --reveal > family.json")
def export(
    family: int = FAMILY,
    reveal: bool = typer.Option(False, "--reveal", help=show.REVEAL_HELP),
) -> None:
    """Everything kept about a family, as JSON, for somebody whose identity was checked."""
    if not reveal:
        raise typer.BadParameter("this prints personal data; say --reveal", param_hint="--reveal")
    with opening.opened() as opened:
        opening.audited(opened, "export", f"family {family}")
        everything = privacy.export(opened.desk, family, show.now())
        typer.echo(json.dumps(everything, indent=2, ensure_ascii=False, default=str))


@app.command(epilog="Example: thinkfamily erase FAMILY --member MEMBER")
def erase(
    family: int = FAMILY,
    member: int | None = MEMBER,
    yes: bool = typer.Option(False, "--yes", help="Do not ask again."),
) -> None:
    """Erase a family, or one member, to the last row; a STOP is still honoured."""
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True)
    with opening.opened() as opened:
        privacy.erase(opened.desk, family, member, show.now(), show.me())
        show.say("Erased.")


def address_of(text: str, *, drama: bool) -> Address:
    """The address that staff typed: a UK mobile, or telegram:CHAT_ID."""
    kind, _, chat = text.partition(":")
    if kind == "telegram" and chat.isdecimal():
        return telegram_chat(int(chat))
    return uk_mobile(text, drama_numbers=drama)
