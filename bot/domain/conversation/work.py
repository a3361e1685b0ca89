"""People at work with families: they join by a code of staff's, and reach nobody's family from there.

No role, no date and no language is asked. A phone has messages for work or for a family, never both:
no word of a professional ever falls on a family.
"""

from __future__ import annotations

from bot.domain.address import ChannelName
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.family import Purpose, Role
from bot.domain.meaning import Meaning, Word

CONSENT = "work:consent"
ASKS = "work_consent"
LANGUAGE = "en"
_OF_A_FAMILY = frozenset({
    Word.JOIN, Word.BORN, Word.DUE, Word.NEONATAL, Word.HOME, Word.APART, Word.MOVED, Word.INVITE,
    Word.REMOVE,
})  # fmt: skip


def joining(talk: Talk) -> bool:
    """Whether this conversation is somebody joining by a code of staff's."""
    return talk.name == CONSENT


def begin(person: Person, *before: e.Effect) -> Turn:
    """The one question, to a phone that we do not know; a phone of a family keeps to its family."""
    if person.known:
        return say("work_only" if person.works else "work_elsewhere")
    assert person.codes.opens is not None
    asks = Talk(CONSENT, {"code": str(person.codes.opens), "language": LANGUAGE})
    return Turn(asks, (*before, e.TakeCode(person.codes.opens)), (Reply(ASKS, language=LANGUAGE),))


def carry_on(talk: Talk, meaning: Meaning, person: Person) -> Turn:
    """Only a plain yes joins, and only while the code is good; anything else is asked again."""
    if person.known:  # enrolled in a family meanwhile
        return begin(person)
    if meaning.digit == 2 or meaning.word is Word.NO:
        return Turn(replies=(Reply("consent_declined", language=LANGUAGE),))
    if meaning.digit != 1 and meaning.word not in (Word.YES, Word.OK):
        return Turn(talk, (), (Reply(ASKS, language=LANGUAGE),))
    if person.codes.opens is None:
        return say("code_wrong")
    how = "telegram" if person.channel is ChannelName.TELEGRAM else "reply"
    joins = e.CreateMember(Role.PROFESSIONAL, LANGUAGE, code_id=person.codes.opens)
    agreed = e.RecordConsent(Purpose.PROFESSIONAL, how=how, asked=ASKS)
    return Turn(effects=(joins, agreed), replies=(Reply("work_welcome", language=LANGUAGE),))


def refused(word: Word | None, person: Person) -> Turn | None:
    """What is a family's to say is answered so, and changes nothing; None for what one may ask for."""
    return say("work_only") if person.works and word in _OF_A_FAMILY else None
