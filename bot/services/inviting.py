"""Inviting: codes given out, tried and taken, and what REMOVE, LEAVE and NEWPHONE change (CARE 8-10, 23).

We never write to somebody who was invited: the mother passes the text on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from bot.domain import code as rules
from bot.domain import hours
from bot.domain.code import CodeFor
from bot.domain.conversation import household as conversation
from bot.domain.conversation import joining, work
from bot.domain.conversation.person import Codes, Person
from bot.domain.conversation.support import AFTER_LOSS
from bot.domain.conversation.turn import Talk
from bot.domain.family import HoldKind, Link, Member, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Meaning, Word
from bot.services import wishes
from bot.services.desk import Desk
from bot.services.enrol import Enrolled, roles_at
from bot.store import addresses, alerts, codes, dossier, families, household, moving, pace, work_codes
from bot.store.addresses import AddressRow

MOVED = "newphone"  # how somebody agreed who moved here by a code
GUESSED = "codes_guessed"  # more wrong codes in an hour than slips of the finger explain


_OF_CODES = frozenset({Word.JOIN, Word.NEWPHONE, Word.INVITE, Word.REMOVE})


def asks_the_book(meaning: Meaning, talk: Talk, kind: InboundKind) -> bool:
    """Whether `gathered` may have anything to look up, or a code was given before in this conversation."""
    return (
        kind is InboundKind.START
        or meaning.word in _OF_CODES
        or conversation.asked(talk)
        or joining.by_code(talk)
    )


def gathered(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    person: Person,
    meaning: Meaning,
    talk: Talk,
    kind: InboundKind,
    text: str,
    now: datetime,
) -> Person:
    """The person with what the book of codes says to what was written; a wrong code is counted here."""
    word = Word.JOIN if kind is InboundKind.START else meaning.word
    given = text.strip() if kind is InboundKind.START else meaning.code
    found = Codes()
    if word in (Word.JOIN, Word.NEWPHONE) and given is not None and rules.is_code(given):
        found = _tried(conn, desk, address, person, given, word, now)
    elif word in (Word.INVITE, Word.NEWPHONE) and person.member is not None:
        found = Codes(fresh=_fresh(conn, desk, person, word, now))
    elif word is Word.REMOVE and person.family is not None:
        found = _invited(conn, desk, person.family.id, meaning.label)
    elif conversation.asked(talk) or work.joining(talk):
        kept = codes.still_good(conn, int(talk.data["code"]), address.id, now)
        moves = kept is not None and conversation.asked(talk)
        if kept is not None and (not moves or _mover(conn, kept, address.id)):
            found = Codes(opens=kept.id, work=_of_work(conn, kept))
    return replace(person, codes=found)


def _tried(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    person: Person,
    given: str,
    word: Word,
    now: datetime,
) -> Codes:
    """Whoever has tried too many is answered as for a wrong one, and the code is not looked at."""
    here, anywhere = codes.tries(conn, address.id, now)
    if not rules.may_try(here, anywhere):
        return Codes(tried=True)
    purpose = CodeFor.JOIN if word is Word.JOIN else CodeFor.NEWPHONE
    found = codes.good(conn, desk.seal, given, purpose, address.id, now) if rules.well_made(given) else None
    if found is not None and (purpose is CodeFor.JOIN or _mover(conn, found, address.id)):
        own = person.family is not None and person.family.id == found.family_id
        return Codes(tried=True, opens=found.id, own=own, work=_of_work(conn, found))
    codes.wrong(conn, address.id, now)
    if anywhere + 1 == rules.WRONG_ANYWHERE:
        alerts.raise_alert(conn, GUESSED, now)
    return Codes(tried=True)


def _of_work(conn: sa.Connection, code: codes.Code) -> bool:
    """Whether somebody at work joins by this code, or moves to another phone by it."""
    if work_codes.is_one(code):
        return True
    members = household.load(conn, [code.family_id])[0].members
    return any(one.id == code.member_id and one.role is Role.PROFESSIONAL for one in members)


def _mover(conn: sa.Connection, code: codes.Code, address_id: int) -> Member | None:
    """The member of a code, who is still there, at another phone than this, which has not said STOP; this
    one is for the same as theirs, a family or work."""
    for member in household.load(conn, [code.family_id])[0].members:
        if member.id == code.member_id and member.address is not None:
            here = roles_at(conn, address_id)
            work = member.role is Role.PROFESSIONAL
            alike = not here or work is (Role.PROFESSIONAL in here)
            may = alike and member.address.id != address_id and not member.address.stopped
            return member if may else None
    return None


def _fresh(conn: sa.Connection, desk: Desk, person: Person, word: Word, now: datetime) -> str | None:
    assert person.member is not None
    family_id = person.member.family_id
    purpose = CodeFor.JOIN if word is Word.INVITE else CodeFor.NEWPHONE
    lately = codes.asked_since(conn, family_id, purpose, now - rules.HERE)
    waiting = codes.unused(conn, family_id, now) if purpose is CodeFor.JOIN else 0
    return codes.fresh(conn, desk.seal) if rules.may_ask(lately, waiting) else None


def _invited(conn: sa.Connection, desk: Desk, family_id: int, label: str) -> Codes:
    named = codes.called(desk.seal, family_id, label)
    return Codes(invited=codes.standing(conn, family_id), named=codes.standing(conn, family_id, named) > 0)


def invite(
    conn: sa.Connection, desk: Desk, family_id: int, member_id: int, digits: str, label: str, until: date,
    now: datetime,
) -> None:  # fmt: skip
    """Keep an invitation that is about to be told to the mother."""
    families.begin_change(conn, family_id, hours.local_day(now))
    codes.add(conn, desk.seal, digits, CodeFor.JOIN, family_id, now, _ends(until), label=label)
    families.event(conn, family_id, "invite", now, member_id, until=until)


def remove(
    conn: sa.Connection, desk: Desk, family_id: int, by: int, label: str, role: Role | None, now: datetime
) -> None:
    """Whoever came by invitations of this name, or (a role's word) in that role, is linked no longer.

    No name: the one invitation that stands.
    """
    families.begin_change(conn, family_id, hours.local_day(now))
    which = (codes.called(desk.seal, family_id, label),) if label else ()
    gone = set(codes.end(conn, family_id, now, *which))
    here = [member for member in household.load(conn, [family_id])[0].members if member.link is Link.CODE]
    families.event(conn, family_id, "remove", now, by)
    for member in here:
        if member.id in gone or (role is not None and member.role is role):
            unlink(conn, family_id, member.id, now)


def unlink(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> int:
    """A relative shares the family's dates no longer: they are with us by themselves, and told nothing.

    General messages go on, as for everybody who joins without a code (CARE 9). Gives their own family.
    """
    alone = families.add(conn, now)
    families.begin_change(conn, family_id, hours.local_day(now))
    families.begin_change(conn, alone, hours.local_day(now))
    moving.to_family(conn, family_id, member_id, alone, Link.OWN, now)
    # Chosen for a family whose loss they may not know of, and which nothing here tells of any more (CARE 19).
    families.forget_choices(conn, alone, member_id, but=AFTER_LOSS)
    families.event(conn, alone, "unlinked", now, member_id)
    return alone


def join_by_code(
    conn: sa.Connection, family_id: int, member_id: int, code_id: int, address_id: int, now: datetime
) -> tuple[int, int]:
    """Somebody who was with us by themselves shares the family's dates; what they told alone is forgotten.

    Gives family and member as they are by then: unchanged when the invitation was ended meanwhile.
    """
    code = codes.taken(conn, code_id, address_id)
    if code is None or work_codes.is_one(code):
        return family_id, member_id
    for one in sorted((family_id, code.family_id)):
        families.begin_change(conn, one, hours.local_day(now))
    moving.to_family(conn, family_id, member_id, code.family_id, Link.CODE, now)
    dossier.erase_family(conn, family_id)
    codes.came(conn, code_id, member_id)
    families.event(conn, code.family_id, "linked", now, member_id)
    return code.family_id, member_id


def family_of(conn: sa.Connection, code_id: int, address_id: int) -> int | None:
    """The family that a code taken by this address opens; None when the invitation was ended meanwhile."""
    code = codes.taken(conn, code_id, address_id)
    return None if code is None or work_codes.is_one(code) else code.family_id


def at_work(conn: sa.Connection, code_id: int, address_id: int) -> bool:
    """Whether a code taken by this address is one of staff's, for a professional, and stands."""
    code = codes.taken(conn, code_id, address_id)
    return code is not None and work_codes.is_one(code)


def came(conn: sa.Connection, joined: Enrolled, code_id: int, now: datetime) -> None:
    """Somebody joined by this code; whom it found linked already may hear of the newest pregnancy too."""
    codes.came(conn, code_id, joined.member_id)
    moving.sees_now(conn, joined.family_id, joined.member_id)
    families.event(conn, joined.family_id, "linked", now, joined.member_id)


def ask_new_phone(
    conn: sa.Connection, desk: Desk, family_id: int, member_id: int, digits: str, until: date, now: datetime
) -> None:
    """Keep a code for a member's move to another phone; an earlier one is over."""
    families.begin_change(conn, family_id, hours.local_day(now))
    codes.end_moves(conn, family_id, member_id, now)
    codes.add(conn, desk.seal, digits, CodeFor.NEWPHONE, family_id, now, _ends(until), member_id=member_id)
    families.event(conn, family_id, "newphone_asked", now, member_id)


def _ends(until: date) -> datetime:
    """The end of that London day."""
    return datetime.combine(until + timedelta(days=1), time(0), hours.LONDON).astimezone(UTC)


def move_here(
    conn: sa.Connection, desk: Desk, code_id: int, address_id: int, words: str, now: datetime
) -> None:
    """A member has another phone from now on: what they agreed to holds there, and no longer at the old one.

    The old address keeps its STOP and its history, and is told nothing: somebody else may have it by now.
    """
    code = codes.still_good(conn, code_id, address_id, now)
    if code is None:
        return
    families.begin_change(conn, code.family_id, hours.local_day(now))
    addresses.hold(conn, address_id)
    # Looked at again, now that nobody else changes either: a STOP that came meanwhile counts (P2).
    code = codes.still_good(conn, code_id, address_id, now)
    if code is None or addresses.by_id(conn, address_id).stopped:
        return
    member = _mover(conn, code, address_id)
    if member is not None:
        moved(conn, desk, member, address_id, MOVED, words, now)


def moved(
    conn: sa.Connection, desk: Desk, member: Member, address_id: int, how: str, words: str, now: datetime
) -> None:
    """A member who has an address is reached at this one from now on; `how` they agreed to that.

    A mother who could not be reached at the old one is away no longer: her family's quiet for that ends.
    """
    assert member.address is not None  # the caller has seen to it
    family_id, today = member.family_id, hours.local_day(now)
    families.begin_change(conn, family_id, today)
    here = addresses.by_id(conn, address_id)
    channel, before = here.channel, member.address.channel
    sender_id = pace.sender_id(conn, channel, desk.senders[channel], now)
    moving.to_address(conn, family_id, member.id, address_id, channel.value, sender_id, today, now)
    wishes.carry_over(conn, member, before, channel, how, words, now)
    codes.end_moves(conn, family_id, member.id, now)
    families.event(conn, family_id, "newphone", now, member.id)
    if not here.suspended:
        families.lift_holds(
            conn, family_id, now, member.id, kinds=(HoldKind.MOTHER_AWAY,), member_id=member.id
        )
        families.raise_epoch(conn, family_id)
