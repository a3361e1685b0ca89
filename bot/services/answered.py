"""What a provider's answer does to our row, its address and its sender; within a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.domain import hours
from bot.domain.address import ChannelName, telegram_chat
from bot.domain.family import Purpose
from bot.domain.outbox import (
    Accepted,
    Answer,
    Kind,
    Later,
    MovedTo,
    Ours,
    Reason,
    Refused,
    State,
    Uncertain,
)
from bot.services import unreachable
from bot.services.desk import Desk
from bot.store import accepted, addresses, alerts, outcomes, pace
from bot.store.outcomes import Attempt

_SOON = timedelta(seconds=1)
_AFTER_OURS = timedelta(seconds=60)


def record(
    conn: sa.Connection, desk: Desk, results: Sequence[tuple[int, Answer, datetime]], now: datetime
) -> None:
    """Record answers: (row, answer, when the call began). A row that was erased meanwhile is passed over."""
    taken = [
        (outbox_id, answer.provider_id, began, hours.local_day(began))
        for outbox_id, answer, began in results
        if isinstance(answer, Accepted)
    ]
    undoubted = accepted.record(conn, taken, now)
    others = [result for result in results if not isinstance(result[1], Accepted)]
    rows = outcomes.attempts(conn, [outbox_id for outbox_id, _, _ in others]) if others else {}
    for outbox_id, answer, _ in others:
        if (row := rows.get(outbox_id)) is not None:
            _one(conn, desk, row, answer, now)
    if others or not undoubted:  # what was on its way until now was in no doubt, so nobody was told of it
        alerts.settled(conn, [outbox_id for outbox_id, _, _ in results], now)


def _one(conn: sa.Connection, desk: Desk, row: Attempt, answer: Answer, now: datetime) -> None:
    match answer:
        case Refused():
            ended = outcomes.end(
                conn, row.id, State.FAILED, Reason.REFUSED, answer.code, now, holder=desk.holder
            )
            if ended:
                refused(conn, row, answer, now)
        case Later():
            _later(conn, desk, row, answer, now)
        case Uncertain():
            in_doubt(conn, desk, row, Reason.UNANSWERED, answer.code, now, holder=desk.holder)
        case Ours():
            _ours(conn, desk, row, answer, now)
        case MovedTo():
            _moved(conn, desk, row, answer, now)


def refused(conn: sa.Connection, row: Attempt, said: Refused | None, now: datetime) -> None:
    """A message failed for good: what that says of its address. None: the provider gave no reason."""
    if said is not None and said.stop:
        unreachable.stopped(conn, row.address_id, now)
    if said is not None and said.suspend:
        unreachable.suspended(conn, row.address_id, said.code, now)
        return
    if said is None:  # it failed on the way: one day is not a refusal
        unreachable.failed(conn, row.address_id, row.family_id, now)


def _later(conn: sa.Connection, desk: Desk, row: Attempt, answer: Later, now: datetime) -> None:
    after = max(answer.after, _SOON)
    outcomes.again(conn, row.id, Reason.PUT_BACK, now + after, answer.code, now, holder=desk.holder)
    if answer.all:
        pace.reserve(conn, row.sender_id, desk.database.now(conn) + after)


def in_doubt(
    conn: sa.Connection,
    desk: Desk,
    row: Attempt,
    reason: Reason,
    code: str,
    now: datetime,
    *,
    holder: str | None = None,
) -> None:
    """Bytes may have left. Uncertain, unless twice is better than never, and then only once more. What is
    only taken from a chat is asked for again, however often: it can be gone but once.

    `holder` None: whoever held it, for the process that did may never come back.
    """
    if row.kind is Kind.REMOVAL or (row.attempts <= 1 and _twice_rather_than_never(conn, desk, row, now)):
        outcomes.again(conn, row.id, reason, now + _SOON, code, now, holder=holder, doubted=True)
        return
    ended = outcomes.end(conn, row.id, State.UNCERTAIN, reason, code, now, holder=holder)
    if ended and row.channel is ChannelName.TELEGRAM:  # nobody can tell: staff must see it
        alerts.raise_alert(conn, alerts.UNCERTAIN, now, family_id=row.family_id or None, outbox_id=row.id)


def _twice_rather_than_never(conn: sa.Connection, desk: Desk, row: Attempt, now: datetime) -> bool:
    """A crisis answer; or a staged step that says so (bereavement never does)."""
    if row.kind is Kind.CRISIS:
        return True
    if row.kind is not Kind.STAGED:
        return False
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now))
    return any(
        entry.step.key == (row.campaign, row.step)
        and entry.step.resend_if_uncertain
        and entry.step.purpose is not Purpose.SUPPORT_AFTER_LOSS
        for entry in published.live
    )


def _ours(conn: sa.Connection, desk: Desk, row: Attempt, answer: Ours, now: datetime) -> None:
    """Our own key, account or request is wrong: the sender stops, the row waits, nobody is blamed."""
    outcomes.again(conn, row.id, Reason.PUT_BACK, now + _AFTER_OURS, answer.code, now, holder=desk.holder)
    if pace.halt(conn, f"provider:{answer.code}", now, row.sender_id):
        alerts.raise_alert(conn, "sender_halted", now)
        structlog.get_logger().error("sender_halted", sender_id=row.sender_id, code=answer.code)


def _moved(conn: sa.Connection, desk: Desk, row: Attempt, answer: MovedTo, now: datetime) -> None:
    """Telegram gave the chat a new id. A group's id (negative) is nobody's address."""
    if answer.chat_id <= 0:
        _one(conn, desk, row, Refused("became_group", suspend=True), now)
        return
    there = addresses.rename_chat(conn, desk.seal, row.address_id, telegram_chat(answer.chat_id))
    if there == row.address_id:
        outcomes.again(conn, row.id, Reason.PUT_BACK, now + _SOON, "moved", now, holder=desk.holder)
        return
    # The new chat is known by itself: its own plan goes on, and this row ends.
    outcomes.end(conn, row.id, State.FAILED, Reason.REFUSED, "moved", now, holder=desk.holder)
