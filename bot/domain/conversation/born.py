"""A birth, as told: the day, whether baby is home or in hospital (CARE 14, 15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from bot.domain.conversation import effects as e
from bot.domain.conversation import topics
from bot.domain.conversation.joining import said_birth
from bot.domain.conversation.person import Person
from bot.domain.conversation.support import menu
from bot.domain.conversation.telling import quietly, tried
from bot.domain.conversation.turn import Reply, Talk, Turn
from bot.domain.conversation.urgent import reported
from bot.domain.family import HoldKind
from bot.domain.meaning import LossKind, Meaning, Word

EARLY = timedelta(weeks=3)  # born before 37 weeks
WARD = "neonatal"  # the topic of what may be chosen for days on a ward


def told(meaning: Meaning, person: Person, today: date) -> Turn:
    """BORN. Before 37 weeks, or without a date, it is asked first whether baby is home (CARE 14)."""
    day = said_birth(meaning.said_date, today)
    if meaning.said_date is not None and day is None:
        return Turn(Talk("born:date"), (), (Reply("ask_date_again"),))
    pregnancy = person.family.current() if person.family is not None else None
    due = pregnancy.due_on if pregnancy is not None else None
    data = {"several": "yes"} if meaning.several else {}
    if day is not None and (due is None or day >= due - EARLY):
        return _saved(person, day, today, data)
    data |= {} if day is None else {"born": day.isoformat()}
    return Turn(Talk("born:where", data), (), (Reply("born_where"),))


def answered(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn | None:
    """Where baby is, or the day of birth; None when it was neither."""
    if talk.name == "born:where":
        return _where(talk, meaning, person, today)
    if talk.name != "born:date":
        return None
    day = said_birth(meaning.said_date, today)
    if day is None:
        return Turn(talk, (), (Reply("ask_date_again"),)) if tried(meaning) else None
    return _saved(person, day, today, talk.data)


def _where(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn | None:
    hospital = meaning.digit == 2 or meaning.word is Word.NEONATAL
    if meaning.digit == 3:
        return menu(*reported(LossKind.UNCLEAR, person), e.AnsweredCheckIn())
    if meaning.digit != 1 and not hospital:
        return None if meaning.word or meaning.topic else Turn(talk, (), (Reply("born_where"),))
    born = talk.day("born")
    data = talk.data | ({"place": "hospital"} if hospital else {})
    if born is not None:
        return _saved(person, born, today, data)
    return Turn(Talk("born:date", data), (), (Reply("born_ask_date"),))


def in_hospital(meaning: Meaning, person: Person, today: date) -> Turn:
    """NEONATAL, with the day of birth where it was told, or is asked for."""
    day = said_birth(meaning.said_date, today)
    if day is not None:
        return _saved(person, day, today, {"place": "hospital"})
    pregnancy = person.family.current() if person.family is not None else None
    if pregnancy is not None and pregnancy.born_on is not None:
        reply = _on_a_ward(person, pregnancy.born_on, today)
        return quietly(person, Turn(effects=(e.SetNeonatal(),), replies=(reply,)))
    return Turn(Talk("born:date", {"place": "hospital"}), (), (Reply("born_ask_date"),))


def _saved(person: Person, day: date, today: date, said: Mapping[str, str]) -> Turn:
    """The day of birth, read back; with a word on one's own pause, which would keep the first nights away."""
    hospital, babies = said.get("place") == "hospital", 2 if "several" in said else None
    effects: list[e.Effect] = [e.SetBorn(day, babies), e.LiftHolds(frozenset({HoldKind.SILENCE}))]
    effects += [e.AnsweredCheckIn(), *([e.SetNeonatal()] if hospital else [])]
    replies = [_on_a_ward(person, day, today) if hospital else Reply("born_saved", {"date": day})]
    until = None if person.member is None else person.member.paused_until
    if until is not None and until > today:
        replies.append(Reply("paused", {"date": until}))
    return quietly(person, Turn(effects=tuple(effects), replies=tuple(replies)))


def _on_a_ward(person: Person, born: date, today: date) -> Reply:
    """With the word by which texts for these days may be chosen, if they are on offer and not yet chosen."""
    ward = (one.word for one in topics.offered(person, today) if one.topic == WARD and not one.wanted)
    return Reply("neonatal", {"date": born, "ward": next(ward, "")})
