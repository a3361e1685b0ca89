"""Twilio's error table, requests and lists, through its SDK over real HTTP."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Outgoing
from bot.channels.twilio.send import LATER, OURS, REFUSED, SUSPENDED, TwilioChannel, meaning_of
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import InboundKind
from bot.domain.outbox import Accepted, Answer, Later, Ours, Refused, State, Uncertain
from tests.wire import server as wire
from tests.wire import twilio_server as wire_twilio
from tests.wire.server import Fault, closed_port
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, twilio_error

PHONE = Address(ChannelName.SMS, "+447700900001")
HALF_MINUTE = timedelta(seconds=30)
NOT_TWILIO = Later("not_twilio", HALF_MINUTE, all=True)


def message(text: str = "Hello", to: Address = PHONE, valid_for: timedelta = timedelta(hours=1)) -> Outgoing:
    return Outgoing("00ff", to, text, valid_for)


async def test_an_accepted_text_carries_twilios_own_id(twilio, twilio_server):
    answer = await twilio.send(message())
    assert answer == Accepted(twilio_server.sent[0].sid)


async def test_words_arrive_as_written_in_every_script(twilio, twilio_server):
    words = "It’s £5 & 100% + پیغام ১ 👶🏽\nline two"
    await twilio.send(message(words))
    assert twilio_server.sent[0].body == words


async def test_a_text_says_whom_from_where_to_report_and_until_when(twilio, twilio_server):
    await twilio.send(message(valid_for=timedelta(minutes=90)))
    assert twilio_server.sent[0].fields == {
        "To": PHONE.value,
        "From": NUMBER,
        "Body": "Hello",
        "StatusCallback": "https://think.example/webhooks/twilio/status/00ff",
        "ValidityPeriod": "5400",
    }


@pytest.mark.parametrize(
    ("valid_for", "asked"), [(timedelta(days=2), "36000"), (timedelta(seconds=1.9), "1")]
)
async def test_the_validity_is_kept_within_what_twilio_takes(twilio, twilio_server, valid_for, asked):
    assert isinstance(await twilio.send(message(valid_for=valid_for)), Accepted)
    assert twilio_server.sent[0].fields["ValidityPeriod"] == asked


@pytest.mark.parametrize("valid_for", [timedelta(0), timedelta(seconds=-5), timedelta(seconds=0.9)])
async def test_nothing_goes_once_its_time_is_over(twilio, twilio_server, valid_for):
    assert await twilio.send(message(valid_for=valid_for)) == Later("too_late", timedelta(0))
    assert twilio_server.calls == []


async def test_a_messaging_service_can_be_the_sender(twilio_server):
    service = "MG" + "1" * 32
    channel = TwilioChannel(ACCOUNT, AUTH_TOKEN, service, base_url=twilio_server.url)
    await channel.open()
    await channel.send(message())
    await channel.close()
    assert twilio_server.sent[0].fields["MessagingServiceSid"] == service
    assert "From" not in twilio_server.sent[0].fields
    assert "StatusCallback" not in twilio_server.sent[0].fields


async def test_an_api_key_can_be_used_instead_of_the_auth_token(twilio_server):
    twilio_server.keys["SK1"] = "key-secret"
    channel = TwilioChannel(ACCOUNT, "key-secret", NUMBER, key_sid="SK1", base_url=twilio_server.url)
    await channel.open()
    answer = await channel.send(message())
    await channel.close()
    assert isinstance(answer, Accepted)


async def test_a_wrong_auth_token_is_ours(twilio_server):
    channel = TwilioChannel(ACCOUNT, "wrong", NUMBER, base_url=twilio_server.url)
    await channel.open()
    answer = await channel.send(message())
    await channel.close()
    assert answer == Ours("20003")


async def test_regions_in_the_environment_do_not_move_the_address(twilio_server, monkeypatch):
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    channel = TwilioChannel(ACCOUNT, AUTH_TOKEN, NUMBER, base_url=twilio_server.url)
    await channel.open()
    answer = await channel.send(message())
    await channel.close()
    assert isinstance(answer, Accepted)


UNKNOWN, NOT_MOBILE = Refused("unknown", suspend=True), Refused("not_mobile", suspend=True)
# Written out a second time: a code that slips into another class suspends a family, or stops every text.
MEANINGS: dict[str, Answer] = {
    "21610": Refused("opted_out", suspend=True, stop=True),
    **dict.fromkeys(("21211", "21217"), UNKNOWN),
    **dict.fromkeys(("21614", "21265", "21268", "21635"), NOT_MOBILE),
    "21408": Refused("region"),
    "21602": Refused("empty"),
    "21608": Refused("unverified"),
    "21612": Refused("no_route"),
    "21617": Refused("too_long"),
    "20429": Later("20429", timedelta(seconds=5), all=True),
    "14107": Later("14107", timedelta(seconds=5), all=True),
    "21611": Later("21611", timedelta(minutes=1), all=True),
    "63038": Later("63038", timedelta(hours=1), all=True),
    **{
        code: Ours(code)
        for codes in (
            "20003 20005 20006 20008 20403 20404 10001 30002 90010",
            "21212 21603 21606 21607 21659 21660 21661",
            "21701 21703 21704 21705",
            "21609 21624 90007 90014",
        )
        for code in codes.split()
    },
}  # fmt: skip


@pytest.mark.parametrize("code", MEANINGS)
async def test_a_code_means_what_is_written_here_once_more(twilio, twilio_server, code):
    twilio_server.next(twilio_error(400, int(code)))
    assert await twilio.send(message(to=Address(ChannelName.SMS, "+353850000000"))) == MEANINGS[code]


def test_no_code_is_in_the_table_that_is_not_written_here():
    assert {*SUSPENDED, *REFUSED, *OURS, *LATER} == set(MEANINGS)


@pytest.mark.parametrize("code", SUSPENDED)
async def test_each_suspending_row_suspends_the_address(twilio, twilio_server, code):
    twilio_server.next(twilio_error(400, int(code)))
    answer = await twilio.send(message())
    assert answer == SUSPENDED[code]
    assert answer.suspend


@pytest.mark.parametrize("code", REFUSED)
async def test_each_refusing_row_spares_the_address(twilio, twilio_server, code):
    twilio_server.next(twilio_error(400, int(code)))
    answer = await twilio.send(message(to=Address(ChannelName.SMS, "+353850000000")))
    assert answer == REFUSED[code]
    assert not answer.suspend


@pytest.mark.parametrize("code", sorted(OURS))
async def test_each_row_that_is_ours_spares_the_address(twilio, twilio_server, code):
    twilio_server.next(twilio_error(400, int(code)))
    assert await twilio.send(message()) == Ours(code)


@pytest.mark.parametrize("code", LATER)
async def test_each_row_for_later_holds_the_whole_sender(twilio, twilio_server, code):
    twilio_server.next(twilio_error(429, int(code)), twilio_error(400, int(code)))
    assert await twilio.send(message()) == Later(code, LATER[code], all=True)
    assert await twilio.send(message()) == Later(code, LATER[code], all=True)


async def test_opted_out_is_a_stop_and_not_a_mobile_is_not(twilio, twilio_server):
    twilio_server.next(wire_twilio.OPTED_OUT, wire_twilio.NOT_MOBILE)
    assert await twilio.send(message()) == Refused("opted_out", suspend=True, stop=True)
    assert await twilio.send(message()) == Refused("not_mobile", suspend=True, stop=False)


async def test_an_invalid_number_suspends_and_an_odd_400_does_not(twilio, twilio_server):
    twilio_server.next(wire_twilio.INVALID_NUMBER, twilio_error(400, 29999))
    assert await twilio.send(message()) == Refused("unknown", suspend=True)
    assert await twilio.send(message()) == Refused("29999", suspend=False)


async def test_a_region_not_allowed_is_ours_for_the_uk_and_refused_abroad(twilio, twilio_server):
    twilio_server.next(wire_twilio.REGION, wire_twilio.REGION)
    assert await twilio.send(message()) == Ours("21408")
    assert await twilio.send(message(to=Address(ChannelName.SMS, "+353850000000"))) == Refused("region")


def too_many(retry_after: str) -> Fault:
    return twilio_error(429, 20429, **{"Retry-After": retry_after})


OTHER_ROWS: list[tuple[str, Fault, Answer]] = [
    ("429 that says how long", too_many("40"), Later("20429", timedelta(seconds=40), all=True)),
    ("429 that says nonsense", too_many("soon"), Later("20429", timedelta(seconds=5), all=True)),
    ("429 of a kind not known", twilio_error(429, 29998), Later("29998", timedelta(seconds=5), all=True)),
    ("429 as a web page", wire.web_page(429), Later("429", timedelta(seconds=5), all=True)),
    ("401", wire_twilio.AUTHENTICATE, Ours("20003")),
    ("401 as a web page", wire.web_page(401), Ours("401")),
    ("403 of a kind not known", twilio_error(403, 29997), Ours("29997")),
    ("404", twilio_error(404, 20404), Ours("20404")),
    ("500 of Twilio's own", wire_twilio.INTERNAL, Later("20500", HALF_MINUTE)),
    ("503 of Twilio's own", twilio_error(503, 20503), Later("20503", HALF_MINUTE)),
    ("500 as a web page", wire.web_page(500), Uncertain("unanswered")),
    ("502 as a web page", wire.web_page(502), Uncertain("unanswered")),
    ("403 as a web page", wire.web_page(403), NOT_TWILIO),
    ("302 as a web page", wire.web_page(302), NOT_TWILIO),
    ("408 as a web page", wire.web_page(408), Uncertain("unanswered")),
    ("garbled answer", wire.garbled(201), Uncertain("unanswered")),
    ("empty answer", Fault("empty", 201, b""), Uncertain("unanswered")),
    ("a list for an answer", Fault("list", 201, b"[1]"), Uncertain("unanswered")),
    ("an answer without an id", Fault("no sid", 201, b'{"status": "queued"}'), Uncertain("garbled")),
    ("an odd id", Fault("odd", 201, b'{"sid": 7, "date_sent": []}'), Uncertain("garbled")),
    ("connection cut", wire.reset(), Uncertain("unanswered")),
    ("accepted, never answered", wire.accepted_never_answered(), Uncertain("unanswered")),
]  # fmt: skip


@pytest.mark.parametrize(("case", "fault", "answer"), OTHER_ROWS, ids=[row[0] for row in OTHER_ROWS])
async def test_every_other_failure_has_its_meaning(twilio, twilio_server, case, fault, answer):
    twilio_server.next(fault)
    assert await twilio.send(message()) == answer


def test_what_nobody_foresaw_may_have_left():
    assert meaning_of(RuntimeError("odd"), PHONE.value) == Uncertain("fault")


async def test_after_a_fault_the_next_text_goes(twilio, twilio_server):
    twilio_server.next(wire.reset(), wire.web_page(502))
    await twilio.send(message())
    await twilio.send(message())
    assert isinstance(await twilio.send(message()), Accepted)


async def test_a_hang_is_uncertain_within_the_timeout(twilio, twilio_server):
    twilio_server.next(wire.hang(5))
    before = time.monotonic()
    assert await twilio.send(message()) == Uncertain("unanswered")
    assert time.monotonic() - before < 1


async def test_a_refused_connection_is_later_because_nothing_left():
    channel = TwilioChannel(ACCOUNT, AUTH_TOKEN, NUMBER, base_url=f"http://127.0.0.1:{closed_port()}")
    await channel.open()
    answer = await channel.send(message())
    await channel.close()
    assert answer == Later("unreached", timedelta(seconds=15))


async def test_half_a_surrogate_pair_is_refused_before_it_leaves(twilio, twilio_server):
    assert await twilio.send(message("\ud83d")) == Refused("not_text")
    assert twilio_server.calls == []


async def test_token_number_and_words_are_never_logged(twilio, twilio_server, caplog):
    caplog.set_level(logging.DEBUG)
    twilio_server.next(wire.garbled(), wire.web_page(502), wire_twilio.AUTHENTICATE, wire.reset())
    twilio_server.next(Fault("odd", 201, b'{"sid": 7, "date_sent": []}'))
    for _ in range(6):
        await twilio.send(message("a very private matter"))
    await twilio.look_up(PHONE, datetime.now(UTC))
    told = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for secret in (AUTH_TOKEN, "private matter", "7700900001", ACCOUNT):
        assert secret not in told


# --- looking up ------------------------------------------------------------------------------------


async def test_an_uncertain_text_that_was_accepted_is_found_while_it_is_still_queued(twilio, twilio_server):
    before = datetime.now(UTC)
    twilio_server.next(wire.accepted_never_answered())
    assert isinstance(await twilio.send(message("find me")), Uncertain)
    assert twilio_server.sent[0].sent is None  # queued: DateSent is not known yet
    (found,) = await twilio.look_up(PHONE, before)
    assert (found.provider_id, found.body, found.state) == (twilio_server.sent[0].sid, "find me", State.SENT)


async def test_an_uncertain_text_that_was_not_accepted_is_absent(twilio, twilio_server):
    before = datetime.now(UTC)
    twilio_server.next(wire.reset())
    assert isinstance(await twilio.send(message("not there")), Uncertain)
    assert await twilio.look_up(PHONE, before) == []


async def test_a_look_up_leaves_out_other_phones_older_texts_and_what_came_in(twilio, twilio_server):
    before = datetime.now(UTC)
    await twilio.send(message("old"))
    twilio_server.sent[0].made = before - timedelta(minutes=5)
    await twilio.send(message("other", Address(ChannelName.SMS, "+447700900002")))
    await asyncio.to_thread(twilio_server.text, PHONE.value, "hi", brought=False)
    await twilio.send(message("this"))
    assert [one.body for one in await twilio.look_up(PHONE, before)] == ["this"]


async def test_a_look_up_tells_how_it_ended(twilio, twilio_server):
    await twilio.send(message())
    twilio_server.sent[0].status, twilio_server.sent[0].code = "undelivered", 30003
    (found,) = await twilio.look_up(PHONE, datetime.now(UTC))
    assert (found.state, found.code) == (State.FAILED, "30003")


LIST_FAULTS = [wire_twilio.INTERNAL, wire_twilio.TOO_MANY, wire_twilio.AUTHENTICATE, wire.reset()]
LIST_FAULTS += [wire.web_page(502), wire.garbled(200), wire.hang(5), Fault("odd", 200, b'{"a": 1, "b": 2}')]


@pytest.mark.parametrize("fault", LIST_FAULTS, ids=lambda fault: fault.name)
async def test_a_look_up_that_fails_cannot_tell(twilio, twilio_server, fault):
    twilio_server.always(fault, "list")
    assert await twilio.look_up(PHONE, datetime.now(UTC)) is None


async def test_a_look_up_beyond_what_it_reads_cannot_tell(twilio, twilio_server):
    before = datetime.now(UTC)
    for _ in range(400):
        twilio_server._accept({"To": PHONE.value, "From": NUMBER, "Body": "again"})
    assert await twilio.look_up(PHONE, before) is None


async def test_missed_texts_are_found_with_the_ids_the_webhook_would_have_brought(twilio, twilio_server, now):
    before = datetime.now(UTC)
    await twilio.send(message("ours"))
    await asyncio.to_thread(twilio_server.text, PHONE.value, "STOP", brought=False)
    await asyncio.to_thread(twilio_server.text, PHONE.value, "photo", brought=False, NumMedia="1")
    found = await twilio.inbound_since(before, now)
    assert [one.provider_id for one in found] == [one.sid for one in twilio_server.received]
    assert [(one.kind, one.text) for one in found] == [
        (InboundKind.TEXT, "STOP"),
        (InboundKind.MEDIA, "photo"),
    ]
    assert {one.address for one in found} == {PHONE}


async def test_missed_texts_before_the_moment_are_left_out(twilio, twilio_server, now):
    await asyncio.to_thread(twilio_server.text, PHONE.value, "earlier", brought=False)
    assert await twilio.inbound_since(datetime.now(UTC) + timedelta(minutes=1), now) == []


async def test_missed_texts_are_all_read_however_many(twilio, twilio_server, now):
    """P13: after a long outage no more than a page is asked for at a time, and none is left out."""
    before = datetime.now(UTC)
    for _ in range(1100):
        twilio_server.text(PHONE.value, "again", brought=False)
    assert len({one.provider_id for one in await twilio.inbound_since(before, now)}) == 1100
    assert len(twilio_server.calls) == 3


async def test_reading_ends_where_a_page_of_texts_is_older(twilio, twilio_server, now):
    """Twilio filters by whole days: of a busy one not everything is read every five minutes."""
    for _ in range(1100):
        twilio_server.text(PHONE.value, "earlier", brought=False)
    since = datetime.now(UTC) + timedelta(minutes=2)
    twilio_server.text(PHONE.value, "STOP", brought=False)
    twilio_server.received[-1].made = since
    found = await twilio.inbound_since(since, since)
    assert [one.text for one in found] == ["STOP"]
    assert len(twilio_server.calls) == 2


async def test_missed_texts_cannot_be_told_while_twilio_is_away(now):
    channel = TwilioChannel(ACCOUNT, AUTH_TOKEN, NUMBER, base_url=f"http://127.0.0.1:{closed_port()}")
    await channel.open()
    found = await channel.inbound_since(now, now)
    await channel.close()
    assert found is None
