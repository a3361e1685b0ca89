"""The SDKs' transports: what they hand on, and the waits that they understand."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.http.response import Response

from bot.channels.http import AioTwilio, _form, _seconds
from bot.channels.wire import NotText, Wire
from tests.wire import server as wire_server
from tests.wire.telegram_server import TelegramServer


async def test_twilios_redirects_are_not_followed():
    with TelegramServer() as server:  # any server will do
        server.always(wire_server.Fault("302", 302, b'{"message": "moved"}', headers={"Location": "/x"}))
        wire = Wire(connections=1, timeout=1, connect_timeout=1)
        await wire.open()
        url = f"{server.base_url}{server.token}/sendMessage"
        answer = await AioTwilio(wire).request("POST", url, data={"chat_id": "1"})
        await wire.close()
    assert isinstance(answer, Response)
    assert answer.status_code == 302
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (3, 3.0),
        ("3", 3.0),
        (2.5, 2.5),
        (0, 0.0),
        (10**9, 86_400.0),
        (10**400, None),
        (-1, None),
        (True, None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ([3], None),
    ],
)
def test_a_wait_is_a_number_of_seconds_up_to_a_day_or_nothing(asked, seconds):
    assert _seconds(asked) == seconds


VALUES = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), st.lists(st.text("a &")))


@given(st.dictionaries(st.text("Aß +&=%"), VALUES))
def test_a_form_is_written_as_everybody_writes_it(fields):
    assert _form(fields) == urlencode(fields, doseq=True).encode()


def test_half_a_letter_is_no_form():
    with pytest.raises(NotText):
        _form({"Body": "\ud83d"})
