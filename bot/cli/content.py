"""Commands for those who publish and approve: publish, approve, withdraw, restore, halt, resume."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from bot.bootstrap import App
from bot.cli import opening, show
from bot.content.load import load
from bot.services import backups
from bot.services import publish as publishing

app = show.commands()
WHAT = typer.Argument(metavar="CAMPAIGN[/STEP]", help="A campaign, or one step of it.")


@app.command(epilog="Example: thinkfamily publish --by content_officer")
def publish(by: str = typer.Option("", metavar="NAME", help="Who publishes; you if left out.")) -> None:
    """Keep a revision of what changed on disk, and say what changed and how many members it concerns.

    Only published words are ever sent; in live mode only those that an approver has approved too.
    """
    with opening.opened() as opened:
        ids = publishing.published_ids(opened.desk)
        content = load(opened.desk.content.files, ids)
        report = publishing.publish(opened.desk, content, by or show.me(), show.now())
        if report.changes:
            _changes([(one, publishing.touched(opened.desk, one)) for one in report.changes])
        show.say(f"Unchanged: {', '.join(report.unchanged) or 'none'}.")


def _parts(one: publishing.Change) -> tuple[tuple[str, ...], ...]:
    return (one.added, one.retimed, one.reworded, one.renamed, one.retired)


def _narrow(one: publishing.Change, members: int) -> str:
    names = ("new", "retimed", "reworded", "renamed", "retired")
    said = [f"{name} {', '.join(part)}" for name, part in zip(names, _parts(one), strict=True) if part]
    return f"{one.name}: {'; '.join(said) or 'no step'}; {show.counted(members, 'member')}"


def _changes(changes: Sequence[tuple[publishing.Change, int]]) -> None:
    show.table(
        "Published",
        ["what", "new", "retimed", "reworded", "renamed", "retired", "members"],
        [(one.name, *(", ".join(part) or "-" for part in _parts(one)), members) for one, members in changes],
        narrow=(_narrow(one, members) for one, members in changes),
    )


@app.command(epilog="Example: thinkfamily approve safe_sleep --language en --by midwife_lead")
def approve(
    campaign: str = typer.Argument(metavar="CAMPAIGN", help="A campaign's id, or replies, or crisis."),
    language: str = typer.Option(..., metavar="LANGUAGE", help="The language, such as en."),
    by: str = typer.Option(..., metavar="APPROVER", help="Named in config/approvers.yaml; not the author."),
    signed: str | None = typer.Option(
        None, "--signed", metavar="CODE", help="The code on the signed review pack: nothing else is approved."
    ),
) -> None:
    """Stand by the newest published words of a campaign in one language; written down for ever."""
    with opening.opened() as opened:
        count = publishing.approve(opened.desk, campaign, language, by, show.now(), signed)
        show.say(f"Approved: {show.counted(count, 'text')} of {campaign} in {language}, by {by}.")


@app.command(epilog="Example: thinkfamily withdraw flu_vaccination/offer")
def withdraw(what: str = WHAT) -> None:
    """Send nothing more of a campaign or a step, from this second on; what was queued is cancelled."""
    campaign, _, step = what.partition("/")
    with opening.opened() as opened:
        count = publishing.withdraw(opened.desk, campaign, step or None, show.me(), show.now())
        show.say(f"Withdrawn: {what}. {show.counted(count, 'open message')} cancelled.")
        show.say(f"To take it back: thinkfamily restore {what}")


@app.command(epilog="Example: thinkfamily restore flu_vaccination/offer")
def restore(what: str = WHAT) -> None:
    """Let what was withdrawn be sent again.

    What the withdrawal cancelled and is still open waits for the planner again, and goes as its rules allow.
    """
    campaign, _, step = what.partition("/")
    with opening.opened() as opened:
        count = publishing.restore(opened.desk, campaign, step or None, show.me(), show.now())
        show.say(
            f"Restored: {what}. {show.counted(count, 'cancelled message')} for the planner to look at again."
        )


@app.command(epilog="Example: thinkfamily halt")
def halt() -> None:
    """Stop all planned sending within a second; answers to what people write still go."""
    with opening.opened() as opened:
        count = publishing.halt(opened.desk, show.me(), show.now())
        show.say(f"Halted: {show.counted(count, 'sender')}. To go on: thinkfamily resume")


@app.command(epilog="Example: thinkfamily resume")
def resume(
    after_restore: bool = typer.Option(
        False,
        "--after-restore",
        help="The database was restored, and the steps in docs/operating.md are done.",
    ),
) -> None:
    """Let sending go on after a halt; what is still open and in time goes.

    After a restore what may have left since the backup stays in doubt, and does not go again by itself.
    """
    with opening.opened() as opened:
        if after_restore:
            _after_restore(opened)
            return
        count = publishing.resume(opened.desk, show.me(), show.now())
        show.say(f"Resumed: {show.counted(count, 'sender')}.")


def _after_restore(opened: App) -> None:
    done = backups.resume_restored(opened.desk, show.me(), show.now(), twilio=opened.twilio is not None)
    show.say(f"Resumed: {show.counted(done.senders, 'sender')}.")
    if done.in_doubt:
        left = show.counted(done.in_doubt, "message", "messages")
        show.say(f"{left} may have left since the backup. What Twilio does not list goes by itself; the rest")
        show.say("stays uncertain: thinkfamily outbox list --state uncertain")
