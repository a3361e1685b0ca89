"""An address: a channel and a number or chat. It belongs to the phone, not to the person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from bot.errors import BadInput


class ChannelName(StrEnum):
    """The ways a message can leave. Rehearsal replaces the channel behind the name, not the name."""

    SMS = "sms"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: `value` is E.164 (+447...) for SMS, the decimal chat id for Telegram.

    The value is kept out of `repr`, so that it cannot reach a log by accident.
    """

    channel: ChannelName
    value: str

    def __repr__(self) -> str:
        return f"Address({self.channel.value}, ...)"


_DRAMA = range(447700900000, 447700901000)
_SHORT = frozenset({"999", "111", "101", "116123", "116000"})
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


def uk_mobile(text: str, *, drama_numbers: bool = False) -> Address:
    """The SMS address that `text` names: a UK mobile in any common spelling, any script's digits.

    `drama_numbers` admits Ofcom's 07700 900000 to 900999, which nobody owns (rehearsal and tests).
    Raises BadInput with code `not_a_number`, `foreign`, `landline` or `not_a_mobile` (070, pagers,
    drama numbers): CARE 13 answers each once.
    """
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException as cause:
        raise _refused("not_a_number", "That is not a phone number.") from cause
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code != 44:
        raise _refused("foreign", "That is not a UK number.")
    if int(e164[1:]) in _DRAMA:
        if drama_numbers:
            return Address(ChannelName.SMS, e164)
        raise _refused("not_a_mobile", "That number is kept for drama; nobody owns it.")
    if not phonenumbers.is_valid_number(number):
        raise _refused("not_a_number", "That is not a phone number in use.")
    kind = phonenumbers.number_type(number)
    if kind == phonenumbers.PhoneNumberType.FIXED_LINE:
        raise _refused("landline", "That is a landline; a text to it may be read aloud.")
    if kind not in _MOBILE or not e164.startswith("+447"):
        raise _refused("not_a_mobile", "That is not a UK mobile number.")
    return Address(ChannelName.SMS, e164)


def rings(text: str) -> bool:
    """Whether this is a number that can be dialled in the UK as it stands, 999 and 116 123 among them."""
    if not set(text) <= set("0123456789 ") or text != " ".join(text.split()):
        return False
    if text.replace(" ", "") in _SHORT:
        return True
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "GB"))
    except phonenumbers.NumberParseException:
        return False


def telegram_chat(chat_id: int) -> Address:
    """The address of a private Telegram chat (a positive id; groups are negative and refused)."""
    if chat_id <= 0:
        raise _refused("not_private", "That is a group or a channel, not a person's chat.")
    return Address(ChannelName.TELEGRAM, str(chat_id))


def _refused(code: str, sentence: str) -> BadInput:
    return BadInput(sentence, "Give a UK mobile number such as 07... or use Telegram.", code=code)
