"""What was published, approved and withdrawn: append-only rows, and the version they amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.revision import Approval, Withdrawal
from bot.store.ids import new_id
from bot.store.prepared import Prepared
from bot.store.tables import approvals, planned, revisions, withdrawals

Words = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Pack:
    """One published pack: a campaign's files, or those of the replies or the crisis answers.

    `words` maps (step id or reply key, language) to the words' hash, `timing` step id to timing hash.
    """

    id: int
    name: str
    files: Mapping[str, str]
    timing: Mapping[str, str]
    words: Words
    content_hash: str
    at: datetime
    by: str


def add(
    conn: sa.Connection,
    name: str,
    files: Mapping[str, str],
    timing: Mapping[str, str],
    words: Words,
    content_hash: str,
    by: str,
    now: datetime,
) -> int:
    """Keep a pack for ever; gives its revision id."""
    revision_id = _next_id(conn, revisions.c.revision_id)
    conn.execute(
        sa.insert(revisions).values(
            revision_id=revision_id, campaign=name, files=dict(files), timing=dict(timing),
            words=[[key, language, said] for (key, language), said in sorted(words.items())],
            content_hash=content_hash, published_at=now, published_by=by,
        )
    )  # fmt: skip
    return revision_id


def _next_id(conn: sa.Connection, column: sa.Column[int]) -> int:
    """An id after every one there is, though the clock of another host was ahead: the newest must rule."""
    return max(
        new_id(), int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one()) + 1
    )


def newest(conn: sa.Connection, name: str) -> Pack | None:
    """The latest pack of this name."""
    query = sa.select(revisions).where(revisions.c.campaign == name).order_by(revisions.c.revision_id.desc())
    row = conn.execute(query.limit(1)).one_or_none()
    return None if row is None else _pack(row)


def every(conn: sa.Connection) -> list[Pack]:
    """Every pack ever published, oldest first."""
    return [_pack(row) for row in conn.execute(sa.select(revisions).order_by(revisions.c.revision_id))]


def how_many(conn: sa.Connection) -> int:
    """How many packs were ever published; none is ever changed."""
    return int(conn.execute(_HOW_MANY).scalar_one())


_HOW_MANY = sa.select(sa.func.count()).select_from(revisions)


def step_ids(conn: sa.Connection) -> dict[str, set[str]]:
    """Every step id ever published, by campaign."""
    found: dict[str, set[str]] = {}
    for name, timing in conn.execute(sa.select(revisions.c.campaign, revisions.c.timing)):
        if timing:
            found.setdefault(name, set()).update(timing)
    return found


Version = tuple[int, ...]
VERSION = (
    # Counted, for of two that are written at once the one with the lower id may be committed last.
    sa.select(sa.func.count()).select_from(revisions).scalar_subquery(),
    sa.select(sa.func.count()).select_from(approvals).scalar_subquery(),
    sa.select(sa.func.count()).select_from(withdrawals).scalar_subquery(),
    sa.select(sa.func.count(withdrawals.c.lifted_at)).scalar_subquery(),
)
_VERSION = Prepared(sa.select(*VERSION))


def version(conn: sa.Connection) -> Version:
    """Changes whenever anything here did: what a cache of it goes by."""
    return tuple(_VERSION.run(conn, {}).fetchone())


def approve(conn: sa.Connection, campaign: str, step: str, entry: Approval) -> None:
    """One approval, for ever."""
    conn.execute(
        sa.insert(approvals).values(
            approval_id=_next_id(conn, approvals.c.approval_id), campaign=campaign, step=step,
            words_hash=entry.words_hash, language=entry.language, approver=entry.approver, role=entry.role,
            registration=entry.registration, at=entry.at,
        )
    )  # fmt: skip


def approved(conn: sa.Connection) -> list[Approval]:
    """Every approval, oldest first."""
    rows = conn.execute(sa.select(approvals).order_by(approvals.c.approval_id))
    return [
        Approval(row.words_hash, row.language, row.approver, row.role, row.registration, row.at)
        for row in rows
    ]


def approved_texts(conn: sa.Connection) -> set[tuple[str, str, str]]:
    """(pack, key, language) of every text that was ever approved, whatever it said then."""
    query = sa.select(approvals.c.campaign, approvals.c.step, approvals.c.language).distinct()
    return {(campaign, step, language) for campaign, step, language in conn.execute(query)}


def withdraw(conn: sa.Connection, campaign: str, step: str | None, by: str, now: datetime) -> None:
    """A campaign, or one step of it, must not be sent from now on."""
    conn.execute(
        sa.insert(withdrawals).values(
            withdrawal_id=new_id(), campaign=campaign, step=step, at=now, by=by, lifted_at=None
        )
    )


def lift(conn: sa.Connection, campaign: str, step: str | None, now: datetime) -> int:
    """It may be sent again; gives how many withdrawals ended."""
    same_step = withdrawals.c.step.is_(None) if step is None else withdrawals.c.step == step
    query = sa.update(withdrawals).where(
        withdrawals.c.campaign == campaign, same_step, withdrawals.c.lifted_at.is_(None)
    )
    return conn.execute(query.values(lifted_at=now)).rowcount


def withdrawn(conn: sa.Connection) -> list[Withdrawal]:
    """What must not be sent."""
    rows = conn.execute(sa.select(withdrawals).where(withdrawals.c.lifted_at.is_(None)))
    return [Withdrawal(row.campaign, row.step) for row in rows]


def planned_through(conn: sa.Connection) -> dict[tuple[str, str], tuple[str, date]]:
    """The planner's watermark: (campaign, step) -> (timing hash, last day planned)."""
    return {
        (row.campaign, row.step): (row.timing_hash, row.through) for row in conn.execute(sa.select(planned))
    }


def set_planned(conn: sa.Connection, marks: Sequence[tuple[str, str, str, date]]) -> None:
    """Move the watermark of (campaign, step, timing hash, through) rows."""
    if marks:
        rows = [dict(zip(_MARK, mark, strict=True)) for mark in marks]
        conn.execute(_moving(conn.dialect.name), rows)


_MARK = ("campaign", "step", "timing_hash", "through")


@cache
def _moving(dialect: str) -> Any:
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(planned)
    changes = {name: insert.excluded[name] for name in _MARK[2:]}
    return insert.on_conflict_do_update(index_elements=_MARK[:2], set_=changes)


def _pack(row: sa.Row[tuple[object, ...]]) -> Pack:
    fields = row._mapping
    words = {(key, language): said for key, language, said in fields["words"]}
    return Pack(
        fields["revision_id"], fields["campaign"], fields["files"], fields["timing"], words,
        fields["content_hash"], fields["published_at"], fields["published_by"],
    )  # fmt: skip
