"""Sealed values open only with their key, under their column, unchanged."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.address import Address, ChannelName
from bot.errors import DatabaseGone, SettingsError
from bot.store.sealed import Seal, new_key, parse_keys

KEYS = new_key("one")
PHONE = Address(ChannelName.SMS, "+447700900001")
# Made once with a key of 32 bytes 0x01 named "old", and never to be made anew.
LOOKUP = "73a1c723fea49c8b6dc190dce946b8fbafc95dee993f6903bd5afaf8f45ca4df"
SEALED = "6f6c6420202020207fe6db30789ef55966534947784f7b2914c8d5e626ea9a72906c362b02b35b2b4df7b32b54cb6eac8a"


@given(st.text(max_size=200))
def test_what_was_sealed_opens_as_it_was(text: str) -> None:
    seal = Seal(parse_keys(KEYS))
    assert seal.open("inbox.text", seal.seal("inbox.text", text)) == text


def test_the_same_text_never_looks_the_same() -> None:
    seal = Seal(parse_keys(KEYS))
    assert seal.seal("inbox.text", "LOSS") != seal.seal("inbox.text", "LOSS")


def test_a_value_moved_to_another_column_does_not_open() -> None:
    seal = Seal(parse_keys(KEYS))
    with pytest.raises(DatabaseGone, match="damaged"):
        seal.open("outbox.body", seal.seal("inbox.text", "hello"))


@pytest.mark.parametrize("position", [9, 15, 25, -1])
def test_a_changed_value_does_not_open(position: int) -> None:
    seal = Seal(parse_keys(KEYS))
    changed = bytearray(seal.seal("inbox.text", "hello there"))
    changed[position] ^= 1
    with pytest.raises(DatabaseGone):
        seal.open("inbox.text", bytes(changed))


@pytest.mark.parametrize("cut", [b"", b"one", b"one     123"])
def test_a_cut_value_is_damage_not_a_crash(cut: bytes) -> None:
    with pytest.raises(DatabaseGone):
        Seal(parse_keys(KEYS)).open("inbox.text", cut)


def test_a_missing_key_is_named_not_shown() -> None:
    sealed = Seal(parse_keys(KEYS)).seal("inbox.text", "hello")
    with pytest.raises(DatabaseGone, match="'one'"):
        Seal(parse_keys(new_key("two"))).open("inbox.text", sealed)


def test_an_older_key_still_opens() -> None:
    sealed = Seal(parse_keys(KEYS)).seal("inbox.text", "hello")
    assert Seal(parse_keys(f"{new_key('two')},{KEYS}")).open("inbox.text", sealed) == "hello"


def test_the_look_up_is_the_same_every_time_and_differs_by_key_and_channel() -> None:
    seal = Seal(parse_keys(KEYS))
    other = Address(ChannelName.TELEGRAM, PHONE.value)
    assert seal.lookups(PHONE) == seal.lookups(PHONE)
    assert seal.lookups(PHONE) != seal.lookups(other)
    assert seal.lookups(PHONE)["one"] != Seal(parse_keys(new_key("one"))).lookups(PHONE)["one"]


def test_the_current_keys_look_up_comes_first() -> None:
    assert list(Seal(parse_keys(f"{new_key('two')},{KEYS}")).lookups(PHONE)) == ["two", "one"]


def test_new_values_are_sealed_with_the_newest_key() -> None:
    assert Seal(parse_keys(f"{new_key('two')},{KEYS}")).seal("inbox.text", "hello").startswith(b"two ")


def test_what_a_database_of_last_year_holds_is_still_found_and_opened() -> None:
    """Were either key derived in another way, every STOP and every number kept would be lost."""
    seal = Seal(parse_keys("old:" + base64.b64encode(b"\x01" * 32).decode()))
    assert seal.lookups(PHONE)["old"].hex() == LOOKUP
    assert seal.open("addresses.value", bytes.fromhex(SEALED)) == PHONE.value


def test_a_reference_is_found_after_a_rotation() -> None:
    before = Seal(parse_keys(KEYS)).keyed_hash("import", "EMIS-77")
    assert before in Seal(parse_keys(f"{new_key('two')},{KEYS}")).keyed_hashes("import", "EMIS-77")


@pytest.mark.parametrize(
    "text",
    ["", "  ", "one", "one:", "one:c2hvcnQ=", ":" + "A" * 43 + "=", "toolongname:" + "A" * 43 + "="],
)
def test_a_wrong_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_keys(text)
    assert "THINKFAMILY_KEYS" in refused.value.sentence
    assert "AAAA" not in str(refused.value)


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="own id"):
        parse_keys(f"{new_key('one')},{KEYS}")


def test_a_key_does_not_show_its_secret() -> None:
    key = parse_keys(KEYS)[0]
    assert repr(key) == "Key(one)"
