"""What Twilio's forms become, and which of them are genuine."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Request
from bot.channels.twilio.read import RECEIPT_CODES, STATES, TwilioReader
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import LONGEST_TEXT, Inbound, InboundKind, Receipt
from bot.domain.outbox import Refused, State
from tests.channels.moments import NOW
from tests.wire.twilio_server import sign

TOKEN = "an-auth-token"
INBOUND = "https://think.example/webhooks/twilio/inbound"
STATUS = "https://think.example/webhooks/twilio/status/00ff00ff"
SID = "SM" + "1" * 32
PHONE = "+447700900001"


def form_of(**fields: str) -> list[tuple[str, str]]:
    usual = {"MessageSid": SID, "From": PHONE, "To": "+447700900999", "Body": "Sleep", "NumMedia": "0"}
    return list((usual | fields).items())


def posted(form: list[tuple[str, str]], url: str = INBOUND, signature: str | None = None) -> Request:
    signature = sign(TOKEN, url, form) if signature is None else signature
    return Request(url, {"x-twilio-signature": signature}, form, urlencode(form).encode())


def read(url: str = INBOUND, **fields: str) -> Inbound | Receipt:
    return TwilioReader(TOKEN).read(posted(form_of(**fields), url), NOW)


# --- genuine ---------------------------------------------------------------------------------------


def genuine(request: Request, token: str = TOKEN) -> bool:
    return TwilioReader(token).genuine(request)


def test_a_signed_form_is_genuine():
    assert genuine(posted(form_of()))


@pytest.mark.parametrize("body", ["", "£ & = + %", "سلام 👶🏽", "two\r\nlines"])
def test_a_signed_form_is_genuine_whatever_was_written(body):
    assert genuine(posted(form_of(Body=body)))


def test_a_changed_field_is_not_genuine():
    request = posted(form_of())
    assert not genuine(posted(form_of(Body="other"), signature=request.headers["x-twilio-signature"]))


def test_an_added_field_is_not_genuine():
    request = posted(form_of())
    assert not genuine(posted(form_of(More="1"), signature=request.headers["x-twilio-signature"]))


def test_a_form_for_another_address_is_not_genuine():
    signature = sign(TOKEN, INBOUND, form_of())
    assert not genuine(posted(form_of(), "https://think.example/webhooks/twilio/status/1", signature))


def test_another_accounts_signature_is_not_genuine():
    assert not genuine(posted(form_of(), signature=sign("other", INBOUND, form_of())))


@pytest.mark.parametrize("signature", ["", "x", "\u00e9", "=" * 28])
def test_nonsense_for_a_signature_is_not_genuine(signature):
    assert not genuine(posted(form_of(), signature=signature))


def test_without_the_header_it_is_not_genuine():
    assert not genuine(Request(INBOUND, {}, form_of(), b""))


def test_an_empty_token_makes_nothing_genuine():
    assert not genuine(posted(form_of(), signature=sign("", INBOUND, form_of())), token="")


@pytest.mark.parametrize(
    ("signed", "known"),
    [
        ("https://think.example:443/webhooks/twilio/inbound", INBOUND),
        (INBOUND, "https://think.example:443/webhooks/twilio/inbound"),
    ],
)
def test_the_port_may_be_told_or_not(signed, known):
    assert genuine(posted(form_of(), known, sign(TOKEN, signed, form_of())))


def test_a_field_given_twice_is_signed_with_both_values():
    form = [*form_of(), ("Body", "second")]
    assert genuine(posted(form))
    assert not genuine(posted(form_of(), signature=sign(TOKEN, INBOUND, form)))


def test_an_empty_form_signed_for_the_address_is_genuine():
    assert genuine(posted([]))


def test_an_address_that_cannot_be_spelled_is_not_genuine():
    assert not genuine(posted(form_of(), "https://think.example:port/", "x"))


def test_the_token_is_not_shown():
    assert TOKEN not in repr(TwilioReader(TOKEN))


# --- texts -----------------------------------------------------------------------------------------


def test_a_text_is_a_text_from_its_number_with_twilios_id():
    assert read() == Inbound(
        ChannelName.SMS, SID, InboundKind.TEXT, Address(ChannelName.SMS, PHONE), "Sleep", NOW
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [("STOP", InboundKind.OPT_OUT), ("start", InboundKind.OPT_IN), ("HELP", InboundKind.OPT_HELP)],
)
def test_twilios_own_keywords_are_understood(said, kind):
    assert read(OptOutType=said, Body="whatever").kind is kind


def test_an_unknown_opt_out_type_is_just_a_text():
    assert read(OptOutType="MAYBE").kind is InboundKind.TEXT


def test_a_picture_is_media_with_its_words():
    got = read(NumMedia="1", Body="baby not breathing")
    assert (got.kind, got.text) == (InboundKind.MEDIA, "baby not breathing")


@pytest.mark.parametrize("number", ["+353850000000", "+441614960000", "+12025550123"])
def test_foreign_and_landline_numbers_can_still_be_answered(number):
    """CARE 13: answered once with the Telegram link; a crisis is still answered."""
    assert read(From=number).address == Address(ChannelName.SMS, number)


@pytest.mark.parametrize("number", ["", "Vodafone", "60777", "whatsapp:+447700900001", "+266696687", "+44٧٧"])
def test_a_sender_that_cannot_be_answered_has_no_address(number):
    got = read(From=number)
    assert (got.kind, got.address, got.text) == (InboundKind.TEXT, None, "Sleep")


def test_of_words_given_twice_the_first_count():
    form = [*form_of(Body="STOP"), ("Body", "more")]
    assert TwilioReader(TOKEN).read(posted(form), NOW).text == "STOP"


def test_an_empty_text_is_a_text():
    assert (read(Body="").kind, read(Body="").text) == (InboundKind.TEXT, "")


def test_a_text_longer_than_anybody_can_send_is_cut():
    assert len(read(Body="x" * 9000).text) == LONGEST_TEXT


def test_what_no_database_takes_is_taken_out():
    assert read(Body="a\x00b").text == "ab"


@pytest.mark.parametrize("sid", ["", "x" * 65, "SM 1", "SM\x001"])
def test_a_form_without_a_usable_id_is_unknown_under_the_hash_of_its_body(sid):
    got = read(MessageSid=sid)
    assert got.kind is InboundKind.UNKNOWN
    assert got.provider_id.startswith("sha256:")
    assert len(got.provider_id) <= 80


# --- receipts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "state"), STATES.items())
def test_each_status_has_its_state(said, state):
    got = read(STATUS, MessageStatus=said)
    assert got == Receipt(ChannelName.SMS, "00ff00ff", SID, state)


def test_a_status_means_what_is_written_here_once_more():
    """From `sent` on it may arrive; only what arrived is delivered, and only what cannot arrive failed."""
    taken = dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), State.SENT)
    arrived = dict.fromkeys(("delivered", "read", "partially_delivered"), State.DELIVERED)
    failed = dict.fromkeys(("undelivered", "failed", "canceled"), State.FAILED)
    assert taken | arrived | failed == STATES


def test_only_these_codes_of_a_failure_say_anything_of_the_address():
    assert {
        "21610": Refused("opted_out", suspend=True, stop=True),
        "21211": Refused("unknown", suspend=True),
        "21614": Refused("not_mobile", suspend=True),
        "21635": Refused("not_mobile", suspend=True),
    } == RECEIPT_CODES


@pytest.mark.parametrize("code", RECEIPT_CODES)
def test_each_refusing_code_of_a_failure_suspends(code):
    got = read(STATUS, MessageStatus="undelivered", ErrorCode=code)
    assert got.refused == RECEIPT_CODES[code]
    assert got.refused.suspend


@pytest.mark.parametrize("code", ["30001", "30003", "30004", "30005", "30006", "30007", "30008", "30036"])
def test_a_bad_day_of_the_network_suspends_nobody(code):
    got = read(STATUS, MessageStatus="undelivered", ErrorCode=code)
    assert (got.state, got.code, got.refused) == (State.FAILED, code, None)


def test_an_opt_out_in_a_receipt_is_a_stop():
    got = read(STATUS, MessageStatus="failed", ErrorCode="21610")
    assert got.refused == Refused("opted_out", suspend=True, stop=True)


def test_a_code_beside_a_delivery_refuses_nothing():
    assert read(STATUS, MessageStatus="delivered", ErrorCode="21610").refused is None


@pytest.mark.parametrize("code", ["", "0", "none", "9" * 20])
def test_a_code_that_is_none_is_left_out(code):
    assert read(STATUS, MessageStatus="failed", ErrorCode=code).code is None


@pytest.mark.parametrize("said", ["", "received", "teleported"])
def test_a_receipt_that_says_nothing_known_is_unknown(said):
    got = read(STATUS, MessageStatus=said)
    assert isinstance(got, Inbound)
    assert got.kind is InboundKind.UNKNOWN


def test_a_status_address_with_an_odd_id_is_no_receipt():
    got = read("https://think.example/webhooks/twilio/status/../x%20y", MessageStatus="sent")
    assert isinstance(got, Inbound)


FIELDS = st.sampled_from(
    ["MessageSid", "From", "Body", "NumMedia", "OptOutType", "MessageStatus", "ErrorCode", "X"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FIELDS, st.text(max_size=70)), max_size=8), st.sampled_from([INBOUND, STATUS]))
def test_any_form_is_judged_and_read(form, url):
    request = Request(url, {"x-twilio-signature": "x"}, form, b"")
    reader = TwilioReader(TOKEN)
    assert reader.genuine(request) is False
    got = reader.read(request, NOW)
    if isinstance(got, Inbound):
        assert 0 < len(got.provider_id) <= 80
        got.text.encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=20)), max_size=8))
def test_what_twilio_signs_is_genuine_after_the_wire(form):
    body = urlencode(form, errors="replace").encode()
    raw = parse_qsl(body.decode(), keep_blank_values=True)
    assert genuine(Request(INBOUND, {"x-twilio-signature": sign(TOKEN, INBOUND, raw)}, raw, body))
