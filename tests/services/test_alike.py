"""Who is planned together gets what each would have got alone, to the last column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.domain.family import Family, Role
from bot.services.outlined import home_plan, keys_of
from bot.services.planned import Planned
from bot.services.planning import Rules, family_plan, rules_of
from bot.store.due import DueFamily
from bot.store.occurrences import Taken
from tests.alike import CHANGES, DAY, LIVE, NOW, RULES, SENDERS, TODAY, a_home, nothing, outline, plain, rules


@st.composite
def a_morning(
    draw: st.DrawFn,
) -> tuple[list[Family], frozenset[tuple[str, str]], int, dict[int, list[Taken]]]:
    """Families much like one another, due for the same steps since so many days, and what they had lately."""
    step = draw(st.sampled_from(LIVE)).step
    others = draw(st.lists(st.sampled_from(LIVE), max_size=1))
    homes, taken = [], defaultdict[int, list[Taken]](list)
    for number in range(1000, 1000 * draw(st.integers(3, 9)), 1000):
        home = a_home(number, step)
        for name in draw(st.lists(st.sampled_from(sorted(CHANGES)), max_size=2)):
            home = CHANGES[name](home)
        homes.append(home)
        for back in draw(st.sampled_from([(), (), (), (0,), (3,), (2, 5)])):
            taken[number + 14].append(Taken(number + 20 + back, number + 14, TODAY - back * DAY, back == 5))
    keys = frozenset({step.key, *(one.step.key for one in others)})
    return homes, keys, draw(st.sampled_from([0, 0, 0, 4])), taken


Way = Callable[[Family, DueFamily, Any, Rules], list[Planned]]


def by_facts(home: Family, due: DueFamily, taken: Any, by: Rules) -> list[Planned]:
    return family_plan(home, due, [], taken, SENDERS, by)


def by_outlines(home: Family, due: DueFamily, taken: Any, by: Rules) -> list[Planned]:
    """As a plan does it: who is not plain is planned by their facts."""
    if not plain(home):
        return by_facts(home, due, taken, by)
    return home_plan([outline(home, member) for member in home.members], due, taken, SENDERS, by)


ways = pytest.mark.parametrize("way", [by_facts, by_outlines])


def planned(
    way: Way, homes: list[Family], keys: frozenset[tuple[str, str]], late: int, taken: Any,
    together: Rules | None,
) -> list[list[Planned]]:  # fmt: skip
    return [
        way(home, DueFamily(home.id, keys, TODAY - late * DAY), taken, together or rules()) for home in homes
    ]


@ways
def test_one_fact_more_or_less_is_seen_by_every_step_that_looks_at_it(way: Way) -> None:
    strange = []
    times = ((0, 0), (3, 3), (3, 0))  # how long ago it opened, and how far the plan looks back
    for entry in LIVE:
        shared, keys = rules(), frozenset({entry.step.key})
        for number, (name, (late, looked_back)) in enumerate(product(("nothing", *CHANGES), times), 1):
            home = CHANGES.get(name, nothing)(a_home(1000 * number, entry.step, late))
            due = DueFamily(home.id, keys, TODAY - looked_back * DAY)
            together, alone = way(home, due, {}, shared), by_facts(home, due, {}, rules())
            if together != alone:
                strange.append((entry.step.key, late, looked_back, name))
    assert strange == []


@ways
@given(morning=a_morning())
@settings(max_examples=200, deadline=None)
def test_planned_together_is_planned_alone(way: Way, morning: tuple[Any, ...]) -> None:
    shared = rules()
    together = planned(way, *morning, together=shared)
    assert together == planned(by_facts, *morning, together=None)
    event(f"rows: {min(sum(map(len, together)), 5)}")


def test_whoever_is_like_one_before_is_not_built_again() -> None:
    """Else an outline saves nothing: ids, and what these steps do not look at, are in no key."""
    step = next(one.step for one in LIVE if one.step.id == "made-0-0")
    due = DueFamily(0, frozenset({step.key}), TODAY)
    same = ("nothing", "joined 100", "area m9", "private", "topic sleep True", "answered flu", "role father",
            "language so", "corrected 60", "asked 40")  # fmt: skip
    keys = {name: _key(CHANGES.get(name, nothing)(a_home(1000, step)), due) for name in same}
    assert len(set(keys.values())) == 1
    assert _key(CHANGES["paused 30"](a_home(1000, step)), due) not in keys.values()


def _key(home: Family, due: DueFamily) -> Any:
    [key] = keys_of([outline(home, home.members[0])], due, {}, rules()).values()
    return key


def test_of_two_steps_for_others_each_gets_their_own() -> None:
    """For which of several steps somebody is, is a fact of theirs."""
    some = next(entry for entry in LIVE if entry.step.id == "made-0-0")
    steps = [
        replace(some, step=replace(some.step, id=role.value, to=frozenset({role})))
        for role in (Role.FATHER, Role.GRANDPARENT)
    ]
    shared = rules_of(steps, RULES.calendar, RULES.cap, NOW)
    keys = frozenset(entry.step.key for entry in steps)
    for way in (by_facts, by_outlines):
        for number, role in enumerate((Role.FATHER, Role.GRANDPARENT), 1):
            home = CHANGES[f"role {role}"](a_home(1000 * number, some.step))
            made = way(home, DueFamily(home.id, keys, TODAY), {}, shared)
            assert [one.values["step"] for one in made] == [role.value]


def test_who_has_no_words_is_not_like_one_who_has() -> None:
    some = next(entry for entry in LIVE if entry.step.id == "made-0-0")
    shared = rules_of([replace(some, words={"ur": "hash"})], RULES.calendar, RULES.cap, NOW)
    for way in (by_facts, by_outlines):
        states = []
        for number, name in enumerate(("nothing", "language ur", "language so", "language ur"), 1):
            home = CHANGES.get(name, nothing)(a_home(1000 * number, some.step))
            [made] = way(home, DueFamily(home.id, frozenset({some.step.key}), TODAY), {}, shared)
            states.append((made.values["state"], made.values["language"]))
        assert states == [("waiting", "en"), ("queued", "ur"), ("waiting", "so"), ("queued", "ur")]
