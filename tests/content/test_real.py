"""The project's own content is right."""

from __future__ import annotations

import re
from datetime import date

import pytest

from bot.content import hashes
from bot.content.load import Content
from bot.domain.audience import BABY, anchor_of
from bot.domain.meaning import Word
from bot.words.understand import understand
from tests import ours


@pytest.fixture(scope="module")
def content() -> Content:
    """The campaigns, templates and config of this checkout."""
    return ours.content()


def test_it_has_no_faults(content: Content) -> None:
    assert set(content.campaigns) >= {
        "antenatal_booking", "flu_vaccination", "icon", "safe_sleep", "baby_loss_awareness_week",
    }  # fmt: skip


def test_care_03_every_word_that_people_are_invited_to_text_is_understood(content: Content) -> None:
    lexicon = ours.lexicon()
    invited = {
        (word, meaning)
        for campaign in content.campaigns.values()
        for step in campaign.steps
        for word, meaning in step.replies.items()
    }
    for word, meaning in sorted(invited):
        found = understand(word, lexicon, ("en",), date(2027, 2, 2))
        wanted = {"done": Word.DONE, "remind": Word.REMIND}.get(meaning, Word.BOOK)
        assert found.word is wanted or (meaning == "signpost" and found.topic), word


def test_every_pack_has_words_in_english_for_all_it_sends(content: Content) -> None:
    for name, campaign in content.campaigns.items():
        words = hashes.words(content.pack(name))
        assert {(step.id, "en") for step in campaign.steps if not step.retired} <= set(words)


def test_care_17_no_words_about_a_baby_speak_of_two_or_of_a_birthday(content: Content) -> None:
    """Of twins one may have died: the mother of the other gets these words as they are."""
    told = re.compile(r"\b(twins?|both|birthdays?|anniversar\w*)\b", re.IGNORECASE)
    steps = [step for campaign in content.campaigns.values() for step in campaign.steps]
    of_a_baby = {step.key for step in steps if anchor_of(step) in BABY}
    found = []
    files = [file for name in content.campaigns for file in content.pack(name).items()]
    for path, source in files:
        campaign, _, name = path.removeprefix("templates/en/").partition("/")
        if (campaign, name.split(".")[0]) in of_a_baby and told.search(source):
            found.append(path)
    assert of_a_baby
    assert found == []
