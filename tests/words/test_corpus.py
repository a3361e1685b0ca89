"""Texts as people write them (corpus/*.yaml), and what each must be taken for (CARE 1, 2, 4, 20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import groupby

import pytest

from bot.domain.meaning import Crisis, Meaning
from bot.words.lexicon import Lexicon
from bot.words.understand import pressing, understand
from tests.words.conftest import TODAY
from tests.words.corpus import Said, everything, faults

Says = Callable[[str], Meaning]
SAID = everything()
GROUPS = [
    pytest.param(list(group), id=f"{kind}: {what}"[:90])
    for (kind, what), group in groupby(
        (one for one in SAID if one.exception is None), lambda one: (one.kind, one.what)
    )
]


def _missed(says: Says, name: str) -> list[str]:
    """Texts that must be taken for something of this name and are not, exceptions too."""
    wanted = [one for one in SAID if one.wanted.get(name, "none") not in ("none", "unclear")]
    return [
        one.text
        for one in wanted
        if any(fault.startswith(f"{name} ") for fault in faults(one, says(one.text)))
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_care_01_each_text_is_taken_for_what_it_says(says: Says, group: list[Said]) -> None:
    assert {one.text: wrong for one in group if (wrong := faults(one, says(one.text)))} == {}


@pytest.mark.parametrize("name", ["crisis", "loss", "stop"])
def test_care_20_no_crisis_no_loss_and_no_stop_of_the_corpus_is_missed(says: Says, name: str) -> None:
    """No exception may be made of these."""
    assert _missed(says, name) == []


def test_p10_what_cannot_wait_is_known_before_anybody_s_language_is(lexicon: Lexicon) -> None:
    """The door asks only this much; whoever is then answered is understood in their own language."""
    spoken = [("en",), ("ur", "en"), ("pl", "en")]
    wrong = [
        (one.text, languages)
        for one in SAID
        for languages in spoken
        if pressing(one.text, lexicon) is not understand(one.text, lexicon, languages, TODAY).urgent
    ]
    assert wrong == []


def test_every_exception_is_still_one(says: Says) -> None:
    """One that is understood by now belongs among the others."""
    excepted = [one for one in SAID if one.exception is not None]
    assert excepted
    assert [one.text for one in excepted if not faults(one, says(one.text))] == []


def test_the_corpus_holds_every_kind_of_crisis_and_no_text_twice_in_a_file() -> None:
    assert len(SAID) >= 1_500
    assert {one.wanted["crisis"] for one in SAID if "crisis" in one.wanted} == {*Crisis, "any"}
    assert [text for text, times in Counter((one.kind, one.text) for one in SAID).items() if times > 1] == []
