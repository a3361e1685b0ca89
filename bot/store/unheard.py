"""Who has not written for long: who is to be asked whether texts are still wanted, and who stays silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.family import Purpose
from bot.domain.inbound import InboundKind
from bot.store.tables import addresses, consent_states, families, inbox, members, outbox

_NOT_WRITTEN = [kind.value for kind in (InboundKind.BLOCK, InboundKind.UNBLOCK, InboundKind.GROUP)]
_GONE_OR_GOING = ["queued", "sending", "sent", "delivered", "uncertain"]


@dataclass(frozen=True, slots=True)
class Unheard:
    """A member, and the phone that nobody wrote from."""

    family_id: int
    member_id: int
    address_id: int


@dataclass(frozen=True, slots=True)
class Which:
    """Which members are looked at: so many after one of them in the order of the key, or only that one."""

    after: tuple[int, int] = (0, 0)
    limit: int = 50
    only: Unheard | None = None


def to_ask(conn: sa.Connection, step: str, since: datetime, joined_by: date, which: Which) -> list[Unheard]:
    """Members who joined by a day, were written to and not asked since a moment,
    and from whose phone nothing came since then. Nobody in a held family, nobody without consent."""
    asked = _ours(outbox.c.kind == sa.text("'check_in'"), outbox.c.step == step, outbox.c.created_at > since)
    written_to = _ours(outbox.c.kind == sa.text("'staged'"), outbox.c.sent_at > since)
    query = _listening(which).where(
        members.c.joined_on <= joined_by,
        ~asked.where(outbox.c.state.in_(_GONE_OR_GOING)),
        written_to,
        ~_heard(since),
    )
    return _listed(conn, query)


def silent(
    conn: sa.Connection, step: str, sent_by: datetime, sent_after: datetime, which: Which
) -> list[Unheard]:
    """Members to whom the question went between two moments, and whose phone has
    not been heard from since it was made."""
    reached = outbox.c.state.in_(["sent", "delivered"])
    question = sa.and_(
        outbox.c.campaign == step, outbox.c.step == step, outbox.c.kind == sa.text("'check_in'"), reached,
        outbox.c.sent_at <= sent_by, outbox.c.sent_at > sent_after,
        outbox.c.family_id == members.c.family_id, outbox.c.member_id == members.c.member_id,
    )  # fmt: skip
    query = _listening(which).join(outbox, question).where(~_heard(outbox.c.created_at))
    return _listed(conn, query)


def _listening(which: Which) -> sa.Select[Any]:
    """Members with a live consent on a phone that can be reached, in a family that is not quiet."""
    key = sa.tuple_(members.c.family_id, members.c.member_id)
    these = key > sa.tuple_(*which.after)
    if which.only is not None:
        these = sa.and_(
            members.c.family_id == which.only.family_id, members.c.member_id == which.only.member_id
        )
    return (
        sa.select(members.c.family_id, members.c.member_id, members.c.address_id)
        .join(families, families.c.family_id == members.c.family_id)
        .join(addresses, addresses.c.address_id == members.c.address_id)
        .join(
            consent_states,
            sa.and_(
                consent_states.c.family_id == members.c.family_id,
                consent_states.c.member_id == members.c.member_id,
                consent_states.c.purpose == Purpose.PREGNANCY_AND_BABY.value,
                consent_states.c.channel == addresses.c.channel,
                consent_states.c.live,
            ),
        )
        .where(
            these,
            members.c.left_at.is_(None),
            addresses.c.stopped_at.is_(None),
            addresses.c.suspended_at.is_(None),
            ~families.c.held,
        )
        .order_by(members.c.family_id, members.c.member_id)
        .limit(which.limit)
    )


def _ours(*which: sa.ColumnElement[bool]) -> sa.Exists:
    return sa.exists().where(outbox.c.address_id == members.c.address_id, *which)


def _heard(since: Any) -> sa.Exists:
    return sa.exists().where(
        inbox.c.address_id == members.c.address_id, inbox.c.at >= since, inbox.c.kind.not_in(_NOT_WRITTEN)
    )


def _listed(conn: sa.Connection, query: sa.Select[Any]) -> list[Unheard]:
    return [Unheard(row.family_id, row.member_id, row.address_id) for row in conn.execute(query)]
