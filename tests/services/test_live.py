"""Live starts only when everything is approved and named (P9, CARE 3 and 21); each lack is named alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.content.load import load
from bot.domain.revision import Mode
from bot.services import publish
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.clock import Clock
from tests.services import shelves

DUTY = {
    "role": "Named midwife",
    "hours": "office hours",
    "contact": "duty desk",
    "may_see_numbers": "named midwife",
    "when_to_refer": "as in docs/safeguarding.md",
}
CONFIRMED = "2027-01-15"
LINK = "https://council.gov.uk/privacy"
PACKS = ("flu", "replies", "crisis")


def files(duty: Mapping[str, str] = DUTY, confirmed: str = CONFIRMED, link: str = LINK) -> dict[str, str]:
    """The small content with all that people must decide and review filled in, in English alone."""
    default = "config/default.yaml"
    filled = ", ".join(
        f'{name}: "{said}"' if said != "null" else f"{name}: null" for name, said in duty.items()
    )
    text = shelves.FILES[default]
    before = "{role: null, hours: null, contact: null, may_see_numbers: null, when_to_refer: null}"
    assert before in text
    text = text.replace(before, f"{{{filled}}}").replace("confirmed: null", f"confirmed: {confirmed}")
    text = text.replace("privacy_link: null", f"privacy_link: {link}")
    text = text.replace("  - {code: ur, name: Urdu, reviewed: false}\n", "")
    words = {
        "config/keywords.yaml": shelves.FILES["config/keywords.yaml"].replace(
            "reviewed: false", "reviewed: true"
        ),
        "config/crisis.yaml": shelves.FILES["config/crisis.yaml"].replace("en:\n", "en:\n  reviewed: true\n"),
    }
    return {**shelves.FILES, **words, default: text.replace("reviewed: false", "reviewed: true")}


def lacking(
    database: Database,
    seal: Seal,
    clock: Clock,
    written: Mapping[str, str],
    approved: tuple[str, ...] = PACKS,
) -> list[str]:
    """What is lacking once this content is published and these packs are approved."""
    content = load(written)
    desk: Desk = line.desk(database, seal, Mode.LIVE, shelf=Shelf(), config=content.config, content=content)
    publish.publish(desk, content, "officer", clock.now)
    for name in approved:
        publish.approve(desk, name, "en", "midwife", clock.now)
    return publish.missing_for_live(desk, clock.now)


def test_with_everything_approved_and_named_live_may_start(
    database: Database, seal: Seal, clock: Clock
) -> None:
    assert lacking(database, seal, clock, files()) == []


@pytest.mark.parametrize("name", DUTY)
def test_a_part_of_the_duty_that_nobody_filled_in_is_named(
    database: Database, seal: Seal, clock: Clock, name: str
) -> None:
    [said] = lacking(database, seal, clock, files(DUTY | {name: "null"}))
    assert said == f"config/default.yaml: duty: {name} is not set."


def test_twilio_s_own_keywords_must_be_confirmed_off(database: Database, seal: Seal, clock: Clock) -> None:
    [said] = lacking(database, seal, clock, files(confirmed="null"))
    assert "Twilio's own keyword answers" in said
    assert "twilio_keywords_off_confirmed" in said


@pytest.mark.parametrize(("name", "called"), [("replies", "The replies"), ("crisis", "The crisis answers")])
def test_replies_and_crisis_answers_must_be_approved(
    database: Database, seal: Seal, clock: Clock, name: str, called: str
) -> None:
    rest = tuple(one for one in PACKS if one != name)
    [said] = lacking(database, seal, clock, files(), rest)
    assert said.startswith(called)
    assert f"thinkfamily approve {name}" in said


def test_a_review_that_is_overdue_is_named(database: Database, seal: Seal, clock: Clock) -> None:
    clock.now += timedelta(days=200)
    [said] = lacking(database, seal, clock, files())
    assert said.startswith("flu passed its review date on 2027-07-01")


@pytest.mark.parametrize(
    "link", ["null", "https://example.org/p", "https://www.example.com", "https://a.invalid/"]
)
def test_a_privacy_link_that_leads_nowhere_is_named(
    database: Database, seal: Seal, clock: Clock, link: str
) -> None:
    [said] = lacking(database, seal, clock, files(link=link))
    assert "privacy_link is not set, or is a placeholder" in said


def with_urdu(reviewed: str) -> dict[str, str]:
    """The same content with Urdu among the languages, a draft or reviewed."""
    written = files()
    added = f"reviewed: true}}\n  - {{code: ur, name: Urdu, reviewed: {reviewed}}}\n"
    return written | {
        "config/default.yaml": written["config/default.yaml"].replace("reviewed: true}\n", added, 1)
    }


def test_care_11_a_draft_language_is_not_offered_and_keeps_nothing_from_going_live(
    database: Database, seal: Seal, clock: Clock
) -> None:
    assert lacking(database, seal, clock, with_urdu("false")) == []


def test_care_11_of_a_reviewed_language_all_that_is_not_reviewed_or_approved_is_named(
    database: Database, seal: Seal, clock: Clock
) -> None:
    said = lacking(database, seal, clock, with_urdu("true"))
    assert [one.partition(" ")[0] for one in said] == [
        "config/keywords.yaml:",
        "config/crisis.yaml:",
        "The",
        "The",
    ]
    assert all("Urdu" in one for one in said)


def test_english_that_nobody_reviewed_is_named(database: Database, seal: Seal, clock: Clock) -> None:
    written = files()
    path = "config/default.yaml"
    [said] = lacking(
        database, seal, clock, written | {path: written[path].replace("reviewed: true", "reviewed: false")}
    )
    assert "English (en) is offered and nobody has reviewed it" in said


@pytest.mark.parametrize("name", ["keywords", "crisis"])
def test_words_of_an_offered_language_that_nobody_reviewed_are_named(
    database: Database, seal: Seal, clock: Clock, name: str
) -> None:
    path = f"config/{name}.yaml"
    written = files()
    words = written[path].replace("reviewed: true", "reviewed: false")
    [said] = lacking(database, seal, clock, written | {path: words})
    assert said.startswith(f"{path}: en: nobody has reviewed")
