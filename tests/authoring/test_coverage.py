"""What is written in each language, counted against what there is in English."""

from __future__ import annotations

from bot.authoring.coverage import Covered, Share, coverage
from bot.content.load import load
from bot.content.replies import CRISIS_KEYS, REPLY_VALUES
from tests import ours
from tests.content import small

ANSWERS = len(REPLY_VALUES) - len(CRISIS_KEYS)


def urdu(**texts: str) -> Covered:
    """Urdu's line when these texts are written in it, by path below templates/ur/."""
    written = {f"templates/ur/{path.replace('__', '/')}.j2": text for path, text in texts.items()}
    english, found = coverage(load({**small.FILES, **written}))
    assert english.replies == Share(ANSWERS, ANSWERS)
    return found


def test_a_language_without_words_has_none_and_is_understood_by_none() -> None:
    found = urdu()
    assert (found.code, found.reviewed, found.keywords, found.crises) == ("ur", False, None, None)
    assert [str(one) for one in (found.replies, found.crisis, found.steps)] == [f"0/{ANSWERS}", "0/9", "0/2"]


def test_answers_and_crisis_answers_are_counted_apart() -> None:
    found = urdu(replies__help="x", replies__loss="x", replies__crisis__abuse="x")
    assert (found.replies.written, found.crisis.written) == (2, 1)


def test_an_answer_that_only_one_channel_has_is_not_counted() -> None:
    assert urdu(**{"replies__help.telegram": "x"}).replies.written == 0


def test_a_step_counts_once_everybody_who_gets_it_has_words() -> None:
    assert urdu(**{"flu__offer.father": "x"}).steps == Share(0, 2)
    assert urdu(**{"flu__offer.father": "x", "flu__offer.mother": "x"}).steps == Share(1, 2)


def test_english_has_everything() -> None:
    english = next(iter(coverage(ours.content())))
    assert all(share.written == share.of for share in (english.replies, english.crisis, english.steps))
