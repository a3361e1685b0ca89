"""What leaves: replies written, open rows closed; claims are in store.claims, outcomes in store.outcomes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.domain.outbox import CLOSED_UNSENT, Kind, Reason, State
from bot.store.conflicts import insert_new
from bot.store.ids import new_id, public_id
from bot.store.sealed import Seal
from bot.store.tables import outbox

if TYPE_CHECKING:
    from bot.store.addresses import AddressRow

Buttons = Sequence[Sequence[tuple[str, str]]]

_OPEN = sa.text("state IN ('waiting', 'queued')")
_MARK = "\x1e"  # between a body and its buttons: no template can write it

_REPLIES_SINCE = (
    sa.select(sa.func.count())
    .select_from(outbox)
    .where(
        outbox.c.address_id == sa.bindparam("address"),
        outbox.c.kind == Kind.REPLY.value,
        outbox.c.created_at > sa.bindparam("after"),
    )
)

_SAID_SINCE = _REPLIES_SINCE.where(outbox.c.step == sa.bindparam("key"))


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


def add_reply(
    conn: sa.Connection,
    seal: Seal,
    *,
    address: AddressRow,
    sender_id: int,
    inbound_id: int | None,
    n: int,
    kind: Kind,
    body: str,
    language: str,
    key: str,
    family_id: int,
    member_id: int,
    now: datetime,
    not_after: datetime | None,
    buttons: Buttons = (),
    parts: int | None = None,
    in_doubt_since: datetime | None = None,
    purpose: str = "",
    send_at: datetime | None = None,
) -> int | None:
    """Queue the n-th reply to an inbound message; None when it is there already.

    `kind` is reply, crisis or staff; family and member are 0 for an address that no family has.
    `not_after` is when it becomes useless (30 minutes for a reply, None for a crisis answer).
    `purpose`: the consent that one by staff goes by. `send_at`: when it may go, now if left out.
    `in_doubt_since`: it may have left after this moment, before the database was restored.
    """
    row = {
        "outbox_id": new_id(), "public_id": public_id(), "kind": kind.value, "state": State.QUEUED.value,
        "family_id": family_id, "member_id": member_id, "address_id": address.id,
        "channel": address.channel.value, "sender_id": sender_id, "step": key, "inbound_id": inbound_id,
        "n": n, "sealed": seal.seal("outbox.body", pack(body, buttons)), "language": language,
        "parts": parts, "purpose": purpose, "send_at": send_at or now, "not_after": not_after,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    if in_doubt_since is not None:
        row |= {
            "state": State.UNCERTAIN.value, "reason": Reason.RESTORED.value, "attempted_at": in_doubt_since,
        }  # fmt: skip
    done: int | None = conn.execute(insert_new(conn, outbox, outbox.c.outbox_id), row).scalar()
    return done


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


def replies_since(conn: sa.Connection, address_id: int, since: datetime) -> int:
    """How many answers were written to this address since then; crisis answers do not count."""
    which = {"address": address_id, "after": since}
    return int(conn.execute(_REPLIES_SINCE, which).scalar_one())


def said_since(conn: sa.Connection, address_id: int, key: str, since: datetime) -> int:
    """How often this answer was written to this address since then."""
    which = {"address": address_id, "after": since, "key": key}
    return int(conn.execute(_SAID_SINCE, which).scalar_one())
