"""Trying: one step's words, marked as a test, to a guest and nobody else, through outbox and gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.by_hand import NEVER_AFTER, Against, Facts, against
from bot.domain.campaign import Anchor, Step
from bot.domain.conversation.person import Person
from bot.domain.family import Purpose, Role
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.domain.timeline import GESTATION
from bot.errors import NotAllowed, NotFound
from bot.services import by_hand, families, leaving
from bot.services.desk import Desk
from bot.store import addresses, audit, hand, outbox, pace
from bot.store.addresses import AddressRow
from bot.words import sms
from bot.words.render import Rendered, Value, family_values, render_step

MARK = "TEST"
KEY = leaving.TEST
USEFUL = timedelta(days=1)
_MIDWAY = timedelta(weeks=20)
_GUESTS = "Guests are in THINKFAMILY_GUESTS; in a trial also whoever sent GUEST and the code."


@dataclass(frozen=True, slots=True)
class Tried:
    """A test that was queued: to whom as a role, in which language, when it goes, and how many parts it has
    (`parts`), and would have without its mark (`plain_parts`)."""

    outbox_id: int
    role: Role
    language: str
    goes: datetime
    parts: int
    plain_parts: int


def send_test(
    desk: Desk,
    step: tuple[str, str],
    to: Address,
    by: str,
    now: datetime,
    role: Role | None = None,
    language: str | None = None,
) -> Tried:
    """Queue one step's published words for a guest who is with us, as read on the day on which it opens.

    They begin with a line that says TEST, so that nobody takes them for the real thing, and count for no cap.
    STOP, consent, quiet, hours and PRIVATE are looked at here and again as it leaves; PRIVATE by then covers
    it. Raises NotAllowed (its code says why; `rehearsal`, `not_guest`, `private` among them) and NotFound
    where there is no such step to be sent.
    """
    hours.aware(now)
    if desk.mode is Mode.REHEARSAL:
        raise NotAllowed(
            "In rehearsal nothing leaves, so a test would not arrive.",
            "Use `preview`, or a trial with the phone in THINKFAMILY_GUESTS.",
            code="rehearsal",
        )

    def work(conn: sa.Connection) -> Tried:
        address = addresses.find(conn, desk.seal, to)
        person, purpose = _guest(conn, desk, to, address, now)
        assert address is not None
        assert person.member is not None
        found, spoken = _step(conn, desk, step, language or person.language, now)
        reader = _reader(found, person.member.role, role)
        published = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now))
        values = _values(found, hours.local_day(now))
        said = render_step(published.words, found.key, reader, address.channel, spoken, values)
        body = f"{MARK}\n{said.body}"
        goes = by_hand.goes(now)
        made = outbox.add_reply(
            conn, desk.seal, _row(conn, desk, address, person, purpose, body, said, goes, now), now
        )
        assert made is not None  # no inbound, so nothing that could be there already
        subject = f"family {person.member.family_id} member {person.member.id}"
        audit.record(conn, by, f"test {'/'.join(found.key)}", now, subject)
        return Tried(made, reader, said.language, goes, _parts(body, address.channel), said.parts)

    return desk.database.write(work)


def _guest(
    conn: sa.Connection, desk: Desk, to: Address, address: AddressRow | None, now: datetime
) -> tuple[Person, Purpose]:
    """The guest at this address, and a consent of theirs; NotAllowed for anyone else."""
    listed = to in desk.guests
    let_in = desk.mode is Mode.TRIAL and address is not None and address.guest
    if not (listed or let_in):
        raise NotAllowed("Tests go to guests alone, and this is none.", _GUESTS, code=Against.NOT_GUEST.value)
    person = None if address is None else families.person(conn, desk, address, now)
    if address is None or person is None or person.member is None:
        raise NotAllowed(
            "This guest has not joined: nobody is written to who did not agree.",
            "Text JOIN from that phone first.",
            code=Against.NO_CONSENT.value,
        )
    if person.member.private:
        raise NotAllowed(
            "This guest reads in private (PRIVATE), so no words go to that phone by themselves.",
            "Use another phone, or PRIVATE OFF from that one.",
            code="private",
        )
    purpose = by_hand.purpose_of(person, address.channel)
    why = against(
        Facts(
            abuse=hand.alerted_from(conn, address.id, NEVER_AFTER),
            known=not address.forgotten,
            stopped=address.stopped,
            suspended=address.suspended,
            purpose=purpose,
            held=person.family is not None and person.family.held,
        )
    )
    if why is not None:
        raise by_hand.refused(why)
    assert purpose is not None
    return person, purpose


def _step(
    conn: sa.Connection, desk: Desk, step: tuple[str, str], language: str, now: datetime
) -> tuple[Step, str]:
    """The published step, and the language its words go in; NotFound where nothing of it may be sent."""
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now))
    entry = published.by_key.get(step)
    spoken = None if entry is None else entry.language_for(language)
    if entry is None or spoken is None:
        what = "published and approved" if desk.mode is Mode.LIVE else "published"
        raise NotFound(f"{'/'.join(step)} is not {what}.", "`thinkfamily publish` keeps what is on disk.")
    return entry.step, spoken


def _reader(step: Step, theirs: Role, asked: Role | None) -> Role:
    """As whom it is read: who was asked for, else the guest's own role, else the first it is written for."""
    wanted = asked or theirs
    if wanted in step.to:
        return wanted
    written = [role for role in Role if role in step.to]
    if asked is not None:
        raise NotFound(f"It is not written for a {asked}.", f"Use one of: {', '.join(written)}.")
    return written[0]


def _values(step: Step, today: date) -> Mapping[str, Value]:
    """As for somebody for whom it opens today; where nothing counts from a due date, halfway through."""
    passed = timedelta(days=step.when.days) if step.when.anchor is Anchor.DUE else _MIDWAY
    return family_values(today + GESTATION - passed, today)


def _row(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    person: Person,
    purpose: Purpose,
    body: str,
    said: Rendered,
    goes: datetime,
    now: datetime,
) -> outbox.NewReply:
    assert person.member is not None
    return outbox.NewReply(
        address=address, inbound_id=None, n=0, kind=Kind.STAFF, body=body, language=said.language,
        sender_id=pace.sender_id(conn, address.channel, desk.senders[address.channel], now), key=KEY,
        family_id=person.member.family_id, member_id=person.member.id, not_after=goes + USEFUL,
        parts=_parts(body, address.channel), purpose=purpose.value, send_at=goes,
    )  # fmt: skip


def _parts(body: str, channel: ChannelName) -> int:
    return sms.count(body).parts if channel is ChannelName.SMS else 1
