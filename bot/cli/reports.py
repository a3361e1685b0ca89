"""Commands for who must know: why somebody got a message or did not, and the sums."""

from __future__ import annotations

from collections import Counter

import typer

from bot.cli import opening, show, sums
from bot.services import reports
from bot.services import why as explaining

app = show.commands()


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
            planned = reports.summary(opened.desk)
        if named is None:
            _sums(planned, reports.reasons(opened.desk))
            return
        found = reports.received(opened.desk, *named, show.now())
        if reveal:
            opening.audited(opened, "received", "/".join(named))
        _received("/".join(named), found, reveal=reveal)


def _sums(planned: list[reports.Line], reasons: dict[str, int]) -> None:
    if not planned:
        show.say("Nothing was planned yet.")
        return
    sums.table(planned)
    sums.reasons(reasons)


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
