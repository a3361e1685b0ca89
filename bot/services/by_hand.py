"""Answering by hand: staff answer a text that no bot answered, once, through the outbox and its gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.by_hand import NEVER_AFTER, Against, Facts, against
from bot.domain.conversation.person import Person
from bot.domain.family import Purpose
from bot.domain.inbound import InboundKind
from bot.domain.outbox import Kind
from bot.errors import BadInput, NotAllowed, NotFound
from bot.services import families, receive
from bot.services.desk import Desk
from bot.services.together import NOT_UNDERSTOOD
from bot.store import addresses, audit, conversations, hand, inbox, outbox, pace
from bot.store.addresses import AddressRow
from bot.store.alerts import AlertRow
from bot.store.inbox import InboundRow
from bot.store.ledger import Entry
from bot.words import sms
from bot.words.characters import clean, plain_typography

N = 200  # UNIQUE(inbound, n): the bot's answers are numbered below, so a text has one by staff
KEY = "by_hand"
USEFUL = timedelta(days=2)
MOST_PARTS = sms.MOST_PARTS_GSM
_WRITTEN = frozenset({InboundKind.TEXT, InboundKind.MEDIA, InboundKind.TAP})
_STAFF = "See docs/safeguarding.md, An alert of abuse."
_SAID = {
    Against.ABUSE: ("Somebody told of abuse from this phone: nobody writes or rings back.", _STAFF),
    Against.NOT_YET: ("The bot has not looked at this text yet.", "Look again in a minute."),
    Against.BY_STAFF: ("It was answered by hand already.", "`thinkfamily inbox show` says with what."),
    Against.BY_BOT: (
        "The bot answered this text; nobody is answered twice.", "`thinkfamily inbox show` says with what."
    ),
    Against.NOT_WRITTEN: ("It is no text that asks anything.", "Nothing to do."),
    Against.NO_ADDRESS: ("Nobody can be answered: the address is not known, or was forgotten.", ""),
    Against.STOPPED: ("This phone said STOP.", "Only START from that phone ends it."),
    Against.SUSPENDED: ("Nothing arrives at this address.", "It is reachable again once it writes."),
    Against.NO_CONSENT: ("Whoever wrote has agreed to no messages here.", "Act through what you have."),
    Against.HELD: ("Their family is quiet. Nothing goes there but what somebody asks for.", _STAFF),
    Against.NOT_GUEST: ("In a trial only guests are written to.", "Add them to THINKFAMILY_GUESTS."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TextStory:
    """One text, without its words: who wrote it in ids, what answered it, and whether it may be by hand."""

    text: InboundRow
    family_id: int
    member_id: int
    private: bool
    answers: Sequence[Entry]
    alerts: Sequence[AlertRow]
    acts: Sequence[audit.Entry]
    against: str | None


def story(desk: Desk, inbound_id: int, now: datetime) -> TextStory:
    """One text with all that stands around it; no personal data. Raises NotFound."""

    def work(conn: sa.Connection) -> TextStory:
        text = _found(conn, desk, inbound_id)
        person = _person(conn, desk, text, now)
        member = None if person is None else person.member
        why = against(_facts(conn, desk, text, now))
        return TextStory(
            text=text,
            family_id=0 if member is None else member.family_id,
            member_id=0 if member is None else member.id,
            private=member is not None and member.private,
            answers=hand.answers(conn, inbound_id),
            alerts=hand.about_text(conn, inbound_id),
            acts=audit.about(conn, _subject(inbound_id)),
            against=None if why is None else " ".join(_SAID[why]).strip(),
        )

    return desk.database.read(work)


def require(desk: Desk, inbound_id: int, now: datetime) -> None:
    """Raises NotFound, and NotAllowed (its code says why) when this text may not be answered by hand."""
    desk.database.read(lambda conn: _require(conn, desk, _found(conn, desk, inbound_id), now))


def reply(desk: Desk, inbound_id: int, words: str, by: str, now: datetime) -> Entry:
    """Queue an answer to a text, which is then read; gives it as queued. Who wrote it is written down.

    It goes to the phone that wrote, by the channel of the text, within the sending hours, and only through
    the gates of its kind. A question of the bot's that stands is taken back: a "1" would answer it.
    Raises NotFound, NotAllowed, and BadInput for words that cannot be sent.
    """
    hours.aware(now)

    def work(conn: sa.Connection) -> Entry:
        text = _found(conn, desk, inbound_id)
        purpose = _require(conn, desk, text, now)
        person = _person(conn, desk, text, now)
        assert text.address_id is not None
        assert person is not None
        assert person.member is not None
        address = addresses.by_id(conn, text.address_id)
        made = _queued(conn, desk, text, address, person, _fit(words, address.channel), purpose, now)
        if made is None:  # another process was quicker
            raise refused(Against.BY_STAFF)
        conversations.forget(conn, address.id)
        inbox.close_unread(conn, inbound_id, now)
        audit.record(conn, by, "answer text", now, _subject(inbound_id))
        return next(one for one in hand.answers(conn, inbound_id) if one.outbox_id == made)

    return desk.database.write(work)


def _queued(
    conn: sa.Connection,
    desk: Desk,
    text: InboundRow,
    address: AddressRow,
    person: Person,
    body: str,
    purpose: Purpose,
    now: datetime,
) -> int | None:
    assert person.member is not None
    reply = outbox.NewReply(
        address=address, inbound_id=text.id, n=N, kind=Kind.STAFF, body=body, language=person.language,
        sender_id=pace.sender_id(conn, address.channel, desk.senders[address.channel], now), key=KEY,
        family_id=person.member.family_id, member_id=person.member.id, not_after=now + USEFUL,
        parts=sms.count(body).parts if address.channel is ChannelName.SMS else 1,
        purpose=purpose.value, send_at=goes(now),
    )  # fmt: skip
    return outbox.add_reply(conn, desk.seal, reply, now)


def goes(now: datetime) -> datetime:
    """Now, or in the next morning that sending begins on."""
    if hours.open_now(now):
        return now
    today = hours.local_day(now)
    mornings = (hours.sending_moment(day, hours.OPENS) for day in (today, today + timedelta(days=1)))
    return next(morning for morning in mornings if morning > now)


def _fit(words: str, channel: ChannelName) -> str:
    """What staff wrote, fit to leave: no control character, and on SMS no more than three parts."""
    body = plain_typography(clean(words)).strip()
    if not body:
        raise BadInput("There are no words to send.", "Write the answer.")
    most = sms.MOST_PARTS_UCS_2 if sms.encoding_of(body) is sms.Encoding.UCS_2 else MOST_PARTS
    if (parts := sms.count(body).parts) > most:
        raise BadInput(f"It has {parts} SMS parts; at most {most} are read.", "Write less.")
    return body


def _require(conn: sa.Connection, desk: Desk, text: InboundRow, now: datetime) -> Purpose:
    facts = _facts(conn, desk, text, now)
    why = against(facts)
    if why is not None:
        raise refused(why)
    assert facts.purpose is not None
    return facts.purpose


def refused(why: Against) -> NotAllowed:
    """Why staff may not write there, with what to do."""
    return NotAllowed(*_SAID[why], code=why.value)


def _facts(conn: sa.Connection, desk: Desk, text: InboundRow, now: datetime) -> Facts:
    answers = hand.answers(conn, text.id)
    by_bot = [one for one in answers if one.kind is not Kind.STAFF and one.step not in NOT_UNDERSTOOD]
    person = _person(conn, desk, text, now)
    if text.address_id is None or person is None:
        return Facts(known=False, processed=text.state != "stored")
    address = addresses.by_id(conn, text.address_id)
    return Facts(
        abuse=hand.alerted_from(conn, address.id, NEVER_AFTER),
        processed=text.state != "stored",
        by_staff=any(one.kind is Kind.STAFF for one in answers),
        by_bot=any(one.state not in hand.NEVER_LEFT for one in by_bot),
        written=text.kind in _WRITTEN,
        known=not address.forgotten,
        stopped=address.stopped,
        suspended=address.suspended,
        purpose=purpose_of(person, address.channel),
        held=person.family is not None and person.family.held,
        guest=receive.may_answer(desk, address),
    )


def purpose_of(person: Person, channel: ChannelName) -> Purpose | None:
    """A purpose that whoever wrote agreed to on this channel; None when there is none."""
    agreed = person.member.consents if person.member is not None else frozenset()
    return next((purpose for purpose in Purpose if (purpose, channel) in agreed), None)


def _person(conn: sa.Connection, desk: Desk, text: InboundRow, now: datetime) -> Person | None:
    if text.address_id is None:
        return None
    return families.person(conn, desk, addresses.by_id(conn, text.address_id), now)


def _found(conn: sa.Connection, desk: Desk, inbound_id: int) -> InboundRow:
    found = inbox.opened(conn, desk.seal, [inbound_id])
    if not found:
        raise NotFound(f"There is no text {inbound_id}.", "`thinkfamily inbox list` lists them.")
    return found[0]


def _subject(inbound_id: int) -> str:
    return f"inbound {inbound_id}"
