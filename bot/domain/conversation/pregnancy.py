"""What becomes of a pregnancy, as told: due, born, in hospital, home, apart, and what follows a loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.audience import OWN_RECOVERY, lost
from bot.domain.conversation import effects as e
from bot.domain.conversation.joining import said_birth, said_day
from bot.domain.conversation.person import Person
from bot.domain.conversation.rights import Deed, may, may_tell
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.conversation.urgent import reported
from bot.domain.family import HoldKind, Pregnancy, Purpose, Role
from bot.domain.hours import local_day
from bot.domain.meaning import LossKind, Meaning, Word

CHECK_IN = "check_in"  # the campaign of the one question after the due date
AFTER_LOSS = ("after_loss", "baby_loss_awareness_week")  # topics one may ask for, and end again
A_YEAR = timedelta(days=365)
LATE_DUE = timedelta(weeks=2)
EARLY = timedelta(weeks=3)  # born before 37 weeks
UNDO_WITHIN = timedelta(days=7)
NEXT_AT_SOONEST = timedelta(weeks=40)  # a due date no later than this after a birth is no other baby's
_STILL_AN_ANSWER = timedelta(days=1)  # a "1" of last week takes no birth back
_LOSSES = frozenset({HoldKind.LOSS, HoldKind.UNCLEAR_LOSS})
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
            return _undo(person, now)
        case Word.SUPPORT:
            return menu(*_went_differently(person))
    today = local_day(now)
    if word is Word.DUE and (asked_first := _of_a_birth(meaning, person, today)):
        return asked_first
    if not may_tell(word, person):
        return say("not_yours")
    if knows_of_loss(person) and not (word is Word.DUE and _next_one(person)):
        return menu()
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
        case "due:date" if _tried(meaning):
            return _due(meaning, person, today, again=True) if _may_date(person, today) else say("not_yours")
        case "due:to_come":
            return _to_come(talk, meaning, person, today)
        case "born:where":
            return _where(talk, meaning, person, today)
        case "born:date":
            day = said_birth(meaning.said_date, today)
            if day is None:
                return Turn(talk, (), (Reply("ask_date_again"),)) if _tried(meaning) else None
            return _saved(person, day, today, talk.data)
        case "support":
            return _support(meaning, person, today)
        case "support:which":
            return _chosen(meaning, person, today)
        case "support:own":
            return _own_recovery(meaning)
    return None


def menu(*effects: e.Effect) -> Turn:
    """What somebody may ask for after a loss; nothing of it comes by itself."""
    return Turn(Talk("support"), effects, (Reply("support_menu"),))


def _went_differently(person: Person) -> tuple[e.Effect, ...]:
    """SUPPORT after the check-in: nobody's silence is waited for, the family is quiet now (CARE 18)."""
    told = person.holds or person.last_campaign != CHECK_IN or not may(Deed.DUE, person)
    return () if told else (e.ReportLoss(LossKind.UNCLEAR),)


def _next_one(person: Person) -> bool:
    """Whether a due date begins the next pregnancy: she asked for that, and nobody else would learn of it."""
    if person.member is None or person.family is None or len(person.family.members) > 1:
        return False
    return (Purpose.NEXT_PREGNANCY, person.channel) in person.member.consents


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
        and hold.at >= now - UNDO_WITHIN
        and may(Deed.UNDO_OWN if hold.member_id == person.member.id else Deed.UNDO_OTHERS, person)
        for hold in person.holds
    )


def _tried(meaning: Meaning) -> bool:
    """Whether the text was an attempt at a date, rather than another wish."""
    return meaning.said_date is not None or (meaning.word is None and meaning.topic is None)


def _quietly(person: Person, turn: Turn) -> Turn:
    """In a held family others are answered as ever and nothing changes: they cannot tell (CARE 8)."""
    if not any(hold.kind in _LOSSES for hold in person.holds):
        return turn
    if person.is_mother:  # she may know, and must not think it was saved
        return Turn(Talk("held"), (), (Reply("held_ok"),))
    return Turn(turn.talk, (e.Alert("told_during_hold"),), turn.replies)


def _undo(person: Person, now: datetime) -> Turn:
    """A loss first; else one's own BORN, which is asked about, since only a question can tell a slip."""
    if may_undo(person, now):
        return say("undone", e.UndoLoss())
    told = person.told_birth_at
    if told is None or told < now - UNDO_WITHIN or person.stopped or _told_birth(person) is None:
        return say("undo_nothing")
    return _ask_to_come(None, local_day(now))


def _told_birth(person: Person) -> Pregnancy | None:
    """The pregnancy whose birth is known, if this one may take that back: those who may say BORN.

    After a loss it is no question for anybody who knows of one. A linked parent is asked all the same, for
    they cannot tell (CARE 8), and then nothing changes.
    """
    pregnancy = person.family.current() if person.family is not None else None
    if pregnancy is None or pregnancy.born_on is None or pregnancy.apart:
        return None
    if (
        not may_tell(Word.BORN, person)
        or knows_of_loss(person)
        or (may(Deed.DUE, person) and lost(pregnancy))
    ):
        return None
    return pregnancy


def _of_a_birth(meaning: Meaning, person: Person, today: date) -> Turn | None:
    """A due date to come where a birth is known: one of the two is wrong, and nothing is inferred (P3)."""
    day = said_day(meaning.said_date, today)
    pregnancy = _told_birth(person)
    if day is None or day <= today or pregnancy is None or pregnancy.born_on is None:
        return None
    return None if day > pregnancy.born_on + NEXT_AT_SOONEST else _ask_to_come(day, today)


def _ask_to_come(due: date | None, today: date) -> Turn:
    data = {"asked": today.isoformat()} | ({} if due is None else {"due": due.isoformat()})
    return Turn(Talk("due:to_come", data), (), (Reply("birth_to_come"),))


def _to_come(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn | None:
    asked_on = talk.day("asked")
    if asked_on is None or today - asked_on > _STILL_AN_ANSWER:
        return None
    if meaning.digit == 2 or meaning.word is Word.NO:
        return say("birth_stands")
    if meaning.digit == 1 or meaning.word in (Word.YES, Word.OK):
        return _taken_back(talk.day("due"), person, today)
    return None if meaning.word or meaning.topic else Turn(talk, (), (Reply("birth_to_come"),))


def _taken_back(due: date | None, person: Person, today: date) -> Turn:
    """Baby is still to come. The due date is the mother's to say (CARE 6): another's counts where none is."""
    pregnancy = person.family.current() if person.family is not None else None
    over = pregnancy is not None and lost(pregnancy)
    if knows_of_loss(person) or (over and may(Deed.DUE, person)):
        return menu()
    day = due if due is not None and _may_date(person, today) else _due_known(person, today)
    back: tuple[e.Effect, ...] = (e.TakeBackBirth(),)
    if day is None:
        turn = Turn(Talk("due:date"), back, (Reply("due_ask"),))
    else:
        back += () if day == _due_known(person, today) else (e.SetDue(day),)
        turn = Turn(effects=back, replies=(Reply("due_saved", {"date": day}),))
    if over:  # told by one who cannot know of the loss
        return replace(turn, effects=(e.Alert("told_during_hold"),))
    return _quietly(person, turn)


def _due_known(person: Person, today: date) -> date | None:
    """The due date that is kept, if a baby may still be expected by it."""
    pregnancy = person.family.current() if person.family is not None else None
    known = None if pregnancy is None else pregnancy.due_on
    return None if known is None or known < today - LATE_DUE else known


def _may_date(person: Person, today: date) -> bool:
    return may(Deed.DUE, person) or (may_tell(Word.BORN, person) and _due_known(person, today) is None)


def _due(meaning: Meaning, person: Person, today: date, *, again: bool = False) -> Turn:
    if asked_first := _of_a_birth(meaning, person, today):
        return asked_first
    day = said_day(meaning.said_date, today)
    if day is None or day < today - LATE_DUE:
        unclear = again or meaning.said_date is not None
        return Turn(Talk("due:date"), (), (Reply("ask_date_again" if unclear else "due_ask"),))
    reply = (Reply("due_saved", {"date": day}),)
    if knows_of_loss(person):  # the next pregnancy; the day of the loss stays with the one before
        return Turn(effects=(e.SetDue(day), e.LiftHolds(_LOSSES | {HoldKind.SILENCE})), replies=reply)
    saved = (e.SetDue(day), e.LiftHolds(frozenset({HoldKind.SILENCE})))
    return _quietly(person, Turn(effects=saved, replies=reply))


def _born(meaning: Meaning, person: Person, today: date) -> Turn:
    """Before 37 weeks, or without a date, it is asked first whether baby is home (CARE 14)."""
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


def _neonatal(meaning: Meaning, person: Person, today: date) -> Turn:
    day = said_birth(meaning.said_date, today)
    if day is not None:
        return _saved(person, day, today, {"place": "hospital"})
    pregnancy = person.family.current() if person.family is not None else None
    if pregnancy is not None and pregnancy.born_on is not None:
        reply = Reply("neonatal", {"date": pregnancy.born_on})
        return _quietly(person, Turn(effects=(e.SetNeonatal(),), replies=(reply,)))
    return Turn(Talk("born:date", {"place": "hospital"}), (), (Reply("born_ask_date"),))


def _saved(person: Person, day: date, today: date, said: Mapping[str, str]) -> Turn:
    """The day of birth, read back; with a word on one's own pause, which would keep the first nights away."""
    hospital, babies = said.get("place") == "hospital", 2 if "several" in said else None
    effects: list[e.Effect] = [e.SetBorn(day, babies), e.LiftHolds(frozenset({HoldKind.SILENCE}))]
    effects += [e.AnsweredCheckIn(), *([e.SetNeonatal()] if hospital else [])]
    replies = [Reply("neonatal" if hospital else "born_saved", {"date": day})]
    until = None if person.member is None else person.member.paused_until
    if until is not None and until > today:
        replies.append(Reply("paused", {"date": until}))
    return _quietly(person, Turn(effects=tuple(effects), replies=tuple(replies)))


def _support(meaning: Meaning, person: Person, today: date) -> Turn | None:
    role = person.member.role if person.member is not None else Role.CARER
    match meaning.digit:
        case 1 if _apart(person):
            return _support_apart(person)
        case 1:
            return Turn(Talk("support:which"), (), (Reply(_SUPPORT_FOR.get(role, "support_other")),))
        case 2:
            return _living(person)
        case 3:
            return say("support_next_pregnancy", e.RecordConsent(Purpose.NEXT_PREGNANCY))
        case 4 | 0:
            return _nothing(person, today)
    return None


def _living(person: Person) -> Turn:
    """Messages for a baby who is with her. Where only an unclear word or silence stood, she has told it now;
    the day of a loss is what keeps everyone else quiet. Without any loss there is nothing to resume."""
    if not may(Deed.LIVING, person):
        return say("not_yours")
    if _apart(person):  # she says it herself: the baby is with her again
        return say("home", e.SetHome())
    pregnancies = person.family.pregnancies if person.family is not None else ()
    lost = any(one.lost_on is not None for one in pregnancies)
    born = any(one.born_on is not None for one in pregnancies)
    plain = any(hold.kind is HoldKind.LOSS for hold in person.holds)
    if not (lost or person.holds):
        return say("resumed")
    told = () if lost or plain else (e.ReportLoss(LossKind.PLAIN),)
    on = Turn(effects=(*told, e.ResumeLivingBaby()), replies=(Reply("support_living_baby"),))
    if born:
        return on
    return replace(on, talk=Talk("born:date"), replies=(*on.replies, Reply("born_ask_date")))


def _apart(person: Person) -> bool:
    """Whether the newest baby lives elsewhere, and no loss or silence is what is to be spoken of."""
    pregnancy = person.family.current() if person.family is not None else None
    return pregnancy is not None and pregnancy.apart and pregnancy.lost_on is None and not person.holds


def _support_apart(person: Person) -> Turn:
    """No word of grief for a baby who lives. A mother's own recovery is offered, and comes only then."""
    if not person.is_mother:
        return say("support_apart_other")
    return say("support_apart", talk=Talk("support:own"))


def _own_recovery(meaning: Meaning) -> Turn | None:
    match meaning.digit:
        case 1:
            return say("own_recovery_on", e.WantTopic(OWN_RECOVERY))
        case 0:
            return say("support_nothing", e.StopTopic(OWN_RECOVERY))
    return None


def _nothing(person: Person, today: date) -> Turn:
    """Nothing more: what was chosen ends, and the rest is kept away too. A relative's own pause does that,
    held or not, so that neither the answer nor what follows tells them anything (CARE 8)."""
    ended = tuple(e.StopTopic(topic) for topic in AFTER_LOSS)
    if not may(Deed.DUE, person):
        return say("support_nothing", *ended, e.Pause(today + A_YEAR))
    if person.holds or _apart(person):
        return say("support_nothing", *ended)
    return say("loss_unclear", *ended, *reported(LossKind.UNCLEAR, person))


def _chosen(meaning: Meaning, person: Person, today: date) -> Turn | None:
    agreed = e.RecordConsent(Purpose.SUPPORT_AFTER_LOSS)
    match meaning.digit:
        case 1:
            return say("support_messages_on", agreed, e.WantTopic(AFTER_LOSS[0]))
        case 2:
            return say("support_week_on", agreed, e.WantTopic(AFTER_LOSS[1]))
        case 0:
            return _nothing(person, today)
    return None
