"""Which texts staff may answer by hand, as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.by_hand import Against, Facts, against

TABLE = {
    "abuse": (True, Against.ABUSE),
    "processed": (False, Against.NOT_YET),
    "by_staff": (True, Against.BY_STAFF),
    "by_bot": (True, Against.BY_BOT),
    "written": (False, Against.NOT_WRITTEN),
    "known": (False, Against.NO_ADDRESS),
    "stopped": (True, Against.STOPPED),
    "suspended": (True, Against.SUSPENDED),
    "purpose": (None, Against.NO_CONSENT),
    "held": (True, Against.HELD),
    "guest": (False, Against.NOT_GUEST),
}


def test_a_text_that_nobody_answered_and_nothing_speaks_against_may_be_answered() -> None:
    assert against(Facts()) is None


@pytest.mark.parametrize(("fact", "value", "why"), [(fact, *said) for fact, said in TABLE.items()])
def test_each_fact_alone_speaks_against_it(fact: str, value: Any, why: Against) -> None:
    assert against(replace(Facts(), **{fact: value})) is why


def test_the_table_holds_every_fact_and_every_reason() -> None:
    assert set(TABLE) == set(Facts.__slots__)
    assert {why for _, why in TABLE.values()} == set(Against)


def test_care_21_of_all_reasons_abuse_is_said_first() -> None:
    assert against(Facts(**{fact: value for fact, (value, _) in TABLE.items()})) is Against.ABUSE
