"""The page that a midwife signs: every message of a campaign, and a code of exactly these words and times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import pytest

from bot.authoring.hazards import HAZARDS
from bot.authoring.review_pack import review_pack
from bot.content.load import load
from bot.errors import NotFound
from tests.content import small
from tests.policy.house import ROOT

TODAY = date(2027, 1, 1)
CODE = re.compile(r"[0-9a-f]{4}(?:-[0-9a-f]{4}){3}")


def page(files: Mapping[str, str] = small.FILES, name: str = "flu", language: str = "en") -> str:
    return review_pack(load(files), name, language, TODAY)


def code(files: Mapping[str, str] = small.FILES, language: str = "en") -> str:
    (found,) = set(CODE.findall(page(files, language=language)))
    return found


def test_each_message_stands_there_as_each_reader_reads_it() -> None:
    said = page()
    for text in ("Flu: ring 0800 448 0737.", "Flu: ring together.", "Now: ask.", "To mother", "To father"):
        assert text in said.replace('<span class="seen">', "").replace("</span>", "")


def test_when_whom_sources_and_hazards_stand_beside_it() -> None:
    said = " ".join(page().split())
    assert "16 weeks of pregnancy, until 32 weeks of pregnancy; at 10:00" in said
    assert "3 weeks after offer, until 37 weeks of pregnancy; at 10:00" in said
    assert "who answered DONE" in said
    assert 'Us, Flu <span class="soft">[A]</span>' in said
    assert "H11 Wrong clinical words" in said


def test_the_code_changes_with_any_word_value_or_time_and_with_nothing_else() -> None:
    before = code()
    assert before == code(small.changed("campaigns/flu.yaml", "title: Flu vaccine", "title: Flu"))
    assert before == code({**small.FILES, "templates/ur/flu/offer.j2": "فلو\n"})
    for path, old, new in (
        ("templates/en/flu/nudge.j2", "ask.", "ask!"),
        ("templates/en/flu/offer.father.j2", "together", "with her"),
        ("config/directory.yaml", "0800 448 0737", "0800 448 0739"),
        ("campaigns/flu.yaml", "pregnancy: 16w", "pregnancy: 17w"),
    ):
        assert before != code(small.changed(path, old, new)), path


def test_a_translation_stands_beside_its_english_and_what_is_missing_is_said() -> None:
    said = page({**small.FILES, "templates/ur/flu/offer.j2": "فلو {{ line_phone }}\n"}, language="ur")
    assert 'lang="ur" dir="rtl"' in said
    assert '<span class="unseen">In English: </span>Flu: ring 0800 448 0737.' in said
    assert "Native reader of Urdu" in said
    assert "Now: ask." not in said  # the nudge has no Urdu: it is no part of what is signed


def test_a_message_with_cases_stands_there_in_each_of_them() -> None:
    files = small.changed("templates/en/flu/nudge.j2", "ask.", "ask.{% if weeks < 20 %} Soon.{% endif %}")
    said = page(files)
    assert "case 1" in said
    assert "case 2" in said
    assert "Now: ask. Soon.</span>" in said


@pytest.mark.parametrize("name", ["replies", "crisis"])
def test_answers_have_their_pack_too(name: str) -> None:
    assert "To whoever asks" in page(name=name)


def test_a_pack_that_is_not_there_or_not_in_that_language_is_refused() -> None:
    with pytest.raises(NotFound, match="no campaign nope"):
        page(name="nope")
    with pytest.raises(NotFound, match="no words in 'ur'"):
        page(language="ur")


def test_the_hazards_are_those_of_the_log() -> None:
    log = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
    for number, said in HAZARDS.items():
        assert f"| {number} | **{said}" in log
