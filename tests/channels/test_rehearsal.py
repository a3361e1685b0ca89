"""Nothing leaves in a rehearsal, and everything is accepted."""

from __future__ import annotations

from datetime import timedelta

from bot.channels.base import Outgoing
from bot.channels.rehearsal import RehearsalChannel
from bot.domain.address import ChannelName, telegram_chat
from bot.domain.outbox import Accepted

MESSAGE = Outgoing("00ff", telegram_chat(4242), "Hello", timedelta(hours=1))


async def test_everything_is_accepted_under_an_id_made_from_ours():
    assert await RehearsalChannel(ChannelName.SMS).send(MESSAGE) == Accepted("rehearsal-00ff")


async def test_each_message_is_told_to_whoever_listens():
    heard: list[Outgoing] = []
    channel = RehearsalChannel(ChannelName.TELEGRAM, heard.append)
    await channel.open()
    await channel.send(MESSAGE)
    await channel.close()
    assert heard == [MESSAGE]


async def test_it_stands_behind_the_name_of_the_channel_and_cannot_look_up(now):
    channel = RehearsalChannel(ChannelName.TELEGRAM)
    assert channel.name is ChannelName.TELEGRAM
    assert await channel.look_up(telegram_chat(4242), now) is None
