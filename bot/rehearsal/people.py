"""Synthetic families: who they are, when they join, and what they will write, from one fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from faker import Faker

from bot.domain.family import Role

FIRST_NUMBER, NUMBERS = 447700900000, 1000  # Ofcom's drama numbers: nobody owns them
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Says:
    """A text somebody will send on a day."""

    day: date
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody who joins by the mother's code, some days after her."""

    number: str
    role: Role
    joins: date


@dataclass(frozen=True, slots=True)
class Household:
    """One family's two years: `story` names what happens to them."""

    mother: str
    joins: date
    due: date
    story: str
    relatives: tuple[Relative, ...] = ()
    says: tuple[Says, ...] = field(default_factory=tuple)


STORIES = (
    ("plain", 50), ("corrected", 10), ("premature", 6), ("twins_one_lives", 3), ("loss", 8),
    ("loss_undone", 3), ("stops", 8), ("silent", 6), ("pauses", 6),
)  # fmt: skip


def households(start: date, count: int, seed: int) -> Iterator[Household]:
    """`count` families that join in the first year after `start`; the same for the same seed."""
    made_up = Faker("en_GB")
    made_up.seed_instance(seed)
    numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + NUMBERS))
    for _ in range(count):
        yield _household(made_up, numbers, start)


def _household(made_up: Faker, numbers: Iterator[int], start: date) -> Household:
    chance = made_up.random
    joins = start + timedelta(days=chance.randrange(365))
    weeks = chance.choice((6, 8, 9, 10, 12, 14, 18, 22, 28, 36))
    due = joins + timedelta(days=280 - weeks * 7 - chance.randrange(7))
    stories, weights = zip(*STORIES, strict=True)
    story = chance.choices(stories, weights)[0]
    mother = f"+{next(numbers)}"
    relatives: list[Relative] = []
    for role, share in ((Role.FATHER, 0.5), (Role.PARTNER, 0.1), (Role.GRANDPARENT, 0.3)):
        if chance.random() < share and len(relatives) < 2:
            relatives.append(
                Relative(f"+{next(numbers)}", role, joins + timedelta(days=chance.randrange(1, 40)))
            )
    says = tuple(_says(story, mother, joins, due, chance.randrange(-10, 11)))
    return Household(mother, joins, due, story, tuple(relatives), says)


def _says(story: str, number: str, joins: date, due: date, late: int) -> Iterator[Says]:
    """What the mother writes after she joined; each story is one of the promises."""
    born = due + timedelta(days=late)

    def say(day: date, text: str) -> Says:
        return Says(max(day, joins + timedelta(days=1)), number, text)

    if story == "corrected":
        yield say(joins + _WEEK, f"DUE {_day(due + timedelta(weeks=3))}")
        born = due + timedelta(weeks=3)
    if story == "premature":
        born = max(due - timedelta(weeks=8), joins + 2 * _WEEK)
        yield say(born + timedelta(days=1), f"BORN {_day(born)}")
        yield say(born + timedelta(days=1), "2")
        yield say(born + timedelta(weeks=6), "HOME")
        return
    if story in ("loss", "loss_undone"):
        lost = max(due - timedelta(weeks=10), joins + 2 * _WEEK)
        yield say(lost, "LOSS")
        if story == "loss_undone":
            yield say(lost + timedelta(days=2), "UNDO")
        else:
            yield say(lost + timedelta(days=20), "SUPPORT")
            yield say(lost + timedelta(days=20), "1")
            yield say(lost + timedelta(days=20), "1")
            return
    if story == "stops":
        yield say(joins + 5 * _WEEK, "please stop texting me")
        return
    if story == "silent":
        return
    if story == "pauses":
        yield say(joins + 3 * _WEEK, "PAUSE")
    yield say(born + timedelta(days=1), f"BORN {_day(born)}")
    if story == "twins_one_lives":
        yield say(born + timedelta(days=9), "one of our twins died")
        yield say(born + timedelta(days=30), "SUPPORT")
        yield say(born + timedelta(days=30), "2")


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
