"""Who may tell what of a pregnancy, and what is answered so that nobody learns of a hold (CARE 6, 8)."""

from __future__ import annotations

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.rights import Deed, may
from bot.domain.conversation.turn import Reply, Talk, Turn
from bot.domain.family import HoldKind
from bot.domain.meaning import Meaning, Word

LOSSES = frozenset({HoldKind.LOSS, HoldKind.UNCLEAR_LOSS})


def may_tell(word: Word, person: Person) -> bool:
    """BORN and the like: the mother, or a linked father or partner; DUE: the mother. Alone: one's own."""
    return may(Deed.DUE if word is Word.DUE else Deed.BIRTH, person)


def owns(person: Person) -> bool:
    """Whether the dates are the writer's own: the mother's, or a relative's alone (CARE 6, 9)."""
    return may(Deed.DUE, person)


def knows_of_loss(person: Person) -> bool:
    """Whether this one reported a loss that stands, or staff were told of theirs: then no OK is asked."""
    if person.member is None:
        return False
    who = {person.member.id, None} if owns(person) or person.works else {person.member.id}
    return any(hold.kind is HoldKind.LOSS and hold.member_id in who for hold in person.holds)


def tried(meaning: Meaning) -> bool:
    """Whether the text was an attempt at a date, rather than another wish."""
    wish = meaning.word is not None or meaning.topic is not None or meaning.area is not None
    return meaning.said_date is not None or not wish


def quietly(person: Person, turn: Turn) -> Turn:
    """In a held family others are answered as ever and nothing changes: they cannot tell (CARE 8)."""
    if not any(hold.kind in LOSSES for hold in person.holds):
        return turn
    if person.is_mother:  # she may know, and must not think it was saved
        return Turn(Talk("held"), (), (Reply("held_ok"),))
    return Turn(turn.talk, (e.Alert("told_during_hold"),), turn.replies)
