"""Two versions side by side: what a step was, what it is, and nothing that did not change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.authoring.diff import Difference, Moved, diff, texts
from bot.content import history
from bot.content.load import as_far_as_it_can_be_read, load
from bot.errors import BadInput
from tests.content import small

YAML = "campaigns/flu.yaml"
RENAMED = {"id: nudge": "id: prod\n    formerly: [nudge]"}


def against(changes: dict[str, str], **files: str) -> list[Difference]:
    """The small content against itself with passages of its campaign replaced, and other files."""
    text = small.CAMPAIGN
    for passage, instead in changes.items():
        assert passage in text
        text = text.replace(passage, instead)
    new = {**small.FILES, YAML: text, **files}
    if "id: nudge" not in text:
        new["templates/en/flu/prod.j2"] = new.pop("templates/en/flu/nudge.j2")
    return diff(load(small.FILES), load(new))


def test_the_same_content_differs_in_nothing() -> None:
    assert against({}) == []


def test_a_new_time_is_told_as_authors_write_it() -> None:
    (flu,) = against({"until: {pregnancy: 32w}": "until: {pregnancy: 33w}"})
    assert flu.changes.retimed == ("offer",)
    assert flu.moved["offer"] == (Moved("until", "{pregnancy: 32w}", "{pregnancy: 33w}"),)
    assert (flu.changes.reworded, flu.changes.added, flu.changes.removed) == ({}, (), ())


def test_what_changes_for_the_whole_campaign_moves_each_step() -> None:
    (flu,) = against({"purpose: pregnancy_and_baby": "purpose: evaluation"})
    assert flu.changes.retimed == ("nudge", "offer")
    assert flu.moved["offer"] == (Moved("purpose", "pregnancy_and_baby", "evaluation"),)


def test_new_words_are_told_with_their_language() -> None:
    (flu,) = against({}, **{"templates/en/flu/nudge.j2": "Now: call.\n", "templates/ur/flu/nudge.j2": "x\n"})
    assert flu.changes.reworded == {"nudge": ("en", "ur")}


def test_a_new_number_in_the_directory_is_new_words() -> None:
    directory = small.DIRECTORY.replace(
        "0800 448 0737, topics: [flu], source: A", "0808 808 0000, topics: [flu], source: A"
    )
    (flu,) = against({}, **{"config/directory.yaml": directory})
    assert flu.changes.reworded == {"offer": ("en",)}


def test_a_renamed_step_is_neither_new_nor_gone() -> None:
    (flu,) = against(RENAMED)
    assert flu.changes.renamed == {"nudge": "prod"}
    assert (flu.changes.added, flu.changes.removed, flu.changes.retimed, flu.changes.reworded) == (
        (),
        (),
        (),
        {},
    )


def test_a_retired_step_is_told_as_that_alone() -> None:
    (flu,) = against({"    unless: [done]\n": "    unless: [done]\n    retired: true\n"})
    assert (flu.changes.retired, flu.changes.retimed, flu.changes.reworded) == (("nudge",), (), {})


def test_a_step_without_a_trace_is_gone_and_a_new_one_is_new() -> None:
    (flu,) = against({"id: nudge": "id: prod"})
    assert (flu.changes.added, flu.changes.removed) == (("prod",), ("nudge",))


def test_a_whole_campaign_may_be_gone_or_new() -> None:
    less = {path: text for path, text in small.FILES.items() if "/flu" not in path}
    (gone,) = diff(load(small.FILES), load(less))
    (new,) = diff(load(less), load(small.FILES))
    assert (gone.gone, new.gone, new.changes.added) == (True, False, ("nudge", "offer"))


def test_an_answer_that_says_something_else_is_told() -> None:
    (replies,) = against({}, **{"templates/en/replies/help.j2": "Other words.\n"})
    assert (replies.name, replies.changes.reworded) == ("replies", {"help": ("en",)})


def test_the_words_of_a_step_are_given_by_whom_they_are_for() -> None:
    assert texts(load(small.FILES), "flu", "offer", "en").keys() == {"", "father"}


def test_a_revision_of_git_is_read_as_it_was(tmp_path: Path) -> None:
    for path, text in small.FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "campaigns" / "README.md").write_text("A paper.\n", encoding="utf-8")
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (tmp_path / YAML).write_text("spoilt", encoding="utf-8")
    assert dict(history.at("HEAD", tmp_path)) == dict(small.FILES)
    for wrong in ("nowhere", "--output=x"):
        with pytest.raises(BadInput):
            history.at(wrong, tmp_path)


def test_a_version_that_is_wrong_by_todays_rules_is_compared_as_far_as_it_can_be_read() -> None:
    less = {path: text for path, text in small.FILES.items() if not path.endswith("replies/help.j2")}
    old, strange = as_far_as_it_can_be_read({**less, YAML: small.CAMPAIGN.replace("21}", "20}")})
    found = {one.name: one.changes for one in diff(old, load(small.FILES))}
    assert [fault.path for fault in strange] == ["templates/en/replies/help.j2"]
    assert found["flu"].retimed == ("nudge",)
    assert (found["replies"].added, found["replies"].reworded) == (("help",), {})
