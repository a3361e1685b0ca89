"""What a conversation sees of the person who writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.content.config import Language
from bot.domain.revision import Mode
from bot.services import families
from bot.store import addresses
from tests.people import People

LANGUAGES = (Language("en", "English", True), Language("ur", "Urdu", False))


@pytest.mark.parametrize(("mode", "offered"), [(Mode.LIVE, ["en"]), (Mode.TRIAL, ["en", "ur"])])
def test_care_11_live_offers_only_the_languages_that_somebody_reviewed(
    people: People, mode: Mode, offered: list[str]
) -> None:
    (mother,) = people.family()
    desk = replace(people.desk, mode=mode, config=replace(people.desk.config, languages=LANGUAGES))
    person = desk.database.read(
        lambda conn: families.person(conn, desk, addresses.by_id(conn, mother.address_id), people.clock.now)
    )
    assert [code for code, _ in person.offered] == offered
