"""What becomes of a pregnancy, as told: due, born, in hospital, home, apart, and what follows a loss."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.domain.conversation import effects as e
from bot.domain.conversation.joining import said_birth, said_day
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.family import HoldKind, Link, Purpose, Role
from bot.domain.hours import local_day
from bot.domain.meaning import Meaning, Word

LATE_DUE = timedelta(weeks=2)
EARLY = timedelta(weeks=3)  # born before 37 weeks
_LOSSES = frozenset({HoldKind.LOSS, HoldKind.UNCLEAR_LOSS})
_PARENTS = frozenset({Role.FATHER, Role.PARTNER})
_SUPPORT_FOR = {
    Role.MOTHER: "support_mother",
    Role.FATHER: "support_partner",
    Role.PARTNER: "support_partner",
    Role.GRANDPARENT: "support_grandparent",
}


def asked(talk: Talk) -> bool:
    """Whether the question that stands is one of these."""
    return talk.name.split(":")[0] in {"due", "born", "support"}


def told(word: Word, meaning: Meaning, person: Person, now: datetime) -> Turn:
    """BORN, DUE, NEONATAL, HOME, APART, UNDO or SUPPORT, from somebody we know."""
    match word:
        case Word.UNDO:
            return say("undone", e.UndoLoss()) if may_undo(person, now) else say("undo_nothing")
        case Word.SUPPORT:
            return menu(e.AnsweredCheckIn())
    if not _may_tell(word, person):
        return say("not_yours")
    if knows_of_loss(person):
        return menu()
    today = local_day(now)
    match word:
        case Word.DUE:
            return _due(meaning, person, today)
        case Word.BORN:
            return _born(meaning, person, today)
        case Word.NEONATAL:
            return _neonatal(meaning, person, today)
        case Word.HOME:
            return _quietly(person, say("home", e.SetHome()))
        case _:
            return _quietly(person, say("apart", e.SetApart()))


def answered(talk: Talk, meaning: Meaning, person: Person, now: datetime) -> Turn | None:
    """The answer to a question that stands; None when it was none (the text is then taken afresh)."""
    today = local_day(now)
    match talk.name:
        case "due:date":
            return _due(meaning, person, today, again=True) if _tried(meaning) else None
        case "born:where":
            return _where(talk, meaning, person)
        case "born:date":
            day = said_birth(meaning.said_date, today)
            if day is None:
                return Turn(talk, (), (Reply("ask_date_again"),)) if _tried(meaning) else None
            return _saved(person, day, hospital=talk.data.get("place") == "hospital")
        case "support":
            return _support(meaning, person)
        case "support:which":
            return _chosen(meaning)
    return None


def menu(*effects: e.Effect) -> Turn:
    """What somebody may ask for after a loss; nothing of it comes by itself."""
    return Turn(Talk("support"), effects, (Reply("support_menu"),))


def knows_of_loss(person: Person) -> bool:
    """Whether this one reported a loss that stands, or is the mother of a family that holds one of hers."""
    mine = person.member.id if person.member is not None else None
    return any(hold.kind is HoldKind.LOSS and hold.member_id == mine for hold in person.holds)


def may_undo(person: Person, now: datetime) -> bool:
    """One's own report for 7 days; the mother may undo others'; nobody undoes hers (CARE 6)."""
    if person.member is None:
        return False
    return any(
        hold.kind in _LOSSES
        and hold.at >= now - timedelta(days=7)
        and (hold.member_id == person.member.id or person.is_mother)
        for hold in person.holds
    )


def _may_tell(word: Word, person: Person) -> bool:
    """BORN and the like: the mother, or a linked father or partner; DUE: the mother. Alone: one's own."""
    if person.member is None:
        return False
    if person.is_mother or person.member.link is Link.OWN:
        return True
    return word is not Word.DUE and person.member.role in _PARENTS


def _tried(meaning: Meaning) -> bool:
    """Whether the text was an attempt at a date, rather than another wish."""
    return meaning.said_date is not None or (meaning.word is None and meaning.topic is None)


def _quietly(person: Person, turn: Turn) -> Turn:
    """In a held family others are answered as ever and nothing changes: they cannot tell (CARE 8)."""
    held = any(hold.kind in _LOSSES for hold in person.holds)
    return turn if not held else Turn(turn.talk, (e.Alert("told_during_hold"),), turn.replies)


def _due(meaning: Meaning, person: Person, today: date, *, again: bool = False) -> Turn:
    day = said_day(meaning.said_date, today)
    if day is None or day < today - LATE_DUE:
        unclear = again or meaning.said_date is not None
        return Turn(Talk("due:date"), (), (Reply("ask_date_again" if unclear else "due_ask"),))
    saved = (e.SetDue(day), e.LiftHolds(frozenset({HoldKind.SILENCE})))
    return _quietly(person, Turn(effects=saved, replies=(Reply("due_saved", {"date": day}),)))


def _born(meaning: Meaning, person: Person, today: date) -> Turn:
    """Before 37 weeks, or without a date, it is asked first whether baby is home (CARE 14)."""
    day = said_birth(meaning.said_date, today)
    if meaning.said_date is not None and day is None:
        return Turn(Talk("born:date"), (), (Reply("ask_date_again"),))
    pregnancy = person.family.current() if person.family is not None else None
    due = pregnancy.due_on if pregnancy is not None else None
    if day is not None and (due is None or day >= due - EARLY):
        return _saved(person, day)
    data = {} if day is None else {"born": day.isoformat()}
    return Turn(Talk("born:where", data), (), (Reply("born_where"),))


def _where(talk: Talk, meaning: Meaning, person: Person) -> Turn | None:
    hospital = meaning.digit == 2 or meaning.word is Word.NEONATAL
    if meaning.digit == 3:
        return menu(e.AnsweredCheckIn())
    if meaning.digit != 1 and not hospital:
        return None if meaning.word or meaning.topic else Turn(talk, (), (Reply("born_where"),))
    born = talk.day("born")
    if born is not None:
        return _saved(person, born, hospital=hospital)
    place = {"place": "hospital"} if hospital else {}
    return Turn(Talk("born:date", place), (), (Reply("born_ask_date"),))


def _neonatal(meaning: Meaning, person: Person, today: date) -> Turn:
    day = said_birth(meaning.said_date, today)
    if day is not None:
        return _saved(person, day, hospital=True)
    pregnancy = person.family.current() if person.family is not None else None
    if pregnancy is not None and pregnancy.born_on is not None:
        return _quietly(person, say("neonatal", e.SetNeonatal()))
    return Turn(Talk("born:date", {"place": "hospital"}), (), (Reply("born_ask_date"),))


def _saved(person: Person, day: date, *, hospital: bool = False) -> Turn:
    effects: list[e.Effect] = [e.SetBorn(day), e.LiftHolds(frozenset({HoldKind.SILENCE}))]
    effects += [e.AnsweredCheckIn(), *([e.SetNeonatal()] if hospital else [])]
    reply = Reply("neonatal") if hospital else Reply("born_saved", {"date": day})
    return _quietly(person, Turn(effects=tuple(effects), replies=(reply,)))


def _support(meaning: Meaning, person: Person) -> Turn | None:
    role = person.member.role if person.member is not None else Role.CARER
    match meaning.digit:
        case 1:
            return Turn(Talk("support:which"), (), (Reply(_SUPPORT_FOR.get(role, "support_other")),))
        case 2:
            return say("support_living_baby", e.ResumeLivingBaby()) if person.is_mother else say("not_yours")
        case 3:
            return say("support_next_pregnancy", e.RecordConsent(Purpose.NEXT_PREGNANCY))
        case 4 | 0:
            return say("support_nothing")
    return None


def _chosen(meaning: Meaning) -> Turn | None:
    agreed = e.RecordConsent(Purpose.SUPPORT_AFTER_LOSS)
    match meaning.digit:
        case 1:
            return say("support_messages_on", agreed, e.WantTopic("after_loss"))
        case 2:
            return say("support_week_on", agreed, e.WantTopic("baby_loss_awareness_week"))
        case 0:
            return say("support_nothing")
    return None
