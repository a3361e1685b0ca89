"""The words that CARE gives are said to the letter (exact.yaml); of others, what they must say."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.domain.meaning import Crisis
from bot.store.tables import metadata
from bot.words.languages import Day
from bot.words.render import render_reply
from tests import ours

TODAY = date(2027, 2, 2)
DAY = Day(date(2027, 3, 3), TODAY)
FIRST_PART = 153  # of a text of more than one part, in GSM-7

EXACT = YAML(typ="safe").load(Path(__file__).with_name("exact.yaml"))


@pytest.fixture(scope="module")
def content() -> Content:
    return ours.content()


def _said(content: Content, key: str) -> str:
    values = {"date": DAY} if key == "welcome" else {}
    return render_reply(content.words, key, "en", ChannelName.SMS, values).body


@pytest.mark.parametrize("entry", EXACT)
def test_what_care_gives_word_for_word_is_said_word_for_word(content: Content, entry: str) -> None:
    """CARE 2, 6, 14, 16, 17, 18, 20, 21 and 30."""
    _line, key = entry.split()
    assert _said(content, key) == EXACT[entry]


def test_care_12_the_consent_says_who_what_and_who_may_read(content: Content) -> None:
    said = _said(content, "consent")
    assert said.startswith(f"Think Family, from {content.config.organisation.name}. If you agree, we keep")
    assert "Anyone with this phone can read them." in said
    assert "If someone is in danger we may tell 999 or social care." in said
    assert said.endswith("Reply 1 AGREE, 2 NO")


def test_care_12_the_welcome_reads_the_date_back_and_names_stop_loss_and_999(content: Content) -> None:
    assert re.fullmatch(
        r"Saved: .*3 March.*\. Wrong\? Text DUE and the date\. To end texts: STOP\. If things change and"
        r" you want no more about this pregnancy or baby: LOSS\. Emergency: 999\.",
        _said(content, "welcome"),
    )


@pytest.mark.parametrize("kind", Crisis)
def test_care_20_the_first_part_of_a_crisis_answer_stands_alone(content: Content, kind: Crisis) -> None:
    """If the second part is late or lost, the first still says whom to call."""
    said = _said(content, f"crisis/{kind}")
    first = said if len(said) <= 160 else said[:FIRST_PART]
    assert ("maternity unit now" if kind is Crisis.PREGNANCY else "999") in first


SPEAKS_OF = {  # each kind's answer is about that kind: swapped, they could cost a life
    Crisis.ADULT_LIFE: ("someone is in danger or very ill", "call 999 now"),
    Crisis.BABY_LIFE: ("999 now if baby is not breathing", "hard to wake", "having a fit"),
    Crisis.CHILD_HARM: ("child is in danger or hurt, call 999", "Afraid you may hurt a child?", "safe"),
    Crisis.NOT_MOVING: ("moving less", "maternity unit now", "not breathing: call 999 now"),
    Crisis.PREGNANCY: ("maternity unit now", "Heavy bleeding, a fit or chest pain: call 999"),
    Crisis.PSYCHOSIS: ("999 now", "Sudden confusion", "after a birth is an emergency"),
    Crisis.SELF_HARM: ("may hurt yourself, call 999 now", "111, option 2", "Samaritans 116 123"),
    Crisis.BABY_UNWELL: ("struggling to breathe", "999 now", "Worried: 111 now", "rash"),
    Crisis.ABUSE: ("In danger, call 999", "press 55", "midwife or GP alone"),
}


@pytest.mark.parametrize("kind", Crisis)
def test_care_20_the_answer_to_a_crisis_speaks_of_that_crisis(content: Content, kind: Crisis) -> None:
    said = _said(content, f"crisis/{kind}")
    assert [part for part in SPEAKS_OF[kind] if part not in said] == []


def test_care_21_no_answer_names_an_abuse_service_before_she_said_that_she_is_alone(content: Content) -> None:
    """A signpost would: so no word leads to one until that question is asked."""
    topics = {topic for block in content.config.keywords.values() for topic in block.get("topics", {})}
    assert "abuse" not in topics
    for key in ("help", "support_mother", "crisis/abuse"):
        assert "abuse" not in _said(content, key).lower()


def test_care_21_there_is_no_standing_mark_of_a_safe_phone() -> None:
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert not {name for name in columns if "safe" in name or "alone" in name}
