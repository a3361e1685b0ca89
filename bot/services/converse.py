"""Converse: stored messages are understood and answered, per address in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import sqlalchemy as sa
import structlog

from bot.domain.conversation import converse as conversation
from bot.domain.conversation import urgent
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk, Turn
from bot.errors import ContentError, DatabaseBusy, NotFound
from bot.services import choosing, families, inviting, receive, replying, stopping, together
from bot.services.calm import URGENT_DONE
from bot.services.desk import Desk
from bot.services.person import talks_of
from bot.services.together import AFTER_URGENT
from bot.store import alerts, conversations, inbox
from bot.store.addresses import AddressRow
from bot.store.writer import Priority
from bot.words.signposts import spelled

TRIES = 3
MOST = 50  # addresses looked at in one round
AT_ONCE = 25  # messages answered in one transaction: at most some 15 ms on SQLite, for a STOP waits behind it


def converse(desk: Desk, now: datetime, limit: int = MOST) -> int:
    """Process up to `limit` addresses' oldest stored messages; gives how many are finished.

    Those that want nothing but an answer have it in one transaction, each of the others has its own. One that
    fails three times is put aside for a person, and the next goes on."""
    finished = 0
    waiting = desk.database.read(lambda conn: inbox.next_ones(conn, limit))
    for first in range(0, len(waiting), AT_ONCE):
        done, left = _together(desk, waiting[first : first + AT_ONCE], now)
        finished += done + sum(_alone(desk, inbound_id, now) for inbound_id in left)
    return finished


def _together(desk: Desk, ids: Sequence[int], now: datetime) -> tuple[int, Sequence[int]]:
    """How many of these were answered in one go, and the others."""
    try:
        return desk.database.write(lambda conn: together.answer(conn, desk, ids, now), Priority.ANSWER)
    except DatabaseBusy:
        raise
    except Exception as error:  # of ours, in one of them: which it is, each shows by itself
        structlog.get_logger().warning("not_together", error=type(error).__name__)
        return 0, ids


def _alone(desk: Desk, inbound_id: int, now: datetime) -> bool:
    try:
        return desk.database.write(partial(_one, desk=desk, inbound_id=inbound_id, now=now), Priority.ANSWER)
    except DatabaseBusy:
        raise
    except Exception as error:  # of ours, or a value that cannot be opened; the next must not wait
        return _failed(desk, inbound_id, error, now)


def _one(conn: sa.Connection, desk: Desk, inbound_id: int, now: datetime) -> bool:
    locked = inbox.lock(conn, desk.seal, [inbound_id])
    if not locked:
        return False
    [(row, address)] = locked
    text = row.text or ""
    if not row.taken_as.startswith(URGENT_DONE):  # it went wrong when it was stored
        receive.urgent(conn, desk, address, row.id, row.kind, text, now)
    person = families.person(conn, desk, address, now)
    meaning = receive.meant(desk, text, person.language, now)
    talk = talks_of(conn, desk, [address.id]).get(address.id, Talk.none())
    person = inviting.gathered(conn, desk, address, person, meaning, talk, row.kind, text, now)
    person = choosing.gathered(conn, desk, person, meaning, talk, now)
    turn = conversation.converse(meaning, person, talk, row.kind, text, now)
    turn = _spelled(conn, desk, address, person, turn, now)
    turn = _still_right(conn, address.id, row.id, turn, now)
    replies = turn.replies if receive.may_answer(desk, address) else ()
    receive.carried_out(conn, desk, address, person, row.id, turn.effects, replies, AFTER_URGENT, now)
    if turn.talk != talk or talk != Talk.none():
        _keep(conn, desk, address.id, turn.talk, now)
    inbox.finish(conn, row.id, together.ends_as(turn), URGENT_DONE, now)
    return True


def _spelled(
    conn: sa.Connection, desk: Desk, address: AddressRow, person: Person, turn: Turn, now: datetime
) -> Turn:
    """The turn with its services in words. Where none are written it stays, and an alert is raised."""
    try:
        words = replying.reply_words(desk, conn, now) if any(one.services for one in turn.replies) else None
        return turn if words is None else spelled(turn, words, person.language, address.channel, now)
    except (NotFound, ContentError):
        return turn


def _still_right(conn: sa.Connection, address_id: int, inbound_id: int, turn: Turn, now: datetime) -> Turn:
    """The turn, as far as a STOP or a LOSS that was written later, and is in force, leaves it right."""
    if urgent.resumes(turn.effects):
        stopping.people_behind(conn, address_id, now)  # held: one just coming in is after us
    later = inbox.later(conn, {address_id: inbound_id})[address_id]
    after = later & {urgent.STOP, urgent.LOSS}
    if urgent.resumes(turn.effects, after):
        structlog.get_logger().info("overtaken", inbound_id=inbound_id, by=sorted(after))
        return Turn()
    return replace(turn, replies=()) if urgent.STOP in after else turn


def _keep(conn: sa.Connection, desk: Desk, address_id: int, talk: Talk, now: datetime) -> None:
    if talk == Talk.none():
        conversations.forget(conn, address_id)
    else:
        conversations.save(conn, desk.seal, address_id, talk.name, talk.data, now)


def _failed(desk: Desk, inbound_id: int, error: Exception, now: datetime) -> bool:
    """Count the failure; after the third the message is put aside. Raises when the database is gone."""

    def work(conn: sa.Connection) -> bool:
        if inbox.note_attempt(conn, inbound_id) < TRIES:
            return False
        inbox.finish(conn, inbound_id, "failed", "", now)
        alerts.raise_alert(conn, "message_failed", now, inbound_id=inbound_id)
        return True

    structlog.get_logger().error("converse_failed", inbound_id=inbound_id, error=type(error).__name__)
    return desk.database.write(work, Priority.ANSWER)
