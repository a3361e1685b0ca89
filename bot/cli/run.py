"""Commands that keep going: run, plan."""

from __future__ import annotations

import asyncio
import sys

import typer

from bot import process
from bot.bootstrap import App
from bot.cli import show
from bot.content.load import load
from bot.domain.revision import Mode
from bot.errors import RefusedToStart
from bot.services import plan as planning
from bot.services import publish as publishing

app = typer.Typer()
ONLY = typer.Option(None, "--only", help="plan, dispatch or inbound; may be given more than once.")


@app.command()
def run(only: list[str] | None = ONLY) -> None:
    """Run the bot until it is told to stop (Ctrl-C, SIGTERM); nothing is left half sent."""
    parts = frozenset(only or process.PARTS)
    if not parts <= process.PARTS:
        raise typer.BadParameter("choose of plan, dispatch and inbound", param_hint="--only")
    with show.opened() as opened:
        _may_start(opened)
        with process.door(opened) as at:
            _say(opened, parts, at.getsockname()[1])
            asyncio.run(process.run(opened, parts, at=at))


@app.command()
def plan() -> None:
    """Plan what is due now, once; says what came of it."""
    with show.opened() as opened:
        report = planning.plan(opened.desk, show.now())
        states = ", ".join(f"{count} {state}" for state, count in sorted(report.states.items()))
        show.console().print(f"{report.families} families looked at; {states or 'nothing to do'}.")


def _may_start(opened: App) -> None:
    """Live starts only with everything approved and named; other modes publish what is on disk.

    A trial's database may become live: no step that it ever published may vanish (P4).
    """
    desk = opened.desk
    if desk.mode is not Mode.LIVE:
        known = publishing.published_ids(desk) if desk.mode is Mode.TRIAL else {}
        content = load(desk.content.files, known) if known else desk.content
        publishing.publish(desk, content, "start", show.now())
        return
    lacking = publishing.missing_for_live(desk, show.now())
    if lacking:
        raise RefusedToStart(
            "Live mode may not start:\n- " + "\n- ".join(lacking) + "\n", "See docs/operating.md."
        )


def _say(opened: App, parts: frozenset[str], port: int) -> None:
    mode = opened.desk.mode
    said = {
        Mode.REHEARSAL: "nothing leaves this machine",
        Mode.TRIAL: "guests and nobody else",
        Mode.LIVE: "approved words to everyone who agreed",
    }[mode]
    channels = ", ".join(name.value for name in opened.channels)
    lines = [
        f"Think Family: {mode.value} ({said}); {channels}; {', '.join(sorted(parts))}.",
        f"Health: http://{opened.host}:{port}/healthz",
    ]
    door = opened.desk.guest_door
    if door is not None and door.made is not None and "inbound" in parts and sys.stdout.isatty():
        lines.append(f"To become a guest, send it: GUEST {door.made}")
    for line in lines:
        print(line, flush=True)  # noqa: T201 - plain, at once, and never wrapped
