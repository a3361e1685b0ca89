"""Commands about families: enrol, stop, pause, loss, undo, support, export, erase."""

from __future__ import annotations

import json

import typer

from bot.cli import show
from bot.domain.address import Address, telegram_chat, uk_mobile
from bot.domain.family import Role
from bot.services import enrol as enrolling
from bot.services import families, privacy

app = typer.Typer()
FAMILY = typer.Argument(help="The family's id, as `enrol` printed it.")
MEMBER = typer.Option(None, help="The member's id.")


@app.command()
def enrol(
    address: str = typer.Argument(help="A UK mobile, or telegram:CHAT_ID."),
    role: Role = typer.Option(..., help="Who they are to the baby."),
    due: str | None = typer.Option(None, help="The due date, as 2027-05-12."),
    born: str | None = typer.Option(None, help="The day of birth, as 2027-05-12."),
    family: int | None = typer.Option(None, help="Join this family, at the mother's wish."),
    language: str = typer.Option("en", help="Their language."),
    words: str = typer.Option(..., help="Which words they agreed to, such as form-2027-01."),
) -> None:
    """Enrol someone who agreed, in person or on paper; an address that said STOP is refused."""
    with show.opened() as opened:
        desk = opened.desk
        done = enrolling.enrol(
            desk, address=_address(address, drama=desk.drama_numbers), role=role, language=language,
            due_on=show.day(due), born_on=show.day(born), family=family, how="staff",
            consented_words=words, now=show.now(), by=show.me(),
        )  # fmt: skip
        show.console().print(f"family {done.family_id} member {done.member_id}")


@app.command()
def stop(address: str = typer.Argument(help="A UK mobile, or telegram:CHAT_ID.")) -> None:
    """Stop every message to a number or chat, on request; no proof is needed."""
    with show.opened() as opened:
        where = _address(address, drama=opened.desk.drama_numbers)
        families.stop(opened.desk, where, show.now(), show.me())
        show.console().print("Stopped.")


@app.command()
def pause(
    family: int = FAMILY,
    member: int = typer.Option(..., help="The member's id."),
    until: str = typer.Option(..., help="The first day on which messages go again, as 2027-05-12."),
) -> None:
    """Pause a member's messages until a day."""
    day = show.day(until)
    assert day is not None
    with show.opened() as opened:
        families.pause(opened.desk, family, member, day, show.now(), show.me())
        show.console().print("Paused.")


@app.command()
def loss(family: int = FAMILY, member: int | None = MEMBER) -> None:
    """Record a loss: the whole family goes quiet at once, and nobody is told."""
    with show.opened() as opened:
        families.loss(opened.desk, family, member, show.now(), show.me())
        show.console().print("The family is quiet.")


@app.command()
def undo(family: int = FAMILY) -> None:
    """Take back every report of a loss in a family."""
    with show.opened() as opened:
        count = families.undo(opened.desk, family, show.now(), show.me())
        show.console().print(f"{count} taken back.")


@app.command()
def support(
    family: int = FAMILY,
    member: int = typer.Option(..., help="The member's id."),
    choice: str = typer.Option(..., help="support, week, living, next or nothing."),
) -> None:
    """Record what a member asked for after a loss."""
    if choice not in ("support", "week", "living", "next", "nothing"):
        raise typer.BadParameter("choose support, week, living, next or nothing", param_hint="--choice")
    with show.opened() as opened:
        families.support(opened.desk, family, member, choice, show.now(), show.me())  # type: ignore[arg-type]
        show.console().print("Noted.")


@app.command()
def export(
    family: int = FAMILY,
    reveal: bool = typer.Option(False, "--reveal", help="Print numbers and words; it is audited."),
) -> None:
    """Everything kept about a family, as JSON, for somebody whose identity was checked."""
    if not reveal:
        raise typer.BadParameter("this prints personal data; say --reveal", param_hint="--reveal")
    with show.opened() as opened:
        everything = privacy.export(opened.desk, family, show.now())
        typer.echo(json.dumps(everything, indent=2, ensure_ascii=False, default=str))


@app.command()
def erase(
    family: int = FAMILY,
    member: int | None = MEMBER,
    yes: bool = typer.Option(False, "--yes", help="Do not ask again."),
) -> None:
    """Erase a family, or one member, to the last row; a STOP is still honoured."""
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True)
    with show.opened() as opened:
        privacy.erase(opened.desk, family, member, show.now(), show.me())
        show.console().print("Erased.")


def _address(text: str, *, drama: bool) -> Address:
    kind, _, chat = text.partition(":")
    if kind == "telegram" and chat.isdecimal():
        return telegram_chat(int(chat))
    return uk_mobile(text, drama_numbers=drama)
