"""Who may do what, as CARE 6 to 9 say it: one table, which everything that asks looks up.

STOP, PAUSE, DELETE and the like are one's own, whoever one is, and are not in it: they reach nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bot.domain.conversation.person import Person
from bot.domain.family import Link, Role


class Standing(StrEnum):
    """What somebody is in a family."""

    MOTHER = "the mother"
    PARENT = "a linked father or partner"
    LINKED = "another linked relative"
    ALONE = "by themselves"
    WORK = "a professional"


class Deed(StrEnum):
    """What reaches further than one's own messages."""

    LOSS = "hold the whole family"
    UNDO_OWN = "take back one's own word of a loss"
    UNDO_OTHERS = "take back another's word of a loss"
    BIRTH = "tell of the birth, of hospital, home or apart"
    DUE = "give or correct the due date"
    INVITE = "invite"
    REMOVE = "end an invitation"
    LIVING = "ask for messages for a baby who lives, after a loss"
    MOVED = "say that the family moved home"


_ALL = frozenset(Standing)
_OWNERS = frozenset({Standing.MOTHER, Standing.ALONE})
_HERS = frozenset({Standing.MOTHER})

MAY: Mapping[Deed, frozenset[Standing]] = {
    Deed.LOSS: _ALL,
    Deed.UNDO_OWN: _ALL,
    Deed.UNDO_OTHERS: _HERS,  # and nobody takes hers back
    Deed.BIRTH: _OWNERS | {Standing.PARENT},
    Deed.DUE: _OWNERS,
    Deed.INVITE: _HERS,
    Deed.REMOVE: _HERS,
    Deed.LIVING: _HERS,
    Deed.MOVED: _OWNERS,
}

_PARENTS = frozenset({Role.FATHER, Role.PARTNER})


def standing(person: Person) -> Standing | None:
    """What the writer is in their family; None for somebody we do not know.

    By themselves: the dates, if any, are their own. One who came by a code stays linked, the mother there or
    not.
    """
    if person.member is None or person.family is None:
        return None
    if person.works:
        return Standing.WORK
    if person.is_mother:
        return Standing.MOTHER
    if person.member.link is Link.OWN and person.family.mother() is None:
        return Standing.ALONE
    return Standing.PARENT if person.member.role in _PARENTS else Standing.LINKED


def may(deed: Deed, person: Person) -> bool:
    """Whether the writer may do this."""
    return standing(person) in MAY[deed]
