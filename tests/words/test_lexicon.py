"""The lexicon as it is read from config/, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.meaning import Crisis, Word
from bot.errors import BadInput
from bot.words.lexicon import Lexicon, build
from bot.words.match import fold
from bot.words.understand import LONGEST_WHOLE

DANGEROUS = ("stop", "wrong_number", "loss_whole")
LANGUAGES = {"en", "ur", "ar", "bn", "pl", "so"}


def test_every_word_people_can_use_has_its_phrases_in_english(files: dict[str, Any]) -> None:
    assert [word for word in Word if not files["keywords"]["en"].get(word.value)] == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_care_04_every_language_has_words_for_stop_loss_and_each_crisis(
    files: dict[str, Any], language: str
) -> None:
    keywords, crisis = files["keywords"][language], files["crisis"][language]
    missing = [name for name in ("stop", "loss", "wrong_number") if not keywords.get(name)]
    assert [*missing, *(kind.value for kind in Crisis if not crisis.get(kind.value))] == []


def test_care_04_every_block_says_whether_a_native_reader_read_it(files: dict[str, Any]) -> None:
    blocks = [block for file in files.values() for block in file.values()]
    assert [block["reviewed"] for block in blocks] == [False] * len(blocks)


def test_no_listed_whole_message_is_longer_than_is_looked_for(files: dict[str, Any]) -> None:
    made = build(files["keywords"], files["crisis"])
    listed = [made.stops.whole, made.stops.wrong_number, *(one.whole for one in made.languages.values())]
    assert max(len(whole.split()) for wholes in listed for whole in wholes) <= LONGEST_WHOLE


def test_start_is_start_and_nothing_else(files: dict[str, Any]) -> None:
    assert [block.get("start") for block in files["keywords"].values() if block.get("start")] == [["start"]]


def test_care_03_no_phrase_means_two_things(files: dict[str, Any]) -> None:
    """Within a language, a whole message says one thing; STOP and a loss share none in any language."""
    twice = []
    for code, block in files["keywords"].items():
        names = [name for name in (*DANGEROUS, *Word) if block.get(name)]
        seen: dict[str, str] = {}
        for name in names:
            for one in {fold(phrase) for phrase in block[name]}:
                if one in seen:
                    twice.append((code, one, seen[one], str(name)))
                seen[one] = str(name)
    assert twice == []


@pytest.mark.parametrize(
    ("keywords", "crisis", "where"),
    [
        ({"en": {"stopp": ["stop"]}}, {}, "stopp"),
        ({"en": {"stop": "stop"}}, {}, "en: stop"),
        ({"en": {"stop": ["!!"]}}, {}, "en: stop"),
        ({"en": {"yes": [True]}}, {}, "en: yes"),
        ({"en": ["stop"]}, {}, "en"),
        ({"en": {"roles": {"auntie": ["auntie"]}}}, {}, "en: roles"),
        ({"pl": {"dates": {"fortnight": ["dwa tygodnie"]}}}, {}, "pl: dates"),
        ({}, {"en": {"bleeding": ["bleeding"]}}, "bleeding"),
    ],
)
def test_a_mistake_in_the_words_is_refused_by_name(
    keywords: dict[str, Any], crisis: dict[str, Any], where: str
) -> None:
    with pytest.raises(BadInput, match=where):
        build(keywords, crisis)


def test_an_empty_lexicon_can_be_built() -> None:
    assert isinstance(build({}, {}), Lexicon)


def test_the_files_are_where_staff_read_them() -> None:
    root = Path(__file__).resolve().parents[2]
    assert all((root / "config" / f"{name}.yaml").is_file() for name in ("keywords", "crisis"))


@pytest.mark.parametrize(
    ("crisis", "says"),
    [
        ({"not": ["baby & well"]}, "would blot out"),
        ({"sets": {"baby": ["bacha~"]}, "baby_life": ["<babby> * blue"]}, "<babby>"),
    ],
)
def test_a_phrase_that_would_mislead_is_refused(crisis: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        build({"en": {}}, {"en": crisis})


def test_a_set_stands_for_each_of_its_words() -> None:
    made = build({"en": {}}, {"en": {"sets": {"baby": ["bacha~", "munna"]}, "baby_life": ["<baby> * neela"]}})
    [found] = dict(made.crises.kinds)[Crisis.BABY_LIFE]
    assert found.slots == (frozenset({"bacha~", "munna"}), None, frozenset({"neela"}))
