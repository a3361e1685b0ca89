"""Sources: every code that is named stands for something, and says whether its page was seen."""

from __future__ import annotations

import pytest

from bot.authoring.check import check
from bot.content.sources import sources
from bot.errors import ContentError
from tests import ours
from tests.authoring.test_check import TODAY
from tests.content import small

PATH = "config/sources.yaml"


def said(files: dict[str, str]) -> list[str]:
    return [str(fault) for fault in check(files, TODAY).faults]


def test_a_source_of_a_campaign_that_is_not_listed_is_a_fault_at_its_place() -> None:
    files = small.changed("campaigns/flu.yaml", "sources: [A]", "sources: [A, BB]")
    assert said(files) == [
        f"campaigns/flu.yaml:6:36: BB is not in {PATH}. Did you mean B? Add it there, or correct it."
    ]


def test_a_source_of_the_directory_that_is_not_listed_is_a_fault_at_its_place() -> None:
    files = small.changed("config/directory.yaml", "source: B", "source: NOWHERE")
    assert said(files) == [
        f"config/directory.yaml:4:103: NOWHERE is not in {PATH}. Add it there, or correct it."
    ]


def test_a_code_is_seen_or_not_seen_and_not_both() -> None:
    files = small.changed(PATH, "  B: ", "  A: ")
    with pytest.raises(ContentError, match=r"A is here twice, seen and not seen"):
        sources(files)


def test_a_source_says_who_and_where() -> None:
    files = small.changed(PATH, "organisation: Us, title: Flu, ", "title: Flu, ")
    assert said(files) == [f"{PATH}:2:6: The key organisation is missing. Add it."]


def test_without_the_list_no_source_is_known() -> None:
    assert [fault.partition(": ")[0] for fault in said(small.without(PATH))] == [f"{PATH}:1:1"]


def test_every_page_that_nobody_has_read_says_so() -> None:
    known = sources(ours.content().files)
    assert not known["NHS-PREG"].seen
    assert known["CRYSIS"].seen
    assert known["CRYSIS"].organisation == "Cry-sis"
