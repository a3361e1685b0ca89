"""Consents: an append-only ledger, and one row a key that says how it stands, written together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.consent import Consent
from bot.domain.family import Purpose
from bot.store.conflicts import insert_new
from bot.store.ids import new_id
from bot.store.tables import consent_states, consents

_S = consent_states.c


def record(conn: sa.Connection, consent: Consent) -> None:
    """Write one entry of the ledger and how its key now stands, in this transaction."""
    consent_id = _next_id(conn, consent.family_id)
    conn.execute(
        sa.insert(consents).values(
            family_id=consent.family_id, consent_id=consent_id, member_id=consent.member_id,
            purpose=consent.purpose.value, channel=consent.channel.value, given=consent.given,
            at=consent.at, how=consent.how, words_version=consent.words_version,
        )
    )  # fmt: skip
    which = {
        "family_id": consent.family_id, "member_id": consent.member_id,
        "purpose": consent.purpose.value, "channel": consent.channel.value,
    }  # fmt: skip
    state = {"live": consent.given, "consent_id": consent_id}
    conn.execute(insert_new(conn, consent_states), which | state)
    same_key = [_S[name] == value for name, value in which.items()]
    conn.execute(sa.update(consent_states).where(*same_key, _S.consent_id < consent_id).values(**state))


def _next_id(conn: sa.Connection, family_id: int) -> int:
    """An id after every entry there is, though another host's clock may have been ahead of ours."""
    last = conn.execute(
        sa.select(sa.func.max(consents.c.consent_id)).where(consents.c.family_id == family_id)
    ).scalar()
    return max(new_id(), (last or 0) + 1)


def ledger(conn: sa.Connection, family_id: int) -> list[Consent]:
    """Every entry of a family, in the order written."""
    rows = conn.execute(
        sa.select(consents).where(consents.c.family_id == family_id).order_by(consents.c.consent_id)
    )
    return [_consent(row) for row in rows]


def states(conn: sa.Connection, family_id: int) -> dict[tuple[int, int, Purpose, ChannelName], bool]:
    """How every key of a family stands; equal to `domain.consent.state(ledger)`, always."""
    rows = conn.execute(sa.select(consent_states).where(_S.family_id == family_id))
    return {
        (row.family_id, row.member_id, Purpose(row.purpose), ChannelName(row.channel)): row.live
        for row in rows
    }


def withdraw_all(
    conn: sa.Connection, family_id: int, member_id: int, channel: ChannelName, now: datetime, how: str
) -> list[Purpose]:
    """Withdraw every live consent of a member on a channel; gives the purposes that were live."""
    live = conn.execute(
        sa.select(_S.purpose)
        .where(_S.family_id == family_id, _S.member_id == member_id, _S.channel == channel.value, _S.live)
        .order_by(_S.purpose)
    ).scalars()
    purposes = [Purpose(value) for value in live]
    for purpose in purposes:
        record(conn, Consent(family_id, member_id, purpose, channel, False, now, how, ""))
    return purposes


def withdrawn_by(
    conn: sa.Connection, family_id: int, member_id: int, channel: ChannelName, hows: tuple[str, ...]
) -> list[tuple[Purpose, str]]:
    """What a member's latest word on a channel took back in one of these ways (a STOP, a block).

    Each with the version of the words that had been agreed to before.
    """
    entries = [
        entry
        for entry in ledger(conn, family_id)
        if entry.member_id == member_id and entry.channel is channel
    ]
    last = {entry.purpose: entry for entry in entries}
    words = {entry.purpose: entry.words_version for entry in entries if entry.given}
    return [
        (purpose, words[purpose])
        for purpose, entry in sorted(last.items())
        if not entry.given and entry.how in hows and purpose in words
    ]


def _consent(row: sa.Row[Any]) -> Consent:
    return Consent(
        row.family_id, row.member_id, Purpose(row.purpose), ChannelName(row.channel), row.given,
        row.at, row.how, row.words_version,
    )  # fmt: skip
