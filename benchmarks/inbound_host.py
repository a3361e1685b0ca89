"""A web server in a process of its own: our doors with the answering behind them, or the bare one."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal, Self

import uvicorn
from starlette.applications import Starlette

from benchmarks import place
from benchmarks.baselines import door
from benchmarks.harness import cpu_seconds
from bot import logs, process
from bot.bootstrap import App
from bot.channels.twilio.read import TwilioReader
from bot.domain.address import ChannelName
from bot.inbound import webhooks
from bot.running import answering
from bot.services import plan

PATH = "/webhooks/twilio/inbound"
PUBLIC = "https://think.example"
SECRET = "bench-auth-token"


@dataclass(frozen=True)
class Behind:
    """What our doors lead to."""

    url: str
    clock: place.Morning
    keys: str


class Host:
    """`with Host(behind) as host:`; None behind it is the bare door."""

    def __init__(self, behind: Behind | None) -> None:
        self._behind = behind

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, self._behind))
        self._process.start()
        theirs.close()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}{PATH}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._ask("end")
        self._process.join()

    def cpu(self) -> float:
        """The CPU seconds it has used until now."""
        return self._ask("cpu")

    def plan(self) -> None:
        """Begin the plan of the day, beside the doors, as `thinkfamily run` does."""
        self._ask("plan")

    def planning(self) -> bool:
        """Whether that plan is still under way."""
        return bool(self._ask("planning"))

    def _ask(self, what: Literal["cpu", "plan", "planning", "end"]) -> float:
        self._pipe.send(what)
        return float(self._pipe.recv())


def _serve(pipe: Connection, behind: Behind | None) -> None:
    logs.configure("WARNING")
    asyncio.run(_host(pipe, behind))


async def _host(pipe: Connection, behind: Behind | None) -> None:
    stop, wake = asyncio.Event(), asyncio.Event()
    app = None if behind is None else _app(behind)
    site = door.app(PATH, PUBLIC, SECRET)
    loops: list[Coroutine[Any, Any, None]] = []
    if app is not None:
        site = Starlette(routes=webhooks.routes(app, stored=wake.set))
        loops.append(answering.answer_forever(app, stop, wake=wake))
    process.settle_memory()
    at = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(site, log_config=None, access_log=False, lifespan="off", proxy_headers=False)
    server = uvicorn.Server(config)
    tasks = [asyncio.create_task(work) for work in (server._serve([at]), *loops)]
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    pipe.send(at.getsockname()[1])
    await _obey(pipe, app)
    stop.set()
    server.should_exit = True
    await asyncio.gather(*tasks)
    pipe.send(0)


async def _obey(pipe: Connection, app: App | None) -> None:
    """Do what the measuring process asks, until it says that this is the end."""
    planning: asyncio.Task[Any] | None = None
    while (asked := await asyncio.to_thread(pipe.recv)) != "end":
        if asked == "plan" and app is not None:
            planning = asyncio.create_task(asyncio.to_thread(plan.plan, app.desk, app.clock()))
        pipe.send(cpu_seconds() if asked == "cpu" else float(planning is not None and not planning.done()))
    if planning is not None:
        await planning


def _app(behind: Behind) -> App:
    desk = place.desk(behind.url, behind.clock, behind.keys)
    return App(desk, {}, {ChannelName.SMS: TwilioReader(SECRET)}, behind.clock, public_url=PUBLIC)
