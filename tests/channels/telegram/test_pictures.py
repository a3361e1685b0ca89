"""Pictures: carried up once, and the words alone where Telegram will not have one."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from bot.channels.telegram.send import (
    FORBIDDEN,
)
from bot.domain.outbox import Accepted, Later, Uncertain
from bot.words import picture
from tests import ours
from tests.channels.telegram.outgoing import message
from tests.wire import server as wire
from tests.wire.telegram_http import telegram_error, too_many

PNG = picture.png(picture.drawn(ours.content().files[picture.path_of("wave_of_light")], right_to_left=False))


async def test_a_picture_goes_with_its_words_beneath_it_and_the_buttons(telegram, telegram_server):
    words = "Think Family: پیغام 👶🏽\nline two"
    assert await telegram.send(message(words, picture=PNG, buttons=[[("Show", "5")]])) == Accepted("1")
    (said,) = telegram_server.sent
    assert (said.text, said.photo, said.buttons) == (words, PNG, ((("Show", "5"),),))


async def test_a_picture_is_carried_up_once(telegram, telegram_server):
    for _ in range(3):
        assert isinstance(await telegram.send(message(picture=PNG)), Accepted)
    assert [call.fields["photo"] for call in telegram_server.calls] == [PNG, "photo-1", "photo-1"]
    assert {said.photo for said in telegram_server.sent} == {PNG}


async def test_a_picture_that_telegram_forgot_is_carried_up_again(telegram, telegram_server):
    await telegram.send(message(picture=PNG))
    telegram_server.photos.clear()
    assert isinstance(await telegram.send(message(picture=PNG)), Accepted)
    assert [said.photo for said in telegram_server.sent] == [PNG, PNG]


async def test_p4_where_telegram_will_not_have_the_picture_the_words_go_once_without_it(
    telegram, telegram_server
):
    telegram_server.picky = True
    assert isinstance(await telegram.send(message("Hello", picture=PNG)), Accepted)
    assert [(said.text, said.photo) for said in telegram_server.sent] == [("Hello", None)]


async def test_p2_a_refused_picture_is_followed_by_no_call_that_begins_too_late(telegram, telegram_server):
    """A STOP may have come meanwhile: the words are handed in again, and go without the picture."""
    telegram_server.picky = True
    late = time.monotonic()
    assert await telegram.send(message("Hello", picture=PNG, begin_by=late)) == Later("picture", timedelta(0))
    assert (len(telegram_server.calls), telegram_server.sent) == (1, [])
    assert isinstance(await telegram.send(message("Hello", picture=PNG, begin_by=late + 60)), Accepted)
    assert [call.method for call in telegram_server.calls] == ["sendPhoto", "sendMessage"]


async def test_p2_a_picture_that_telegram_forgot_is_not_carried_up_too_late(telegram, telegram_server):
    await telegram.send(message(picture=PNG))
    telegram_server.photos.clear()
    late = time.monotonic()
    assert await telegram.send(message(picture=PNG, begin_by=late)) == Later("picture", timedelta(0))
    assert isinstance(await telegram.send(message(picture=PNG, begin_by=late + 60)), Accepted)
    assert [call.fields["photo"] for call in telegram_server.calls] == [PNG, "photo-1", PNG]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (wire.accepted_never_answered(), Uncertain("unanswered")),
        (too_many(7), Later("429", timedelta(seconds=7), all=True)),
        (telegram_error(403, "Forbidden: bot was blocked by the user"), FORBIDDEN["blocked by the user"]),
    ],
)
async def test_p4_a_picture_in_doubt_or_refused_to_the_person_is_followed_by_nothing(
    telegram, telegram_server, fault, answer
):
    telegram_server.next(fault)
    found = await telegram.send(message(picture=PNG))
    assert type(found) is type(answer)
    assert len(telegram_server.calls) == 1
