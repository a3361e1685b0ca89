"""Hashes change with what they stand for, and with nothing else."""

from __future__ import annotations

import pytest

from bot.content import hashes
from bot.content.load import load
from tests.content import small

OFFER = "templates/en/flu/offer.j2"


def timing(files: dict[str, str]) -> str:
    return load(files).campaigns["flu"].steps[0].timing_hash


def offer_words(files: dict[str, str]) -> str:
    return hashes.words(load(files).pack("flu"))["offer", "en"]


@pytest.mark.parametrize(
    ("passage", "instead"),
    [
        ("to: [mother, father]", "to: [father, mother]"),
        ("    replies: {DONE: done}\n", ""),
        ("title: Flu vaccine", "title: Another"),
        ("    when: {pregnancy: 16w}\n    until: {pregnancy: 32w}", "    until: {pregnancy: 32w}\n"
         "    when: {pregnancy: 16w}"),
        ("when: {pregnancy: 16w}", "when: {pregnancy: 16w+0}"),
    ],
    ids=["role_order", "replies", "title", "key_order", "another_way_to_say_it"],
)  # fmt: skip
def test_timing_stays_when_neither_when_nor_whom_changes(passage: str, instead: str) -> None:
    assert timing(small.changed("campaigns/flu.yaml", passage, instead)) == timing(dict(small.FILES))


@pytest.mark.parametrize(
    ("passage", "instead"),
    [
        ("when: {pregnancy: 16w}", "when: {pregnancy: 17w}"),
        ("until: {pregnancy: 32w}", "until: {pregnancy: 33w}"),
        ("    replies: {DONE: done}", '    at: "11:00"'),
        ("    replies: {DONE: done}", "    season: 1 September to 31 March"),
        ("    replies: {DONE: done}", "    for: {joined_before: 20w}"),
        ("    replies: {DONE: done}", "    unless: [done]"),
        ("    replies: {DONE: done}", "    importance: essential"),
    ],
    ids=["when", "until", "at", "season", "for", "unless", "importance"],
)
def test_timing_changes_with_when_and_whom(passage: str, instead: str) -> None:
    assert timing(small.changed("campaigns/flu.yaml", passage, instead)) != timing(dict(small.FILES))


def test_words_change_with_any_variant_of_a_step() -> None:
    files = small.changed("templates/en/flu/offer.father.j2", "together", "today")
    assert offer_words(files) != offer_words(dict(small.FILES))


def test_words_stay_when_another_step_changes() -> None:
    files = small.changed("templates/en/flu/nudge.j2", "ask", "ring")
    assert offer_words(files) == offer_words(dict(small.FILES))


def test_a_changed_number_is_a_changed_word() -> None:
    files = small.changed("config/directory.yaml", "0800 448 0737", "0800 448 0739")
    assert offer_words(files) != offer_words(dict(small.FILES))


def test_a_number_that_is_not_printed_changes_no_words() -> None:
    files = small.changed("config/directory.yaml", "0800 448 0738", "0800 448 0739")
    assert hashes.whole(load(files).pack("flu")) == hashes.whole(load(small.FILES).pack("flu"))


def test_the_final_line_end_changes_no_words() -> None:
    files = small.changed(OFFER, ".\n", ".")
    assert offer_words(files) == offer_words(dict(small.FILES))


def test_replies_are_hashed_by_the_key_they_are_asked_for() -> None:
    assert ("crisis/abuse", "en") in hashes.words(load(small.FILES).pack("crisis"))


def test_a_pack_changes_with_its_campaign() -> None:
    files = small.changed("campaigns/flu.yaml", "title: Flu vaccine", "title: Another")
    assert hashes.whole(load(files).pack("flu")) != hashes.whole(load(small.FILES).pack("flu"))
