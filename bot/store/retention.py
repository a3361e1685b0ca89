"""Retention: what is kept no longer than it is needed, a small batch at a time (P11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.store.tables import (
    addresses,
    alerts,
    code_book,
    code_tries,
    consent_states,
    conversations,
    families,
    family_events,
    inbox,
    members,
    outbox,
    pregnancies,
)  # fmt: skip

REMAINDER = timedelta(days=2)  # longer than any provider's list is compared again
_DATES = ("due_on", "born_on", "corrected_on", "lost_on")


@dataclass(frozen=True, slots=True)
class Which:
    """Which addresses are looked at: so many after the id `after`, or only that one."""

    after: int = 0
    limit: int = 1
    only: int | None = None


def drop_texts(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Drop the words of texts from before then; gives how many."""
    sealed = sa.text("inbox.sealed IS NOT NULL")
    old = sa.select(inbox.c.inbound_id).where(sealed, inbox.c.at < before).limit(limit)
    return conn.execute(sa.update(inbox).where(inbox.c.inbound_id.in_(old)).values(sealed=None)).rowcount


def drop_bodies(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Drop the words of what was written to people before then; gives how many."""
    sealed = sa.text("outbox.sealed IS NOT NULL")
    old = sa.select(outbox.c.outbox_id).where(sealed, outbox.c.created_at < before).limit(limit)
    return conn.execute(sa.update(outbox).where(outbox.c.outbox_id.in_(old)).values(sealed=None)).rowcount


def drop_remainders(conn: sa.Connection, now: datetime, limit: int) -> int:
    """Delete what is left of texts whose address and words are gone; gives how many."""
    bare = sa.and_(inbox.c.address_id.is_(None), inbox.c.sealed.is_(None), inbox.c.at < now - REMAINDER)
    old = sa.select(inbox.c.inbound_id).where(bare).limit(limit)
    return conn.execute(sa.delete(inbox).where(inbox.c.inbound_id.in_(old))).rowcount


def drop_codes(conn: sa.Connection, now: datetime, limit: int) -> int:
    """Delete codes that are over, and wrong tries; gives how many.

    An invitation that somebody came by stays until it is ended, so that REMOVE finds them.
    """
    c = code_book.c
    unused = sa.and_(c.expires_at < now - REMAINDER, sa.or_(c.member_id.is_(None), c.purpose == "newphone"))
    over = sa.or_(c.ended_at < now - REMAINDER, unused)
    old = sa.select(c.code_id).where(over).limit(limit)
    gone = conn.execute(sa.delete(code_book).where(c.code_id.in_(old))).rowcount
    tried = sa.select(code_tries.c.try_id).where(code_tries.c.at < now - REMAINDER).limit(limit)
    return gone + conn.execute(sa.delete(code_tries).where(code_tries.c.try_id.in_(tried))).rowcount


def drop_codes_of(conn: sa.Connection, family_id: int) -> None:
    """Delete every code of a family whose mother is erased: the invitations were hers."""
    conn.execute(sa.delete(code_book).where(code_book.c.family_id == family_id))


def drop_talks(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Forget conversations that nobody took up again since then; gives how many."""
    old = sa.select(conversations.c.address_id).where(conversations.c.updated_at < before).limit(limit)
    return conn.execute(sa.delete(conversations).where(conversations.c.address_id.in_(old))).rowcount


def abandoned(
    conn: sa.Connection, before: datetime, answered_before: datetime, texts_before: datetime, which: Which
) -> list[int]:
    """Addresses that belong to no member and need not be kept.

    Nothing came from them since `before` (a sign-up that was left, someone we do not know), or nothing of
    theirs is left but our last answer, from before `answered_before` (they asked to be erased). While an
    alert about a text of theirs is open they are kept, at most until `texts_before`.
    """
    texts = _some(inbox)
    left = sa.or_(_quiet_since(before), sa.and_(~texts, _quiet_since(answered_before)))
    ids = addresses.c.address_id
    query = (
        sa.select(ids)
        .where(ids > which.after if which.only is None else ids == which.only)
        .where(addresses.c.sealed.is_not(None), ~_some(members), ~_watched(texts_before), left)
        .order_by(ids)
        .limit(which.limit)
    )
    return list(conn.execute(query).scalars())


def forget_stopped(conn: sa.Connection, before: datetime, watched_since: datetime, limit: int) -> int:
    """Forget the numbers of addresses that said STOP before then; gives how many.

    The keyed hash stays, so that the STOP does; whose text comes later is known by it, and kept again. Kept
    meanwhile: what somebody wrote from since, what has yet to leave, or an open alert since `watched_since`.
    """
    open_row = _some(outbox, outbox.c.state.in_(("waiting", "queued", "sending")))
    wrote = _some(inbox, sa.or_(inbox.c.at >= before, inbox.c.state == "stored"))
    old = (
        sa.select(addresses.c.address_id)
        .where(addresses.c.stopped_at < before, addresses.c.sealed.is_not(None))
        .where(~open_row, ~wrote, ~_watched(watched_since))
        .limit(limit)
    )
    return conn.execute(
        sa.update(addresses).where(addresses.c.address_id.in_(old)).values(sealed=None)
    ).rowcount


def _watched(since: datetime) -> sa.ColumnElement[bool]:
    """An alert about a text of theirs is open, and the text is from then or later."""
    return _some(
        inbox, inbox.c.inbound_id == alerts.c.inbound_id, alerts.c.closed_at.is_(None), inbox.c.at >= since
    )


def _quiet_since(moment: datetime) -> sa.ColumnElement[bool]:
    """Nothing came from an address, and nothing of ours to it moved, since then."""
    return sa.and_(
        addresses.c.created_at < moment,
        ~_some(inbox, inbox.c.at >= moment),
        ~_some(outbox, outbox.c.updated_at >= moment),
        ~_some(outbox, outbox.c.state == "sending"),
    )


def _some(table: sa.Table, *which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """There is such a row of an address."""
    return sa.exists().where(table.c.address_id == addresses.c.address_id, *which).correlate(addresses)


def changed_ends(conn: sa.Connection, programme_before: date, limit: int) -> list[tuple[int, bool]]:
    """Families that have ended and are not marked so, or go on again: (family_id, ended).

    A family has ended when nobody in it has a live consent, or when every date it gave is from before
    `programme_before`.
    """
    f = families.c
    agreed = sa.exists().where(consent_states.c.family_id == f.family_id, consent_states.c.live)
    told = sa.exists().where(pregnancies.c.family_id == f.family_id)
    recent = sa.exists().where(
        pregnancies.c.family_id == f.family_id,
        sa.or_(*(pregnancies.c[name] >= programme_before for name in _DATES)),
    )
    ended = sa.or_(~agreed, sa.and_(told, ~recent))
    marked = f.ended_on.is_not(None)
    query = (
        sa.select(f.family_id, marked.label("marked"))
        .where(sa.or_(sa.and_(ended, ~marked), sa.and_(~ended, marked)))
        .order_by(f.family_id)
        .limit(limit)
    )
    return [(row.family_id, not row.marked) for row in conn.execute(query)]


def mark_end(conn: sa.Connection, family_id: int, ended_on: date | None) -> None:
    """The family ended on this day, or (None) goes on."""
    conn.execute(sa.update(families).where(families.c.family_id == family_id).values(ended_on=ended_on))


def with_old_dates(conn: sa.Connection, ended_before: date, limit: int) -> list[int]:
    """Families that ended before then and whose dates are still there."""
    dated = sa.exists().where(
        pregnancies.c.family_id == families.c.family_id,
        sa.or_(*(pregnancies.c[name].is_not(None) for name in _DATES)),
    )
    query = (
        sa.select(families.c.family_id)
        .where(sa.text("ended_on IS NOT NULL"), families.c.ended_on < ended_before)
        .where(sa.or_(dated, families.c.moved_on.is_not(None)))
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def drop_dates(conn: sa.Connection, family_id: int) -> None:
    """Drop a family's dates, what its events say of them, and the windows made from them."""
    none: dict[str, Any] = dict.fromkeys(_DATES)
    none |= {"checked_in_at": None, "check_in_answered_at": None}
    conn.execute(sa.update(pregnancies).where(pregnancies.c.family_id == family_id).values(none))
    conn.execute(sa.update(family_events).where(family_events.c.family_id == family_id).values(detail={}))
    conn.execute(sa.update(families).where(families.c.family_id == family_id).values(moved_on=None))
    windows = {"opens_on": None, "closes_on": None}
    conn.execute(sa.update(outbox).where(outbox.c.family_id == family_id).values(windows))
