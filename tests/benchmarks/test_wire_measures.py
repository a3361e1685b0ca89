"""The benchmarks on the wire, small: what they count must hold however slow the machine is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import b5_whole_path, b7_inbound, b8_silence
from benchmarks.baselines import clients
from benchmarks.baselines.provider import Provider
from benchmarks.harness import Run
from bot.domain.address import ChannelName


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(True, 5, tmp_path, lambda _text: None)


@pytest.mark.parametrize("channel", list(ChannelName))
def test_the_whole_path_reaches_everybody_once(run: Run, channel: ChannelName) -> None:
    with Provider() as provider:
        done = b5_whole_path.drained(run, provider, channel, 50)
    assert done.planned.cpu > 0
    assert done.sent.cpu > 0


@pytest.mark.parametrize("channel", list(ChannelName))
def test_the_calls_alone_reach_everybody_once(channel: ChannelName) -> None:
    with Provider() as provider:
        assert b5_whole_path.calls_alone(provider, channel, 50).cpu > 0


async def test_the_baselines_reach_everybody_once() -> None:
    with Provider() as provider:
        for channel in ChannelName:
            await clients.bare(provider, channel, b5_whole_path.posts(channel, 40), 8)
            provider.arrived(40)
        await clients.ptb(provider, b5_whole_path.posts(ChannelName.TELEGRAM, 40), 8)
        provider.arrived(40)


async def test_the_provider_notices_what_came_twice() -> None:
    with Provider() as provider:
        await clients.bare(
            provider, ChannelName.SMS, [("+447700900000", "once"), ("+447700900000", "twice")], 1
        )
        with pytest.raises(AssertionError, match="1 of 2 were reached, by 2 messages"):
            provider.arrived(2)


def test_every_text_that_comes_in_has_its_reply(run: Run) -> None:
    (rate, _) = b7_inbound.rates(run, texts=20, rounds=1)
    assert rate.ours > 0


def test_p2_p3_after_the_commit_of_a_stop_or_a_loss_nothing_begins_within_a_second(run: Run) -> None:
    with Provider() as provider:
        url = f"sqlite:///{run.folder}/silence.db"
        rows = b8_silence.silence(run, provider, url, processes=2, trials=12)
    assert all(row.holds for row in rows)
    assert rows[0].ours <= 1.0
