"""What the project's own words must say, and may never say, whoever writes the next ones (FACTS, CARE D)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.content.files import locate
from bot.content.load import load
from bot.domain.campaign import Anchor
from bot.domain.family import Role

FILES = locate(None)
STEPS = [
    path for path in FILES if path.endswith(".j2") and not re.search(r"/replies/|/menu\.|/_pictures/", path)
]
AFTER_LOSS = ("after_loss", "a_year_on", "baby_loss_awareness_week")
LOSS = [path for path in STEPS if path.split("/")[2] in AFTER_LOSS]


def texts(*folders: str) -> Iterator[tuple[str, str]]:
    """(path, words) of every message of these campaigns; of all without any."""
    for path in STEPS:
        if not folders or path.split("/")[2] in folders:
            yield path, FILES[path]


def saying(pattern: str, *folders: str) -> list[str]:
    """The messages in which a pattern stands."""
    return [path for path, words in texts(*folders) if re.search(pattern, words, re.IGNORECASE)]


def test_every_message_says_who_it_is_from() -> None:
    assert [path for path, words in texts() if not words.startswith("Think Family: ")] == []


def test_a_message_about_crying_says_111_and_999() -> None:
    crying = saying(r"\bcr(y|ies|ying)\b")
    assert len(crying) > 10
    assert [path for path in crying if not {"111", "999"} <= set(re.findall(r"\d+", FILES[path]))] == []


def test_a_message_about_movements_says_to_call_at_once_day_or_night() -> None:
    movements = saying(r"\b(slow down, stop|slowed, stopped|slower, stopped)", "antenatal_booking")
    assert len(movements) >= 8
    assert [path for path in movements if "at once, day or night" not in FILES[path]] == []


def test_walking_away_is_never_told_without_a_safe_place_for_the_baby() -> None:
    away = saying(r"(walk|step) away", "icon")
    assert len(away) >= 8
    assert [path for path in away if "on their back in the cot" not in FILES[path]] == []


def test_nobody_is_told_to_stop_drinking_who_may_not_stop_suddenly() -> None:
    told = saying(r"\bstop (now|drinking|taking)\b", "alcohol_and_drugs", "cutting_down")
    assert len(told) >= 3
    assert [path for path in told if "not stop suddenly" not in FILES[path]] == []


def test_no_relative_is_told_that_a_woman_s_choice_is_theirs() -> None:
    """Vaccines and tests are offered to her; those around her help, and do not decide."""
    about_her = saying(
        r"she can have|does she have a day|ask her when the 20-week", "whooping_cough", "rsv", "screening"
    )
    assert len(about_her) >= 3
    assert [path for path in about_her if "her choice" not in FILES[path]] == []


@pytest.mark.parametrize(
    "words",
    [
        "prevents", "congratulations", "well done", "you must", "you should", "spoil", "50 times",
        "your (husband|boyfriend|wife)", "your first baby", "your partner", "click", "tablet a day",
    ],
)  # fmt: skip
def test_some_words_are_never_said(words: str) -> None:
    """Promises, scolding, cheer, and families as they are imagined."""
    assert saying(words) == []


@pytest.mark.parametrize("role", ["father", "partner", "grandparent", "sibling", "carer"])
def test_a_text_written_for_a_relative_calls_nobody_mum(role: str) -> None:
    own = [path for path in STEPS if path.split("/")[3].split(".")[1] == role]
    assert own
    assert [path for path in own if re.search(r"\b(mum|mummy)\b", FILES[path], re.IGNORECASE)] == []


@pytest.mark.parametrize(
    "words",
    [
        "at least", "meant to be", "try again", "everything happens", "passed", "products", "failed", "lost",
        "anniversary", "birthday", "due date", "happy", "cot", "feed", "nappy", "next baby", "!",
    ],
)  # fmt: skip
def test_care_d_after_a_loss_some_words_are_never_said(words: str) -> None:
    assert saying(re.escape(words), *AFTER_LOSS) == []


def test_care_d_every_message_after_a_loss_names_someone_to_talk_to() -> None:
    """But the one about papers, which names whom to ask for those."""
    talking = [path for path in LOSS if "/practical." not in path]
    assert [path for path in talking if "_phone }}" not in FILES[path]] == []


def test_care_d_every_message_after_a_loss_ends_easily() -> None:
    """It says how to stop, that it is the last, or where help is for a body that is unwell. A translation has
    the same words to text and numbers (test_steps_in_languages)."""
    english = [path for path in LOSS if path.startswith("templates/en/")]
    assert [
        path for path in english if not re.search(r"text STOP|no more messages|Worried", FILES[path])
    ] == []


def test_care_d_a_message_after_a_loss_is_only_for_who_chose_it() -> None:
    for name in AFTER_LOSS:
        assert all(step.chosen and step.importance == "helpful" for step in load(FILES).campaigns[name].steps)


def test_care_d_nothing_counts_from_a_loss_in_years() -> None:
    campaigns = load(FILES).campaigns
    steps = [*campaigns["after_loss"].steps, *campaigns["a_year_on"].steps]
    after = [step for step in steps if step.when.anchor is Anchor.AFTER]
    assert all(
        step.when.anchor is Anchor.LOSS and step.when.months < 12 for step in steps if step not in after
    )
    assert all(step.until is not None and step.until.anchor is Anchor.LOSS for step in after)


def test_what_is_about_her_body_goes_to_her_alone() -> None:
    content = load(FILES)
    for campaign in content.campaigns.values():
        assert all(step.to == {Role.MOTHER} for step in campaign.steps if step.body)


def test_every_step_says_what_its_words_rest_on() -> None:
    """The loader sees to it that the review names these too."""
    silent = [
        f"{path}: {step}"
        for path in FILES
        if path.startswith("campaigns/")
        for step in re.split(r"\n  - id: ", FILES[path])[1:]
        if "\n    sources: [" not in step
    ]
    assert silent == []
