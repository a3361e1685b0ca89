"""The doors: only the genuine come in, everything genuine is stored, and a crisis is always answered."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.domain.address import ChannelName
from bot.domain.inbound import LONGEST_TEXT
from bot.domain.outbox import Accepted, Uncertain
from bot.inbound.webhooks import LARGEST_BODY, routes
from bot.services import dispatch
from tests import line
from tests.inbound.knocks import CHAT, PHONE, Kept, kept, telegram, text, twilio, wrote

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


# --- genuine ---------------------------------------------------------------------------------------


def test_a_genuine_update_is_stored_and_then_thanked(client, desk):
    reply = telegram(client, wrote("sleep"))
    assert (reply.status_code, reply.content) == (200, b"")
    assert kept(desk) == [Kept("telegram", "1", "text", "sleep")]


def test_a_genuine_text_is_stored_and_then_thanked_in_twiml(client, desk):
    reply = twilio(client, text("sleep"))
    assert (reply.status_code, reply.text) == (200, EMPTY_TWIML)
    assert reply.headers["content-type"].startswith("text/xml")
    assert kept(desk) == [Kept("sms", "SM1", "text", "sleep")]


@pytest.mark.parametrize("secret", [None, "", "wrong"])
def test_p12_an_update_without_the_secret_is_refused_and_not_stored(client, desk, secret):
    assert telegram(client, wrote("sleep"), secret).status_code == 403
    assert kept(desk) == []


def test_p12_a_text_signed_by_another_is_refused_and_not_stored(client, desk):
    assert twilio(client, text("sleep"), token="other").status_code == 403
    assert kept(desk) == []


def test_p12_a_signature_for_the_inner_address_is_refused(client, desk):
    assert twilio(client, text("sleep"), signed_for="http://10.0.0.7:8080").status_code == 403
    assert kept(desk) == []


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.example",
    "X-Forwarded-For": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=elsewhere.example;proto=https",
}


def test_what_a_proxy_says_of_the_request_changes_nothing(client, desk):
    """The public URL is a setting: a header that anybody can write has no say in the signature."""
    client.headers.update(FORWARDED)
    assert twilio(client, text("sleep")).status_code == 200
    assert twilio(client, text("no", "SM2"), signed_for="https://elsewhere.example").status_code == 403
    assert [row.provider_id for row in kept(desk)] == ["SM1"]


def test_a_path_before_ours_in_the_public_url_is_signed_with(app, desk):
    app.public_url = "https://example.org/think/"
    with TestClient(Starlette(routes=routes(app))) as client:
        assert twilio(client, text("sleep"), signed_for="https://example.org/think").status_code == 200


def test_without_a_public_url_the_address_is_taken_as_it_is_seen(app, desk):
    app.public_url = None
    with TestClient(Starlette(routes=routes(app)), base_url="https://seen.example") as client:
        assert twilio(client, text("sleep"), signed_for="https://seen.example").status_code == 200


def test_a_form_that_does_not_say_it_is_one_is_refused(client, desk):
    assert client.post("/webhooks/twilio/inbound", json={"MessageSid": "SM1"}).status_code == 403
    assert kept(desk) == []


def test_a_form_of_a_thousand_fields_is_refused(client, desk):
    assert twilio(client, [(f"f{n}", "x") for n in range(1000)]).status_code == 403


def test_a_channel_that_is_not_set_up_has_no_door(app):
    del app.readers[ChannelName.SMS]
    with TestClient(Starlette(routes=routes(app))) as client:
        assert twilio(client, text("sleep")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/webhooks/telegram", "/webhooks/twilio/inbound", "/webhooks/twilio/status/1"]
)
def test_doors_are_only_for_posting(client, path):
    assert client.get(path).status_code == 405


# --- once, whatever it is --------------------------------------------------------------------------


def test_a_repeat_is_recognised_and_thanked_again(client, desk):
    for _ in range(3):
        assert telegram(client, wrote("sleep", 5)).status_code == 200
        assert twilio(client, text("sleep", "SM5")).status_code == 200
    assert [row.provider_id for row in kept(desk)] == ["5", "SM5"]


JUNK = {
    "nothing": b"",
    "not json": b"hello",
    "binary": b"\xff\x00\xfe",
    "null": b"null",
    "deep": b"[" * 60_000,
    "unknown kind": b'{"update_id": 9, "poll_answer": {"user": {"id": 1}}}',
    "odd parts": b'{"update_id": 9, "message": {"chat": 5, "text": {}}}',
    "odd chat": b'{"update_id": 9, "message": {"chat": {"id": "x", "type": "private"}, "text": "hi"}}',
    "half a pair": b'{"update_id": 9, "edited_message": {"chat": {"id": 7, "type": "private"}, '
    b'"text": "\\ud83d\\u0000"}}',
    "huge number": b'{"update_id": 99999999999999999999999999, "message": {}}',
}


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK)
def test_junk_with_the_secret_is_thanked_and_recorded_once(client, desk, body):
    assert telegram(client, body).status_code == 200
    assert telegram(client, body).status_code == 200
    assert len(kept(desk)) == 1


@pytest.mark.parametrize(
    "words", ["", " ", "👶", "\u0000", "x" * 100_000, "{{ 7*7 }}", "'; DROP TABLE inbox; --"]
)
def test_any_words_are_stored_from_either_provider(client, desk, words):
    assert telegram(client, wrote(words)).status_code == 200
    assert twilio(client, text(words)).status_code == 200
    clean = words.replace("\x00", "")[:LONGEST_TEXT]
    assert [row.text for row in kept(desk)] == [clean, clean]


def test_a_signed_form_without_an_id_is_recorded(client, desk):
    assert twilio(client, [("Odd", "1")]).status_code == 200
    assert [row.kind for row in kept(desk)] == ["unknown"]


def test_an_empty_signed_form_is_recorded(client, desk):
    assert twilio(client, []).status_code == 200
    assert [row.kind for row in kept(desk)] == ["unknown"]


def test_a_body_beyond_all_measure_with_the_secret_is_recorded_and_thanked(client, desk):
    assert telegram(client, wrote("x" * LARGEST_BODY)).status_code == 200
    assert [row.kind for row in kept(desk)] == ["unknown"]


def test_a_body_beyond_all_measure_without_the_secret_is_refused(client, desk):
    assert telegram(client, wrote("x" * LARGEST_BODY), "wrong").status_code == 413
    assert kept(desk) == []


def test_a_form_beyond_all_measure_cannot_be_genuine(client, desk):
    assert twilio(client, text("x" * LARGEST_BODY)).status_code == 413
    assert kept(desk) == []


# --- what a chat needs at once ---------------------------------------------------------------------


def test_a_tap_is_stored_and_its_spinner_stopped_in_the_reply(client, desk):
    query = {"id": "77", "from": {"id": CHAT}, "data": "HELP"}
    reply = telegram(client, {"update_id": 3, "callback_query": query})
    assert reply.json() == {"method": "answerCallbackQuery", "callback_query_id": "77"}
    assert [(row.kind, row.text) for row in kept(desk)] == [("tap", "HELP")]


def test_care_5_a_group_is_left_in_the_reply_and_nothing_said(client, desk):
    chat = {"id": -100123, "type": "supergroup"}
    reply = telegram(client, {"update_id": 3, "message": {"chat": chat, "text": "the baby died"}})
    assert reply.json() == {"method": "leaveChat", "chat_id": -100123}
    assert [(row.kind, row.text) for row in kept(desk)] == [("group", "")]


def test_whoever_waits_is_told_that_something_was_stored(app):
    told: list[bool] = []
    with TestClient(Starlette(routes=routes(app, stored=lambda: told.append(True)))) as client:
        telegram(client, wrote("sleep"))
        telegram(client, wrote("sleep"), "wrong")
    assert told == [True]


# --- receipts --------------------------------------------------------------------------------------


def sent(desk, clock, answer):
    """A text that was tried and answered so; gives (row, public id)."""
    row = line.queue(desk, clock.now)
    (job,) = dispatch.claim(desk, ChannelName.SMS, 8, clock.now, dispatch.UNPACED)
    dispatch.record(desk, [(row, answer, clock.now)], clock.now)
    return row, job.message.public_id


def receipt(client, public_id, status, **more):
    form = {"MessageSid": "SM7", "MessageStatus": status} | more
    return twilio(client, list(form.items()), f"/webhooks/twilio/status/{public_id}").status_code


def test_a_receipt_moves_its_text_by_rank_in_any_order_and_however_often(client, desk, clock):
    row, public_id = sent(desk, clock, Accepted("SM7"))
    for status in ("sent", "delivered", "sent", "queued", "delivered", "undelivered"):
        assert receipt(client, public_id, status) == 200
    assert line.state(desk, row) == "delivered"


def test_a_receipt_heals_an_uncertain_text(client, desk, clock):
    row, public_id = sent(desk, clock, Uncertain("unanswered"))
    assert line.state(desk, row) == "uncertain"
    assert receipt(client, public_id, "delivered") == 200
    assert line.state(desk, row) == "delivered"


def test_a_receipt_for_nothing_of_ours_is_thanked(client):
    assert receipt(client, "f" * 32, "delivered") == 200


def test_a_receipt_that_says_nothing_known_is_recorded(client, desk):
    assert receipt(client, "f" * 32, "teleported") == 200
    assert [row.kind for row in kept(desk)] == ["unknown"]


def test_p12_a_receipt_signed_by_another_moves_nothing(client, desk, clock):
    row, public_id = sent(desk, clock, Accepted("SM7"))
    form = [("MessageSid", "SM7"), ("MessageStatus", "delivered")]
    path = f"/webhooks/twilio/status/{public_id}"
    assert twilio(client, form, path, token="other").status_code == 403
    assert line.state(desk, row) == "sent"


# --- when it cannot be stored ----------------------------------------------------------------------


def test_what_cannot_be_stored_is_refused_so_that_it_is_brought_again(client, desk, locked):
    with locked():
        assert telegram(client, wrote("sleep")).status_code == 503
        assert twilio(client, text("sleep")).status_code == 503
        assert receipt(client, "f" * 32, "delivered") == 503
    assert telegram(client, wrote("sleep")).status_code == 200
    assert twilio(client, text("sleep")).status_code == 200
    assert len(kept(desk)) == 2


def test_p10_a_crisis_that_cannot_be_stored_is_answered_in_twilios_reply_and_stored_later(
    client, desk, locked
):
    with locked():
        reply = twilio(client, text("baby not breathing"))
    assert reply.status_code == 200
    assert "<Message>Call 999 now &lt;" in reply.text
    wait_until(lambda: [row.provider_id for row in kept(desk)] == ["SM1"])


def test_p10_a_crisis_that_cannot_be_stored_is_answered_in_telegrams_reply_and_stored_later(
    client, desk, locked
):
    with locked():
        reply = telegram(client, wrote("baby not breathing"))
    said = reply.json()
    assert (reply.status_code, said["method"], said["chat_id"]) == (200, "sendMessage", CHAT)
    assert said["text"].startswith("Call 999 now")
    wait_until(lambda: [row.provider_id for row in kept(desk)] == ["1"])


def test_p10_a_crisis_from_a_name_that_cannot_be_answered_is_brought_again(client, locked):
    with locked():
        assert twilio(client, text("baby not breathing", From="Vodafone")).status_code == 503


def test_p11_nothing_of_what_was_written_or_by_whom_is_logged(client, locked, caplog, capsys):
    caplog.set_level("DEBUG")
    with locked():
        twilio(client, text("my very private matter"))
        telegram(client, wrote("my very private matter"))
    twilio(client, text("my very private matter"), token="other")
    out = capsys.readouterr()
    told = caplog.text + out.out + out.err
    assert "webhook_not_genuine" in told
    assert "private matter" not in told
    assert PHONE[4:] not in told
    assert str(CHAT) not in told


def test_p11_of_a_fault_of_ours_only_its_type_is_logged(client, desk, caplog, capsys):
    """What an error says may quote what somebody wrote."""
    odd = "CREATE TRIGGER odd BEFORE INSERT ON inbox BEGIN SELECT RAISE(ABORT, 'my private matter'); END"
    desk.database.write(lambda conn: conn.exec_driver_sql(odd))
    assert twilio(client, text("my private matter")).status_code == 503
    assert telegram(client, wrote("my private matter")).status_code == 503
    out = capsys.readouterr()
    told = caplog.text + out.out + out.err
    assert told.count("IntegrityError") >= 2
    assert "private matter" not in told


def wait_until(condition, seconds=30.0):
    until = time.monotonic() + timedelta(seconds=seconds).total_seconds()
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
