"""Commands that move the line: plan and dispatch once, run until told to stop."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import typer
from rich.progress import TaskID

from bot import process
from bot.bootstrap import App
from bot.cli import opening, show
from bot.content.load import load
from bot.domain.address import ChannelName
from bot.domain.outbox import Accepted, Answer, Later, MovedTo, Ours, Refused, Uncertain
from bot.domain.revision import Mode
from bot.errors import NotAllowed, RefusedToStart
from bot.running.systemd import supervisor
from bot.services import plan as planning
from bot.services import publish as publishing

app = show.commands()
ONLY = typer.Option(None, "--only", metavar="PART", help="plan, dispatch or inbound; may be given again.")
CAME_OF_IT: dict[type[Answer], str] = {
    Accepted: "sent",
    Refused: "refused for good",
    Later: "put back, for later",
    Uncertain: "uncertain: no clear answer came",
    Ours: "put back, because our own key or account was refused",
    MovedTo: "moved to a new chat",
}


@app.command(epilog="Example: thinkfamily plan")
def plan() -> None:
    """Plan what is due now, once, and say what came of it; sends nothing."""
    with opening.opened() as opened:
        with show.busy("Planning"):
            report = planning.plan(opened.desk, show.now())
        states = ", ".join(f"{count} {state}" for state, count in sorted(report.states.items()))
        looked = show.counted(report.families, "family", "families")
        show.say(f"{looked} looked at; {states or 'nothing changed'}.")
        if not publishing.published_ids(opened.desk):
            show.say("Nothing is published yet, so nothing is planned: thinkfamily publish")


@app.command(epilog="Example: thinkfamily dispatch")
def dispatch() -> None:
    """Send what is due now, once, at each sender's pace, and say what came of it.

    In rehearsal nothing leaves this machine. Ctrl-C or SIGTERM ends it early; nothing is left half sent.
    """
    with opening.opened() as opened:
        _live_may(opened)
        heard: Counter[type[Answer]] = Counter()
        bars: dict[ChannelName, TaskID] = {}
        with show.progress() as progress:

            def waiting(channel: ChannelName, number: int) -> None:
                if channel not in bars:
                    bars[channel] = progress.add_task(f"Sending by {channel.value}", total=number)
                done = sum(heard.values())
                progress.update(bars[channel], completed=done, total=max(done + number, 1))

            asyncio.run(process.send_due(opened, lambda answer: heard.update([type(answer)]), waiting))
        _came_of(opened, heard)


def _came_of(opened: App, heard: Counter[type[Answer]]) -> None:
    for kind, said in CAME_OF_IT.items():
        if heard[kind]:
            show.say(f"{heard[kind]} {said}")
    if not heard:
        show.say("Nothing was due.")
    if opened.desk.mode is Mode.REHEARSAL and heard:
        show.say("This is a rehearsal: nothing left this machine.")
    if heard[Ours]:
        raise NotAllowed(
            "A provider refused our own key or account; that sender is halted.",
            "Mend it in .env, then: thinkfamily resume",
            code="ours",
        )


@app.command(epilog="Example: thinkfamily run --only inbound --only dispatch")
def run(only: list[str] | None = ONLY) -> None:
    """Run the bot until it is told to stop (Ctrl-C, SIGTERM); nothing is left half sent.

    Without --only everything runs in this process; with it, the parts can run on several machines.
    """
    parts = frozenset(only or process.PARTS)
    if not parts <= process.PARTS:
        raise typer.BadParameter("choose of plan, dispatch and inbound", param_hint="--only")
    with opening.opened(talkative=True) as opened:
        _may_start(opened)
        for sentence in publishing.reviews_near(opened.desk, show.now()):
            typer.echo(sentence, err=True)
        with process.door(opened) as at:
            _say(opened, parts, at.getsockname()[1])
            told = supervisor(os.environ, os.getpid())
            asyncio.run(process.run(opened, parts, at=at, supervisor=told))


def _may_start(opened: App) -> None:
    """Live starts only with everything approved and named; other modes publish what is on disk.

    A trial's database may become live: no step that it ever published may vanish (P4).
    """
    _live_may(opened)
    desk = opened.desk
    if desk.mode is not Mode.LIVE:
        known = publishing.published_ids(desk) if desk.mode is Mode.TRIAL else {}
        content = load(desk.content.files, known) if known else desk.content
        publishing.publish(desk, content, "start", show.now())


def _live_may(opened: App) -> None:
    """Live mode sends nothing before everything is approved and named (P9)."""
    if opened.desk.mode is not Mode.LIVE:
        return
    lacking = publishing.missing_for_live(opened.desk, show.now())
    if lacking:
        raise RefusedToStart(
            "Live mode may not start:\n- " + "\n- ".join(lacking) + "\n",
            "See docs/operating.md, Before live.",
        )


def _say(opened: App, parts: frozenset[str], port: int) -> None:
    mode = opened.desk.mode
    said = {
        Mode.REHEARSAL: "nothing leaves this machine",
        Mode.TRIAL: "guests and nobody else",
        Mode.LIVE: "approved words to everyone who agreed",
    }[mode]
    channels = ", ".join(name.value for name in opened.channels)
    show.say(f"Think Family: {mode.value} ({said}); {channels}; {', '.join(sorted(parts))}.")
    show.say(f"Health: http://{opened.host}:{port}/healthz")
    door = opened.desk.guest_door
    if door is not None and door.made is not None and "inbound" in parts and show.console().is_terminal:
        show.say(f"To become a guest, send it: GUEST {door.made}")
