"""Numbers as people write them, and which of them may be texted."""

from __future__ import annotations

import pytest

from bot.domain.address import Address, ChannelName, telegram_chat, uk_mobile
from bot.errors import BadInput

DRAMA = "+447700900123"


@pytest.mark.parametrize(
    "written",
    ["07700 900123", "+44 7700 900123", "0044 7700 900123", "447700900123", "(07700) 900-123",
     "٠٧٧٠٠٩٠٠١٢٣", "۰۷۷۰۰۹۰۰۱۲۳", "০৭৭০০৯০০১২৩"],
)  # fmt: skip
def test_every_common_spelling_and_script_is_one_address(written: str) -> None:
    assert uk_mobile(written, drama_numbers=True) == Address(ChannelName.SMS, DRAMA)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("hello", "not_a_number"),
        ("", "not_a_number"),
        ("07", "not_a_number"),
        ("+33 6 12 34 56 78", "foreign"),
        ("0161 496 0000", "landline"),
        ("070 1234 5678", "not_a_mobile"),
        ("07700 900123", "not_a_mobile"),
    ],
)
def test_what_cannot_be_texted_is_refused_by_kind(written: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        uk_mobile(written)
    assert caught.value.code == code


def test_neither_an_address_nor_a_refusal_shows_the_number() -> None:
    with pytest.raises(BadInput) as caught:
        uk_mobile(DRAMA)
    assert "900123" not in f"{uk_mobile(DRAMA, drama_numbers=True)!r} {caught.value}"


def test_only_a_private_chat_is_an_address() -> None:
    assert telegram_chat(12) == Address(ChannelName.TELEGRAM, "12")
    with pytest.raises(BadInput):
        telegram_chat(-100)
