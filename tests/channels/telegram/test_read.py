"""What Telegram's updates become, whatever their shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Request
from bot.channels.telegram.read import FORWARDED, MEDIA, TelegramReader, read_update
from bot.domain.address import telegram_chat
from bot.domain.inbound import LONGEST_TEXT, Inbound, InboundKind
from tests.channels.moments import NOW

CHAT = 4242
PRIVATE = {"id": CHAT, "type": "private", "first_name": "Aisha", "last_name": "Khan", "username": "aisha_k"}
PERSON = {"id": CHAT, "is_bot": False, "first_name": "Aisha", "last_name": "Khan", "username": "aisha_k"}
GROUP = {"id": -1001234, "type": "supergroup", "title": "Mums of Moss Side"}


def read(**parts: Any) -> Inbound:
    return read_update({"update_id": 77} | parts, NOW)


def wrote(text: str, **more: Any) -> Inbound:
    return read(message={"message_id": 1, "chat": PRIVATE, "from": PERSON, "date": 1, "text": text} | more)


def posted(body: bytes, secret: str | None = "s3cret") -> Request:
    headers = {} if secret is None else {"x-telegram-bot-api-secret-token": secret}
    return Request("https://think.example/webhooks/telegram", headers, (), body)


# --- genuine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, "", "s3cre", "s3cret ", "S3CRET", "\u00e9", "s3cret\u20ac"])
def test_a_request_without_the_secret_is_not_genuine(given):
    assert TelegramReader("s3cret").genuine(posted(b"{}", given)) is False


def test_a_request_with_the_secret_is_genuine():
    assert TelegramReader("s3cret").genuine(posted(b"{}")) is True


def test_an_empty_secret_makes_nothing_genuine():
    assert TelegramReader("").genuine(posted(b"{}", "")) is False


def test_the_secret_is_not_shown():
    assert "s3cret" not in repr(TelegramReader("s3cret"))


# --- what people do --------------------------------------------------------------------------------


def test_a_text_is_a_text_from_a_private_chat_with_the_updates_id():
    assert wrote("Sleep") == Inbound(
        telegram_chat(CHAT).channel, "77", InboundKind.TEXT, telegram_chat(CHAT), "Sleep", NOW
    )


def test_names_are_never_kept():
    assert "Aisha" not in str([getattr(wrote("hi"), name) for name in Inbound.__slots__])


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("/start", ""),
        ("/start fam_AbC-123", "fam_AbC-123"),
        ("/START@ThinkFamilyBot x", "x"),
        (" /start ", ""),
    ],
)
def test_start_is_start_with_its_payload(text, payload):
    got = wrote(text)
    assert (got.kind, got.text) == (InboundKind.START, payload)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/loss", "LOSS"),
        ("/stop@ThinkFamilyBot", "STOP"),
        ("/stop flu", "STOP flu"),
        ("/my_data", "MY_DATA"),
        ("/startle", "STARTLE"),
        ("1/2", "1/2"),
        ("/ hello", "/ hello"),
        ("/привет", "/привет"),
        ("", ""),
    ],
)
def test_another_command_is_the_word_it_stands_for(text, words):
    got = wrote(text)
    assert (got.kind, got.text) == (InboundKind.TEXT, words)


def test_a_tap_is_the_text_of_the_button_and_can_be_answered():
    query = {"id": "99", "from": PERSON, "message": {"message_id": 1, "chat": PRIVATE}, "data": "SHOW"}
    got = read(callback_query=query)
    assert (got.kind, got.text, got.address, got.callback_id) == (
        InboundKind.TAP,
        "SHOW",
        telegram_chat(CHAT),
        "99",
    )


def test_a_tap_on_a_message_telegram_has_forgotten_is_still_theirs():
    got = read(callback_query={"id": "99", "from": PERSON, "data": "SHOW"})
    assert (got.kind, got.address) == (InboundKind.TAP, telegram_chat(CHAT))


def test_a_tap_in_a_group_answers_nobody():
    got = read(callback_query={"id": "99", "from": PERSON, "message": {"chat": GROUP}, "data": "SHOW"})
    assert (got.kind, got.address, got.text) == (InboundKind.GROUP, None, "")


@pytest.mark.parametrize(("status", "kind"), [("kicked", InboundKind.BLOCK), ("member", InboundKind.UNBLOCK)])
def test_a_block_and_its_end_are_understood(status, kind):
    got = read(my_chat_member={"chat": PRIVATE, "from": PERSON, "new_chat_member": {"status": status}})
    assert (got.kind, got.address) == (kind, telegram_chat(CHAT))


def test_being_added_to_a_group_is_to_be_left():
    got = read(my_chat_member={"chat": GROUP, "from": PERSON, "new_chat_member": {"status": "member"}})
    assert (got.kind, got.address, got.leave) == (InboundKind.GROUP, None, -1001234)


@pytest.mark.parametrize("status", ["left", "kicked"])
def test_a_group_that_we_are_out_of_is_not_left_again(status):
    got = read(my_chat_member={"chat": GROUP, "from": PERSON, "new_chat_member": {"status": status}})
    assert (got.kind, got.leave) == (InboundKind.GROUP, None)


@pytest.mark.parametrize("key", ["message", "edited_message", "channel_post", "edited_channel_post"])
def test_what_is_written_in_a_group_or_channel_is_not_kept(key):
    got = read(**{key: {"chat": GROUP, "from": PERSON, "text": "the baby died"}})
    assert (got.kind, got.text, got.address, got.leave) == (InboundKind.GROUP, "", None, -1001234)


def test_an_edit_is_an_edit():
    got = read(edited_message={"chat": PRIVATE, "from": PERSON, "text": "STOP"})
    assert (got.kind, got.text) == (InboundKind.EDIT, "STOP")


@pytest.mark.parametrize("kind", sorted(MEDIA))
def test_what_nobody_can_hear_or_see_is_media(kind):
    got = read(message={"chat": PRIVATE, "from": PERSON, kind: {"file_id": "x"}})
    assert (got.kind, got.text) == (InboundKind.MEDIA, "")


def test_a_caption_is_seen_because_it_may_hold_a_crisis():
    got = read(message={"chat": PRIVATE, "from": PERSON, "photo": [], "caption": "baby not breathing"})
    assert (got.kind, got.text) == (InboundKind.MEDIA, "baby not breathing")


@pytest.mark.parametrize("key", sorted(FORWARDED))
def test_what_somebody_passed_on_is_not_their_own_word(key):
    got = wrote("BORN", **{key: {"type": "hidden_user", "sender_user_name": "Aisha"}})
    assert (got.kind, got.text) == (InboundKind.MEDIA, "BORN")
    assert "Aisha" not in got.text


def test_a_start_that_was_passed_on_starts_nothing():
    assert wrote("/start 48271639", forward_origin={"type": "user"}).kind is InboundKind.MEDIA


def test_a_contact_card_leaves_no_number_behind():
    card = {"phone_number": "+447700900001", "first_name": "Aisha"}
    got = read(message={"chat": PRIVATE, "from": PERSON, "contact": card})
    assert (got.kind, got.text) == (InboundKind.MEDIA, "")


def test_telegrams_own_notes_are_nobodys_words():
    got = read(message={"chat": PRIVATE, "from": PERSON, "pinned_message": {"text": "STOP"}})
    assert (got.kind, got.text) == (InboundKind.UNKNOWN, "")


def test_a_text_longer_than_anybody_can_send_is_cut():
    assert len(wrote("x" * 9000).text) == LONGEST_TEXT == LONGEST_TEXT


def test_what_no_database_takes_is_taken_out():
    assert wrote("a\x00b\ud83dc👶").text == "abc👶"


# --- junk ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"\xff\xfe\x00", b"[1]", b"null", b"[" * 60_000, b"9" * 5_000, b'{"update_id": "5"}'],
    ids=["empty", "text", "binary", "list", "null", "deep", "digits", "odd id"],
)
def test_junk_is_unknown_under_an_id_made_from_it(body):
    reader = TelegramReader("s3cret")
    got = reader.read(posted(body), NOW)
    assert (got.kind, got.address, got.text) == (InboundKind.UNKNOWN, None, "")
    assert got.provider_id == reader.read(posted(body), NOW).provider_id
    assert len(got.provider_id) <= 80


def test_different_junk_has_different_ids():
    reader = TelegramReader("s3cret")
    assert reader.read(posted(b"a"), NOW).provider_id != reader.read(posted(b"b"), NOW).provider_id


def test_an_unknown_kind_of_update_keeps_its_id():
    got = read(business_connection={"id": "x"})
    assert (got.kind, got.provider_id) == (InboundKind.UNKNOWN, "77")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(
    [
        *("update_id", "message", "edited_message", "callback_query", "my_chat_member", "channel_post"),
        *("chat", "from", "id", "type", "text", "caption", "data", "status", "new_chat_member", "photo"),
        *("private", "supergroup"),
    ]
)
ANYTHING = st.recursive(
    SCALARS | NAMES | st.just(PRIVATE) | st.just(GROUP),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_any_shape_of_update_is_read_as_something_that_can_be_stored(update):
    got = read_update(update, NOW)
    assert 0 < len(got.provider_id) <= 80
    assert "\x00" not in got.text
    got.text.encode()
    assert got.address is None or int(got.address.value) > 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | ANYTHING.map(lambda update: json.dumps(update).encode()))
def test_any_body_is_read(body):
    assert TelegramReader("s3cret").read(posted(body), NOW).at == NOW
