"""A new campaign passes the check, asks for words of one's own, and never takes the place of another."""

from __future__ import annotations

from datetime import date

import pytest

from bot.authoring.check import check
from bot.authoring.skeleton import skeleton
from bot.content.load import CRISIS, REPLIES, load
from bot.errors import BadInput, NotAllowed
from tests.content import small

TODAY = date(2026, 11, 26)


def made(name: str = "warm_rooms", objective: str = "1.3", topic: str = "flu") -> dict[str, str]:
    return dict(skeleton(load(small.FILES), name, objective, topic, TODAY))


def test_it_passes_the_check_and_strictly_only_its_own_words_are_missing() -> None:
    report = check({**small.FILES, **made()}, TODAY)
    assert report.faults == ()
    strict = [one.fault for one in report.findings if one.strict]
    assert {fault.path for fault in strict} == {path for path in made() if path.endswith(".j2")}
    assert {fault.message for fault in strict} == {"Nobody has written these words yet. Write your own."}


def test_it_explains_each_line_that_an_author_has_to_change() -> None:
    lines = made()["campaigns/warm_rooms.yaml"].splitlines()
    for key in ("title:", "topic:", "sources:", "review_by:", "to:", "when:", "until:", "importance:"):
        assert any(line.strip().startswith(key) and "  # " in line for line in lines), key


@pytest.mark.parametrize("name", ["flu", REPLIES, CRISIS])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(NotAllowed, match="is there already"):
        made(name)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Warm rooms"}, "is no name of a campaign"),
        ({"name": "../up"}, "is no name of a campaign"),
        ({"objective": "9.9"}, "is no objective"),
        ({"topic": "heating"}, "No service has the topic"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(changes: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        made(**changes)
