"""How each translation leaves: within its SMS parts, the right way round, and a crisis in its first part."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.authoring.longest import cases
from bot.content.replies import REPLY_VALUES
from bot.domain.address import ChannelName
from bot.domain.meaning import Crisis
from bot.words import sms
from bot.words.languages import right_to_left
from bot.words.render import Rendered, render_reply
from bot.words.sms import Encoding
from tests import ours

CONTENT = ours.content()
OTHERS = [code for code in CONTENT.config.language_codes if code != "en"]
RIGHT_TO_LEFT = [code for code in OTHERS if right_to_left(code)]
EACH = pytest.mark.parametrize("language", OTHERS)
SMS, TELEGRAM = ChannelName.SMS, ChannelName.TELEGRAM
MOST = {Encoding.GSM_7: 3, Encoding.UCS_2: 5}  # CARE 28
MATERNITY_UNIT = {
    "ur": "میٹرنٹی یونٹ", "ar": "قسم الولادة",
    "bn": "ম্যাটারনিটি ইউনিট", "pl": "oddział położniczy", "so": "qaybta dhalmada",
}  # fmt: skip

_OPEN, _CLOSE = "\u2066", "\u2069"
_WHOLE = re.compile(r"\+?\d+(?:[ .:/-]\d+)+|(?:[a-z0-9-]+\.)+(?:uk|org|com|me|net)\b|\b[A-Z]{2,}\b")


def said(language: str, channel: ChannelName) -> Iterator[tuple[str, Rendered]]:
    """(reply, rendered) of every reply, with the longest values and in every case it asks about."""
    for key in REPLY_VALUES:
        found = CONTENT.words.find_reply(key, channel, language)
        assert found is not None, f"{language} lacks {key}"
        for values in cases(CONTENT, CONTENT.words, found, language):
            yield key, CONTENT.words.message(found, channel, language, values)


@EACH
def test_care_28_every_reply_keeps_within_its_parts(language: str) -> None:
    over = {
        key: (rendered.parts, sms.count(rendered.body).units)
        for key, rendered in said(language, SMS)
        if rendered.parts > MOST[sms.encoding_of(rendered.body)]
    }
    assert over == {}


@EACH
def test_no_code_and_no_empty_line_is_left_in_what_leaves(language: str) -> None:
    for channel in ChannelName:
        bodies = [rendered.body for _, rendered in said(language, channel)]
        assert [body for body in bodies if re.search(r"[{}]|\n\n", body)] == []


@EACH
@pytest.mark.parametrize("kind", Crisis)
def test_care_20_the_first_part_of_a_crisis_answer_says_whom_to_call(language: str, kind: Crisis) -> None:
    rendered = render_reply(CONTENT.words, f"crisis/{kind}", language, SMS, {})
    first = sms.parts(rendered.body)[0]
    assert rendered.language == language
    assert (MATERNITY_UNIT[language] if kind is Crisis.PREGNANCY else "999") in first


@EACH
@pytest.mark.parametrize("kind", Crisis)
@pytest.mark.parametrize("channel", ChannelName)
def test_care_20_a_crisis_answer_has_the_numbers_of_the_english(
    language: str, kind: Crisis, channel: ChannelName
) -> None:
    key = f"crisis/{kind}"
    theirs, ours = (render_reply(CONTENT.words, key, code, channel, {}).body for code in (language, "en"))
    assert set(re.findall(r"\d+", theirs)) == set(re.findall(r"\d+", ours))


@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
@pytest.mark.parametrize("channel", ChannelName)
def test_right_to_left_numbers_links_and_words_to_text_are_kept_whole(
    language: str, channel: ChannelName
) -> None:
    """Else 0808 164 3332 is read from its last group, and "STOP." loses its full stop to the other side."""
    torn = []
    for key, rendered in said(language, channel):
        if not key.startswith("menu"):  # a list of commands for Telegram, never a message
            assert rendered.body.count(_OPEN) == rendered.body.count(_CLOSE)
            outside = re.sub(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}", " ", rendered.body)
            torn += [(key, found.group()) for found in _WHOLE.finditer(outside)]
    assert torn == []


@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_right_to_left_a_message_begins_from_the_right_whatever_its_first_word(language: str) -> None:
    """A phone takes the direction from the first letter: "Think Family: ..." would turn the whole round."""
    for key, rendered in said(language, SMS):
        if not key.startswith(("menu", "signpost_line")):
            assert _direction(rendered.body) == "R", key


def _direction(body: str) -> str:
    """As a phone decides it: the first strong letter or mark, also on one that knows no isolates."""
    found = re.search(r"[A-Za-z\u200e]|[\u0590-\u08ff\u200f]", body)
    assert found is not None
    return "L" if re.match(r"[A-Za-z\u200e]", found.group()) else "R"
