"""Commands about professionals: invite, list, end."""

from __future__ import annotations

from datetime import date, timedelta

import typer

from bot.cli import opening, show
from bot.services import professionals

app = show.commands()
group = show.commands()
app.add_typer(
    group,
    name="professionals",
    help="Codes by which people at work with families join: invite, list, end.",
    no_args_is_help=True,
)
ORGANISATION = typer.Argument(metavar="ORGANISATION", help="Whose people they are; no person's name.")


@group.command(epilog='Example: thinkfamily professionals invite "Saint Mary\'s" --count 20')
def invite(
    organisation: str = ORGANISATION,
    count: int = typer.Option(
        1, min=1, max=professionals.MOST_AT_ONCE, help="How many, one for each person."
    ),
    until: date | None = show.day(None, "The last day they may be used; 30 days ahead if left out."),
) -> None:
    """Make codes for people at work with families, and print them: they are shown this once.

    Each lets one phone join for messages about work, after its own consent. Nobody is written to, and
    nothing of any family can be seen or changed from such a phone. That they were made is in the audit.
    """
    with opening.opened() as opened:
        day = until or show.today() + timedelta(days=30)
        made = professionals.invite(opened.desk, organisation, count, day, show.now(), show.me())
        where = opened.desk.config.organisation.sms_number or "our number"
        for digits in made:
            show.say(f"Text JOIN {digits} to {where} by {day.isoformat()}.")


@group.command("list", epilog="Example: thinkfamily professionals list")
def list_() -> None:
    """What became of the codes of each organisation. A code that was over is forgotten after some days."""
    with opening.opened() as opened:
        found = professionals.standing(opened.desk, show.now())
        if not found:
            show.say("No code was made yet.")
            return
        rows = [(one.organisation, one.made, one.used, one.free, show.moment(one.until)) for one in found]
        show.table("", ["organisation", "kept", "joined", "free", "until"], rows)


@group.command(epilog='Example: thinkfamily professionals end "Saint Mary\'s"')
def end(organisation: str = ORGANISATION) -> None:
    """End an organisation's codes that nobody joined by yet. Who joined goes on: see `stop` for one phone."""
    with opening.opened() as opened:
        ended = professionals.end(opened.desk, organisation, show.now(), show.me())
        show.say(f"Ended: {show.counted(ended, 'code')}.")
