"""Texts in six languages as people type them (corpus/tongues): what the first look at each set missed stands
in docs/recognition.md. What is known by now must stay known (CARE 1, 4, 20)."""

from __future__ import annotations

from itertools import groupby

import pytest

from bot.authoring.recall import Labelled, labelled, measure
from bot.domain.meaning import Crisis
from bot.words.lexicon import Lexicon
from bot.words.understand import pressing, understand
from tests.words.conftest import TODAY
from tests.words.corpus import FOLDER

PATHS = sorted((FOLDER / "tongues").glob("*.txt"))
SAID = {path.stem: labelled(path.read_text(encoding="utf-8").splitlines()) for path in PATHS}
LANGUAGES = {
    language: [one for name in names for one in SAID[name]]
    for language, names in groupby(SAID, lambda name: name[:2])
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_care_20_no_known_crisis_loss_or_stop_is_missed_in_any_language(
    lexicon: Lexicon, language: str
) -> None:
    missed = [
        one.text for one in measure(LANGUAGES[language], lexicon, TODAY).wrong if one.label != "ordinary"
    ]
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_care_20_fewer_than_two_in_a_hundred_ordinary_texts_set_something_off(
    lexicon: Lexicon, language: str
) -> None:
    found = measure(LANGUAGES[language], lexicon, TODAY)
    assert found.false_alarms < 0.02 * found.ordinary


def test_p10_what_cannot_wait_is_the_same_at_the_door_and_in_the_conversation(lexicon: Lexicon) -> None:
    differs = [
        one.text
        for language, texts in LANGUAGES.items()
        for one in texts
        if pressing(one.text, lexicon) is not understand(one.text, lexicon, (language, "en"), TODAY).urgent
    ]
    assert differs == []


def test_care_20_the_language_that_somebody_writes_is_known_by_what_they_cannot_wait_with(
    lexicon: Lexicon,
) -> None:
    """A stranger is answered in it. Loanwords leave a few in a hundred in doubt."""
    for language, texts in LANGUAGES.items():
        told = [one.text for one in texts if one.label != "ordinary"]
        meant = [understand(text, lexicon, ("en",), TODAY).tongue for text in told]
        assert meant.count(language) > 0.95 * len(told)


def test_each_language_has_sixty_texts_every_kind_of_crisis_and_none_twice() -> None:
    for texts in LANGUAGES.values():
        assert len(texts) >= 60
        assert {*Crisis} <= {one.label for one in texts}
        assert len({one.text for one in texts}) == len(texts)


def test_p11_a_labelled_text_does_not_show_its_words_by_accident() -> None:
    assert "Zebedee" not in repr(Labelled(1, "loss", "Zebedee"))
