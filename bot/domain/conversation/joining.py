"""Joining, as CARE C has it: language, consent, who, date, and the read-back with the welcome.

Who comes with a code is asked no date: the family has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from bot.domain.conversation import effects as e
from bot.domain.conversation import work
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Reply, Talk, Turn
from bot.domain.family import Purpose, Role
from bot.domain.hours import local_day
from bot.domain.inbound import InboundKind
from bot.domain.meaning import LossKind, Meaning, SaidDate, Word

PREGNANCY = timedelta(days=280)
LONGEST_AHEAD = timedelta(weeks=42)
SOONEST_KNOWN = timedelta(weeks=36)  # to a due date, from the week in which a first test can tell
OVERDUE = timedelta(weeks=2)  # how long after its due date a pregnancy may last
LONGEST_AGO = timedelta(days=732)
ROLES: Mapping[int, Role] = {
    1: Role.MOTHER,
    2: Role.FATHER,
    3: Role.PARTNER,
    4: Role.GRANDPARENT,
    5: Role.SIBLING,
    6: Role.CARER,
}
_LANGUAGE, _CONSENT, _WHO, _DATE, _HOME = (
    "join:language",
    "join:consent",
    "join:who",
    "join:date",
    "join:home",
)


def joining(talk: Talk) -> bool:
    """Whether this conversation is somebody half way through joining."""
    return talk.name.startswith("join:") or work.joining(talk)


def begin(person: Person, *before: e.Effect) -> Turn:
    """The first question. A number that cannot be written to by text is told so once (CARE 13)."""
    if person.not_a_mobile is not None:
        return Turn(effects=before, replies=() if person.told_off else (Reply("not_a_mobile"),))
    if person.codes.tried and person.codes.opens is None:
        return Turn(effects=before, replies=(Reply("code_wrong"),))
    if person.codes.opens is not None and person.codes.work:
        return work.begin(person, *before)
    if person.codes.opens is not None:
        return begin_with_code(person, *before, e.TakeCode(person.codes.opens))
    if len(person.offered) > 1:
        return _ask(Talk(_LANGUAGE), person, *before)
    return _ask(Talk(_CONSENT, {"language": person.offered[0][0]}), person, *before)


def begin_with_code(person: Person, *before: e.Effect) -> Turn:
    """The first question to one who has a code; whom we know has a language already, and agrees anew."""
    data = {"code": str(person.codes.opens)}
    if len(person.offered) > 1 and not person.known:
        return _ask(Talk(_LANGUAGE, data), person, *before)
    language = person.language if person.known else person.offered[0][0]
    return _ask(Talk(_CONSENT, data | {"language": language}), person, *before)


def by_code(talk: Talk) -> bool:
    """Whether this conversation is somebody joining by a code, whom we may know already."""
    return joining(talk) and "code" in talk.data


def carry_on(talk: Talk, meaning: Meaning, person: Person, kind: InboundKind, now: datetime) -> Turn:
    """The next question, or the same one again: it can be left for days and taken up where it stood."""
    if person.codes.tried:
        return begin(person) if person.codes.opens is not None else Turn(talk, (), (Reply("code_wrong"),))
    if kind is InboundKind.START or meaning.word in (Word.JOIN, Word.START):
        return _ask(talk, person)
    if work.joining(talk):
        return work.carry_on(talk, meaning, person)
    step: Callable[[Talk, Meaning, Person, date], Turn] = {
        _LANGUAGE: _language,
        _CONSENT: _consent,
        _WHO: _who,
        _DATE: _date,
        _HOME: _home,
    }.get(talk.name, lambda _talk, _meaning, someone, _today: begin(someone))
    return step(talk, meaning, person, local_day(now))


def again(talk: Talk, person: Person) -> Turn:
    """The question that stood, once more."""
    return _ask(talk, person)


def menu(person: Person) -> str:
    """The languages that are offered, by number, each on its own line.

    Side by side, two that run from right to left would change places, and each stand at the other's number.
    """
    return "\n".join(f"{n} {name}" for n, (_, name) in enumerate(person.offered, 1))


def _ask(talk: Talk, person: Person, *before: e.Effect) -> Turn:
    key, values = _QUESTIONS[talk.name], {}
    if talk.name == _LANGUAGE:
        values = {"menu": menu(person)}
    if talk.name == _DATE and talk.data["role"] != Role.MOTHER.value:
        key = "ask_date_relative"
    if talk.name == _WHO and "code" in talk.data:
        key = "ask_who_invited"
    return Turn(talk, before, (Reply(key, values, talk.data.get("language")),))


_QUESTIONS = {
    _LANGUAGE: "ask_language",
    _CONSENT: "consent",
    _WHO: "ask_who",
    _DATE: "ask_date_mother",
    _HOME: "born_where",
    work.CONSENT: work.ASKS,
}


def _language(talk: Talk, meaning: Meaning, person: Person, _today: date) -> Turn:
    codes = [code for code, _ in person.offered]
    chosen = meaning.language if meaning.language in codes else None
    if meaning.digit is not None and 1 <= meaning.digit <= len(codes):
        chosen = codes[meaning.digit - 1]
    return _ask(talk if chosen is None else talk.on(_CONSENT, language=chosen), person)


def _consent(talk: Talk, meaning: Meaning, person: Person, _today: date) -> Turn:
    if meaning.digit == 1 or meaning.word in (Word.YES, Word.OK):
        return _ask(talk.on(_WHO), person)
    if meaning.digit == 2 or meaning.word is Word.NO:
        return Turn(replies=(Reply("consent_declined", {}, talk.data.get("language")),))
    return _ask(talk, person)


def _who(talk: Talk, meaning: Meaning, person: Person, _today: date) -> Turn:
    role = ROLES.get(meaning.digit) if meaning.digit is not None else meaning.role
    if role is None or role not in ROLES.values() or ("code" in talk.data and role is Role.MOTHER):
        return _ask(talk, person)
    told = talk.on(_DATE, role=role.value)
    # The dates are those of the family that the code is of, and nobody is told whether there are any.
    return _welcome(told, person, None, None) if "code" in talk.data else _ask(told, person)


def _date(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn:
    if meaning.digit == 0:
        return _welcome(talk, person, None, None)
    said = said_day(meaning.said_date, today)
    weeks_told = meaning.said_date is not None and meaning.said_date.gestation_days is not None
    if said is None or (weeks_told and said < today - OVERDUE):
        return Turn(talk, (), (Reply("ask_date_again", {}, talk.data.get("language")),))
    if said > today or weeks_told:  # "41 weeks" is overdue, and no birth
        return _welcome(talk, person, said, None)
    if talk.data["role"] == Role.MOTHER.value:  # a day that has gone is no proof of a birth: ask gently
        return _ask(talk.on(_HOME, born=said.isoformat()), person)
    return _welcome(talk, person, None, said)


def _home(talk: Talk, meaning: Meaning, person: Person, _today: date) -> Turn:
    born = talk.day("born")
    match meaning.digit:
        case 1:
            return _welcome(talk, person, None, born)
        case 2:
            return _welcome(talk, person, None, born, e.SetNeonatal())
        case 3:
            joined = (*_member(talk, person, None, None), e.ReportLoss(LossKind.UNCLEAR))
            return Turn(Talk("support"), joined, (Reply("support_menu", {}, talk.data.get("language")),))
    return _ask(talk, person)


def _welcome(talk: Talk, person: Person, due: date | None, born: date | None, *more: e.Effect) -> Turn:
    day = due or born
    language = talk.data.get("language")
    reply = (
        Reply("welcome_no_date", {}, language) if day is None else Reply("welcome", {"date": day}, language)
    )
    return Turn(Talk.none(), (*_member(talk, person, due, born), *more), (reply,))


def _member(talk: Talk, person: Person, due: date | None, born: date | None) -> tuple[e.Effect, ...]:
    how = "telegram" if person.channel.value == "telegram" else "reply"
    role, language = Role(talk.data["role"]), talk.data.get("language", person.language)
    code_id = int(talk.data["code"]) if "code" in talk.data else None
    return (
        e.CreateMember(role, language, due, born, code_id),
        e.RecordConsent(Purpose.PREGNANCY_AND_BABY, how=how),
    )


def said_day(said: SaidDate | None, today: date) -> date | None:
    """The day that was said, if it can be one: weeks of pregnancy as the due date they give; else None.

    A day without a year is the due date it may be, rather than the birth it may have been; save one so
    far ahead that hardly anyone could know of that pregnancy.
    """
    if said is None or said.impossible:
        return None
    day = said.day or said.past
    if day is not None and said.past is not None and day > today + SOONEST_KNOWN:
        day = said.past
    if said.gestation_days is not None:
        day = today + PREGNANCY - timedelta(days=said.gestation_days)
    return _plausible(day, today)


def said_birth(said: SaidDate | None, today: date) -> date | None:
    """The day of birth that was said: today or before; else None."""
    if said is None or said.impossible:
        return None
    day = _plausible(said.birth, today)
    return None if day is None or day > today else day


def _plausible(day: date | None, today: date) -> date | None:
    if day is None or not today - LONGEST_AGO <= day <= today + LONGEST_AHEAD:
        return None
    return day
