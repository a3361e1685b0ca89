"""The process: its door, its parts, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import bootstrap, process, settings
from bot.bootstrap import App
from bot.channels.telegram.read import TelegramReader
from bot.domain.address import ChannelName
from bot.errors import RefusedToStart
from bot.services import pulse
from bot.store.sealed import new_key
from tests.content import small


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A rehearsal with a door for Telegram, at any port."""
    for name, text in small.FILES.items():
        path = tmp_path / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    read = settings.read(
        None, thinkfamily_mode="rehearsal", thinkfamily_content=tmp_path / "content", thinkfamily_port=0,
        thinkfamily_database_url=f"sqlite:///{tmp_path}/rehearsal.db", thinkfamily_keys=new_key(),
    )  # fmt: skip
    with bootstrap.opened(read) as made:
        yield replace(made, readers={ChannelName.TELEGRAM: TelegramReader("s3cret")})


@contextlib.asynccontextmanager
async def running(app: App, *parts: str) -> AsyncIterator[str]:
    """These parts running; gives the URL of the door. On the way out they are told to stop, and do."""
    stop = asyncio.Event()
    with process.door(app) as at:
        url = f"http://127.0.0.1:{at.getsockname()[1]}"
        task = asyncio.create_task(process.run(app, frozenset(parts) or process.PARTS, stop, at=at))
        try:
            yield url
        finally:
            stop.set()
            await asyncio.wait_for(task, 15)


async def status(url: str, data: bytes | None = None) -> int:
    def ask() -> int:
        try:
            with urllib.request.urlopen(url, data, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    return await asyncio.to_thread(ask)


def test_a_door_is_taken_where_the_settings_say(app: App) -> None:
    with process.door(app) as at:
        host, port = at.getsockname()
        assert (host, port > 0) == ("127.0.0.1", True)


def test_a_door_that_another_has_is_refused_with_the_remedy(app: App) -> None:
    with process.door(app) as first:
        taken = replace(app, port=first.getsockname()[1])
        with pytest.raises(RefusedToStart, match="THINKFAMILY_PORT"):
            process.door(taken)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "::zz"])
def test_a_host_that_is_not_this_machine_is_refused(app: App, host: str) -> None:
    with pytest.raises(RefusedToStart, match="THINKFAMILY_HOST"):
        process.door(replace(app, host=host))


async def test_it_runs_until_it_is_told_to_stop(app: App) -> None:
    async with running(app) as url:
        assert await status(f"{url}/healthz") == 200


async def test_only_the_inbound_part_has_doors_for_providers(app: App) -> None:
    async with running(app, "plan", "dispatch") as url:
        assert await status(f"{url}/healthz") == 200
        assert await status(f"{url}/webhooks/telegram", b"{}") == 404
    async with running(app, "inbound") as url:
        assert await status(f"{url}/webhooks/telegram", b"{}") == 403


@pytest.mark.parametrize(
    ("part", "jobs"),
    [
        ("plan", {"plan", "expire", "check_ins", "still_wanted", "retention"}),
        ("dispatch", {"leases"}),
        ("inbound", set()),
    ],
)
async def test_a_part_misses_its_own_jobs_and_no_others(app: App, part: str, jobs: set[str]) -> None:
    async with running(app, part) as url:
        await status(f"{url}/healthz")
        assert set(pulse.pulse(app.desk, app.clock()).ticks) == jobs


async def test_a_part_that_breaks_ends_the_process_and_says_why(app: App) -> None:
    """Half a process is worse than none: whoever started it starts it anew."""
    at = process.door(app)
    at.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        await asyncio.wait_for(process.run(app, at=at), 15)


class _Channel:
    """A channel that remembers whether it is open."""

    name = ChannelName.SMS

    def __init__(self) -> None:
        self.said: list[str] = []

    async def open(self) -> None:
        self.said.append("open")

    async def close(self) -> None:
        self.said.append("close")


async def test_channels_and_ways_to_the_duty_are_opened_before_and_closed_after(app: App) -> None:
    channel: Any = _Channel()
    bell: Any = _Channel()
    async with running(replace(app, channels={ChannelName.SMS: channel}, bells=(bell,))) as url:
        await status(f"{url}/healthz")
        assert channel.said == bell.said == ["open"]
    assert channel.said == bell.said == ["open", "close"]


async def test_the_duty_is_a_job_where_there_is_a_way_to_them_and_else_not_missed(app: App) -> None:
    bell: Any = _Channel()
    async with running(replace(app, bells=(bell,)), "dispatch") as url:
        await status(f"{url}/healthz")
        assert set(pulse.pulse(app.desk, app.clock()).ticks) == {"leases", "duty"}
    async with running(app, "dispatch") as url:
        await status(f"{url}/healthz")
        assert set(pulse.pulse(app.desk, app.clock()).ticks) == {"leases"}
