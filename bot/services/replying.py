"""Replies become outbox rows, in the transaction that caused them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.conversation.person import Person
from bot.domain.conversation.preferences import SHOWN
from bot.domain.conversation.turn import Reply
from bot.domain.outbox import Kind
from bot.errors import ContentError, NotFound
from bot.services import leaving
from bot.services.desk import Desk
from bot.store import addresses, alerts, claims, inbox, outbox, pace, shown
from bot.store.addresses import AddressRow
from bot.store.outbox import NewReply
from bot.words.languages import Day
from bot.words.render import Rendered, Words, render_reply

AN_HOUR = timedelta(hours=1)
NOTHING_TO_READ = "nothing_to_read"
NOT_A_MOBILE = "not_a_mobile"  # said once to an address (CARE 13)
MORE_THAN_WORDS = frozenset({NOT_A_MOBILE, SHOWN})  # with these something is written down besides
A_FLOOD = 20  # replies to one address in an hour; then we are quiet, except in a crisis
NO_ANSWERS = frozenset({"not_understood", "join_first", "voice_note"})  # ... said so often in ten minutes
A_FEW, TEN_MINUTES = 3, timedelta(minutes=10)
OWED = frozenset({"loss", "loss_thanks", "loss_unclear", "stopped", "wrong_number"})  # ... and twice as far


def write(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    person: Person,
    inbound_id: int,
    replies: Sequence[Reply],
    first: int,
    now: datetime,
) -> int:
    """Queue replies to one inbound message, numbered from `first`; gives how many were written.

    A crisis is answered in the person's language and in English, and where the first has no words, once.
    Of a flood only crisis answers are written, and what a LOSS or STOP is owed (CARE 16), as long as no
    machine can be answering us. That something was not understood is said a few times, then not for a while:
    the texts are kept for a person all the same. Words that are missing raise an alert, not an error: what
    the message changed must stand.
    """
    if not replies:
        return 0
    room = A_FLOOD - outbox.replies_since(conn, [address.id], now - AN_HOUR)[address.id]
    words = reply_words(desk, conn, now)
    written, said = 0, set[str]()
    for n, reply in enumerate(replies, first):
        if not reply.crisis and room <= (-A_FLOOD if reply.key in OWED else 0):
            structlog.get_logger().warning("flood", address_id=address.id)
            continue
        if reply.key in NO_ANSWERS and _said_enough(conn, address, reply, now):
            continue
        rendered = _rendered(conn, desk, words, address, person, reply, inbound_id, now)
        if reply.key == NOT_A_MOBILE:
            addresses.mark_told_off(conn, address.id, now)
        if rendered is not None and not (reply.crisis and rendered.body in said):
            said.add(rendered.body)
            written += _queue(conn, desk, address, person, reply, rendered, inbound_id, n, now)
            room -= not reply.crisis
    return written


def _said_enough(conn: sa.Connection, address: AddressRow, reply: Reply, now: datetime) -> bool:
    """Whether somebody has read so often lately that they were not understood, or not heard."""
    return outbox.said_since(conn, address.id, reply.key, now - TEN_MINUTES) >= A_FEW


def reply_words(desk: Desk, conn: sa.Connection, now: datetime) -> Words:
    """The words that answers are made from at this moment."""
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now))
    return published.replies


def _rendered(
    conn: sa.Connection,
    desk: Desk,
    words: Words,
    address: AddressRow,
    person: Person,
    reply: Reply,
    inbound_id: int,
    now: datetime,
) -> Rendered | None:
    if reply.key == SHOWN:
        return _shown(conn, desk, words, address, person, int(str(reply.values["row"])), now)
    try:
        return in_words(words, reply, person, now)
    except (NotFound, ContentError):
        alerts.raise_alert(conn, "no_words", now, inbound_id=inbound_id)
        structlog.get_logger().error("reply_without_words", key=reply.key, inbound_id=inbound_id)
        return None


def in_words(words: Words, reply: Reply, person: Person, now: datetime) -> Rendered:
    """The words of a reply to this person. Raises NotFound and ContentError as `render_reply` does."""
    today = hours.local_day(now)
    values = {
        name: Day(value, today) if isinstance(value, date) else value for name, value in reply.values.items()
    }
    return render_reply(words, reply.key, reply.language or person.language, person.channel, values)


def _shown(
    conn: sa.Connection,
    desk: Desk,
    words: Words,
    address: AddressRow,
    person: Person,
    row_id: int,
    now: datetime,
) -> Rendered:
    """What PRIVATE kept from the screen, in today's words; what may not be sent any more is not shown."""
    try:
        return leaving.press(desk, conn, now).words(claims.load(conn, [row_id])[0])[0]
    except (NotFound, ContentError):
        return render_reply(words, NOTHING_TO_READ, person.language, address.channel, {})


def _queue(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    person: Person,
    reply: Reply,
    rendered: Rendered,
    inbound_id: int,
    n: int,
    now: datetime,
) -> int:
    sender_id = pace.sender_id(conn, address.channel, desk.senders[address.channel], now)
    new = new_reply(desk, address, person, reply, rendered, sender_id, inbound_id, n, now)
    in_doubt = replace(new, in_doubt_since=_maybe_answered(conn, desk, inbound_id))
    made = outbox.add_reply(conn, desk.seal, in_doubt, now)
    if made is not None and reply.key == SHOWN and address.channel is ChannelName.TELEGRAM:
        shown.remove_later(conn, made, now)
    return int(made is not None)


def new_reply(
    desk: Desk,
    address: AddressRow,
    person: Person,
    reply: Reply,
    rendered: Rendered,
    sender_id: int,
    inbound_id: int,
    n: int,
    now: datetime,
) -> NewReply:
    """The n-th reply to an inbound message, as the outbox has it."""
    member = person.member
    return NewReply(
        address=address, sender_id=sender_id, inbound_id=inbound_id, n=n,
        kind=Kind.CRISIS if reply.crisis else Kind.REPLY, body=rendered.body, language=rendered.language,
        key=reply.key, family_id=0 if member is None else member.family_id,
        member_id=0 if member is None else member.id,
        not_after=None if reply.crisis else _not_after(desk, reply, now),
        buttons=reply.buttons, parts=rendered.parts,
    )  # fmt: skip


def _not_after(desk: Desk, reply: Reply, now: datetime) -> datetime:
    useful = now + timedelta(minutes=desk.config.retention.reply_minutes)
    return useful if reply.until is None else min(useful, reply.until)


def _maybe_answered(conn: sa.Connection, desk: Desk, inbound_id: int) -> datetime | None:
    """When a text came that may have been answered before the database was restored; None for any other.

    Its answer is in doubt: the provider's list says whether it left, and it goes if it did not.
    """
    if desk.restored_at is None:
        return None
    at = inbox.written_at(conn, inbound_id)
    return at if at is not None and at < desk.restored_at else None
