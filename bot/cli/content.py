"""Commands for those who write and approve: check, publish, approve, withdraw, halt, resume."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.cli import show
from bot.content.files import locate
from bot.content.load import load
from bot.services import publish as publishing

app = typer.Typer()


@app.command()
def check(
    folder: Path | None = typer.Option(None, help="The folder that holds campaigns/, templates/, config/."),
) -> None:
    """Check campaigns, templates and config: every mistake with its line; exit code 1 if there is one."""
    content = load(locate(folder))
    steps = sum(len(campaign.steps) for campaign in content.campaigns.values())
    show.console().print(
        f"{len(content.campaigns)} campaigns, {steps} steps, {len(content.words.paths)} texts: no mistakes."
    )


@app.command()
def publish(by: str = typer.Option("", help="Who publishes; default: you.")) -> None:
    """Keep a revision of what changed on disk; only published words are ever sent."""
    with show.opened() as opened:
        ids = publishing.published_ids(opened.desk)
        content = load(opened.desk.content.files, ids)
        report = publishing.publish(opened.desk, content, by or show.me(), show.now())
        show.table(
            "Published",
            ["what", "added", "retimed", "reworded", "removed", "members it concerns"],
            [
                (
                    one.name,
                    *(", ".join(part) or "-" for part in (one.added, one.retimed, one.reworded, one.removed)),
                    one.touches,
                )
                for one in report.changes
            ],
        )
        show.console().print(f"Unchanged: {', '.join(report.unchanged) or 'none'}.")


@app.command()
def approve(
    campaign: str = typer.Argument(help="A campaign's id, or replies, or crisis."),
    language: str = typer.Option(..., help="The language, such as en."),
    by: str = typer.Option(..., help="An approver of config/approvers.yaml, not its author."),
) -> None:
    """Stand by the newest published words of a campaign in one language; written down for ever."""
    with show.opened() as opened:
        count = publishing.approve(opened.desk, campaign, language, by, show.now())
        show.console().print(f"Approved {count} texts of {campaign} in {language}.")


@app.command()
def withdraw(what: str = typer.Argument(help="CAMPAIGN or CAMPAIGN/STEP.")) -> None:
    """Send nothing more of a campaign or a step; what was queued is cancelled at once."""
    campaign, _, step = what.partition("/")
    with show.opened() as opened:
        count = publishing.withdraw(opened.desk, campaign, step or None, show.me(), show.now())
        show.console().print(f"Withdrawn {what}; {count} open messages cancelled.")


@app.command()
def halt() -> None:
    """Stop all planned sending at once; answers to what people write still go."""
    with show.opened() as opened:
        show.console().print(f"Halted {publishing.halt(opened.desk, show.me(), show.now())} senders.")


@app.command()
def resume() -> None:
    """Let sending go on after a halt."""
    with show.opened() as opened:
        show.console().print(f"Resumed {publishing.resume(opened.desk, show.me(), show.now())} senders.")
