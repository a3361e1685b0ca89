"""How and when somebody would rather be written to: TIME, REMIND ME, PRIVATE, and "5" to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from bot.domain.conversation import choices
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.support import AFTER_LOSS
from bot.domain.conversation.telling import knows_of_loss
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.family import Purpose
from bot.domain.hours import PartOfDay, local_day
from bot.domain.meaning import Meaning, Word

WORDS = frozenset({Word.TIME, Word.REMIND, Word.PRIVATE, Word.NOT_PRIVATE})
TIME, REMIND = "time", "remind"
READ = 5  # what a private message asks for (CARE 22)
SHOWN = "shown"  # not a reply of ours: the words of that message
LONGEST_REMINDER = timedelta(weeks=12)
_PARTS: Mapping[int, PartOfDay] = {1: PartOfDay.MORNING, 2: PartOfDay.MIDDAY, 3: PartOfDay.EVENING}
_SPANS: Mapping[int, timedelta] = {
    1: timedelta(days=1),
    2: timedelta(days=3),
    3: timedelta(weeks=1),
    4: timedelta(weeks=2),
}
_ASKS: Mapping[str, str] = {TIME: "time_when", REMIND: "remind_when"}


def asked(talk: Talk) -> bool:
    """Whether the question that stands is one of these."""
    return talk.name in _ASKS


def told(word: Word, meaning: Meaning, person: Person, now: datetime) -> Turn:
    """TIME, REMIND ME or PRIVATE, from somebody we know."""
    match word:
        case Word.TIME:
            return _time(meaning) or _ask(TIME)
        case Word.REMIND:
            return _remind(meaning, person, local_day(now))
        case Word.PRIVATE:
            return say("private_on", e.SetPrivate(True))
        case _:
            return say("private_off", e.SetPrivate(False))


def answered(talk: Talk, meaning: Meaning, now: datetime) -> Turn | None:
    """The answer to a question that stands; None when it was none."""
    if meaning.word is not None or meaning.topic is not None:
        return None
    if talk.name == TIME:
        return _time(meaning, meaning.digit) or _ask(TIME)
    return _when(meaning, local_day(now)) or _ask(REMIND)


def _ask(name: str) -> Turn:
    return Turn(Talk(name), (), (Reply(_ASKS[name]),))


def _time(meaning: Meaning, digit: int | None = None) -> Turn | None:
    part = meaning.part or _PARTS.get(digit or 0)
    return None if part is None else say("ok", e.SetTime(part))


def _remind(meaning: Meaning, person: Person, today: date) -> Turn:
    if knows_of_loss(person):
        return say("start_after_loss")
    if person.last_topic is None or person.last_topic in AFTER_LOSS:
        return say("remind_of_what")
    return _when(meaning, today) or _ask(REMIND)


def _when(meaning: Meaning, today: date) -> Turn | None:
    """The day that was chosen is an explicit yes to one message on it (P1)."""
    said = meaning.said_date.day if meaning.said_date is not None else None
    if meaning.digit is not None and meaning.digit in _SPANS:
        said = today + _SPANS[meaning.digit]
    if said is None or not today < said <= today + LONGEST_REMINDER:
        return None
    agreed = e.RecordConsent(Purpose.REMINDERS, asked=_ASKS[REMIND])
    return Turn(effects=(agreed, e.Remind(said)), replies=(Reply("remind_set", {"date": said}),))


def wants_to_read(meaning: Meaning, person: Person) -> bool:
    """Whether this is the "5" of one whose messages are kept from the screen."""
    return meaning.digit == READ and person.member is not None and person.member.private


def read(person: Person) -> Turn:
    """What was kept from the screen this week; nothing of the programme while messages rest (CARE 8, 19)."""
    if not person.unread or choices.ended(person):
        return say("nothing_to_read")
    shown = tuple(Reply(SHOWN, {"row": str(row)}) for row in person.unread)
    return Turn(effects=(e.Shown(person.unread),), replies=shown)
