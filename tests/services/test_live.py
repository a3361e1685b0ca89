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
PACKS = ("flu", "replies", "crisis")


def files(duty: Mapping[str, str] = DUTY, confirmed: str = CONFIRMED) -> dict[str, str]:
    """The small content with its safeguarding duty and Twilio's confirmation filled in."""
    default = "config/default.yaml"
    filled = ", ".join(
        f'{name}: "{said}"' if said != "null" else f"{name}: null" for name, said in duty.items()
    )
    text = shelves.FILES[default]
    before = "{role: null, hours: null, contact: null, may_see_numbers: null, when_to_refer: null}"
    assert before in text
    text = text.replace(before, f"{{{filled}}}").replace("confirmed: null", f"confirmed: {confirmed}")
    return {**shelves.FILES, default: text}


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
