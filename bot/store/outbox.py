"""What leaves: replies written, open rows closed; claims are in store.claims, outcomes in store.outcomes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.domain.outbox import CLOSED_UNSENT, Kind, Reason, State
from bot.store.bulk import Bulk, among_ids
from bot.store.conflicts import insert_new, insert_new_on
from bot.store.ids import new_id, public_id
from bot.store.prepared import Prepared
from bot.store.sealed import Seal
from bot.store.tables import outbox

if TYPE_CHECKING:
    from bot.store.addresses import AddressRow

Buttons = Sequence[Sequence[tuple[str, str]]]

_OPEN = sa.text("state IN ('waiting', 'queued')")
_MARK = "\x1e"  # between a body and its buttons: no template can write it

_REPLIES = (
    sa.select(outbox.c.address_id, sa.func.count())
    .where(
        among_ids(outbox.c.address_id),
        outbox.c.kind == Kind.REPLY.value,
        outbox.c.created_at > sa.bindparam("after"),
    )
    .group_by(outbox.c.address_id)
)
_REPLIES_SINCE = Prepared(_REPLIES)
_SAID_SINCE = Prepared(_REPLIES.where(outbox.c.step == sa.bindparam("key")))


def close_open(
    conn: sa.Connection,
    *,
    kinds: Iterable[Kind],
    state: State,
    reason: Reason,
    now: datetime,
    family_id: int | None = None,
    member_id: int | None = None,
    address_id: int | None = None,
    pregnancy_id: int | None = None,
    campaign: str | None = None,
    steps: Collection[str] | None = None,
) -> int:
    """Close what waits or is queued and fits all that is given; gives how many rows it was.

    `state` is skipped, expired or cancelled. Rows from `sending` on are spent and are left alone.
    Something must narrow it: a family, an address or a campaign.
    """
    if state not in CLOSED_UNSENT:
        raise ValueError(f"an open row does not close as {state}")
    if family_id is None and address_id is None and campaign is None:
        raise ValueError("say whose rows: a family, an address or a campaign")
    which: list[Any] = [_OPEN, outbox.c.kind.in_(sorted(kinds))]
    given = {
        outbox.c.family_id: family_id,
        outbox.c.member_id: member_id,
        outbox.c.address_id: address_id,
        outbox.c.pregnancy_id: pregnancy_id,
        outbox.c.campaign: campaign,
    }
    which += [column == value for column, value in given.items() if value is not None]
    if steps is not None:
        which.append(outbox.c.step.in_(sorted(steps)))
    closed = {"state": state.value, "reason": reason.value, "updated_at": now}
    return conn.execute(sa.update(outbox).where(*which).values(closed)).rowcount


@dataclass(frozen=True, slots=True)
class NewReply:
    """An answer to be queued: the n-th to an inbound message, if it answers one. `repr` hides its words.

    `kind` is reply, crisis or staff; family and member are 0 for an address that no family has.
    `not_after` is when it becomes useless (30 minutes for a reply, None for a crisis answer).
    `purpose`: the consent that one by staff goes by. `send_at`: when it may go, now if left out.
    `in_doubt_since`: it may have left after this moment, before the database was restored.
    """

    address: AddressRow
    sender_id: int
    inbound_id: int | None
    n: int
    kind: Kind
    body: str = field(repr=False)
    language: str
    key: str
    family_id: int
    member_id: int
    not_after: datetime | None
    buttons: Buttons = ()
    parts: int | None = None
    in_doubt_since: datetime | None = None
    purpose: str = ""
    send_at: datetime | None = None


def add_reply(conn: sa.Connection, seal: Seal, reply: NewReply, now: datetime) -> int | None:
    """Queue a reply; gives its row's id, None when it is there already."""
    made = insert_new(conn, outbox, outbox.c.outbox_id)
    done: int | None = conn.execute(made, _as_row(seal, reply, now)).scalar()
    return done


def add_replies(conn: sa.Connection, seal: Seal, replies: Sequence[NewReply], now: datetime) -> None:
    """Queue these replies; those that are there already stay as they are."""
    if not replies:
        return
    rows = [_as_row(seal, one, now) for one in replies]
    names = tuple(rows[0])
    _adding(conn.dialect.name, names).run(conn, [[row[name] for name in names] for row in rows])


@lru_cache(maxsize=4)
def _adding(dialect: str, names: tuple[str, ...]) -> Bulk:
    new = {name: sa.bindparam(f"new_{name}", type_=outbox.c[name].type) for name in names}
    return Bulk(insert_new_on(dialect, outbox).values(new), [f"new_{name}" for name in names], dialect)


def _as_row(seal: Seal, one: NewReply, now: datetime) -> dict[str, Any]:
    doubted = one.in_doubt_since is not None
    return {
        "outbox_id": new_id(), "public_id": public_id(), "kind": one.kind.value,
        "state": (State.UNCERTAIN if doubted else State.QUEUED).value,
        "reason": Reason.RESTORED.value if doubted else None, "attempted_at": one.in_doubt_since,
        "family_id": one.family_id, "member_id": one.member_id, "address_id": one.address.id,
        "channel": one.address.channel.value, "sender_id": one.sender_id, "step": one.key,
        "inbound_id": one.inbound_id, "n": one.n,
        "sealed": seal.seal("outbox.body", pack(one.body, one.buttons)),
        "language": one.language, "parts": one.parts, "purpose": one.purpose,
        "send_at": one.send_at or now, "not_after": one.not_after,
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def pack(body: str, buttons: Buttons = ()) -> str:
    """A body and its buttons as the one text that is sealed."""
    if not buttons:
        return body
    return (
        body + _MARK + json.dumps([[list(button) for button in row] for row in buttons], ensure_ascii=False)
    )


def unpack(packed: str) -> tuple[str, list[list[tuple[str, str]]]]:
    """The body, and the rows of (label, text it stands for)."""
    body, _, buttons = packed.partition(_MARK)
    return body, [[(label, text) for label, text in row] for row in json.loads(buttons or "[]")]


def replies_since(conn: sa.Connection, address_ids: Collection[int], since: datetime) -> Counter[int]:
    """How many answers were written to each of these addresses since then; crisis answers do not count."""
    found = _REPLIES_SINCE.run(conn, {"ids": list(address_ids), "after": since}).fetchall()
    return Counter({row[0]: row[1] for row in found})


def said_since(conn: sa.Connection, address_id: int, key: str, since: datetime) -> int:
    """How often this answer was written to this address since then."""
    found = _SAID_SINCE.run(conn, {"ids": [address_id], "after": since, "key": key}).fetchall()
    return sum(row[1] for row in found)
