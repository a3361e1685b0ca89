"""Converse: stored messages are understood and answered, per address in order."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa
import structlog

from bot.domain.conversation import converse as conversation
from bot.domain.conversation.turn import Talk, Turn
from bot.domain.conversation.urgent import STOP, overtaken
from bot.errors import DatabaseBusy
from bot.services import families, receive
from bot.services.desk import Desk
from bot.store import addresses, alerts, conversations, inbox
from bot.store.writer import Priority

TRIES = 3
NOT_UNDERSTOOD = "not_understood"  # answered so, a message is also kept for a person to read
_AFTER_URGENT = 100  # replies of this part are numbered from here; UNIQUE(inbound, n) makes repeats harmless


def converse(desk: Desk, now: datetime, limit: int = 50) -> int:
    """Process up to `limit` addresses' oldest stored messages, each in its own transaction; gives how
    many messages are finished. One that fails three times is put aside for a person, and the next goes on."""
    finished = 0
    for inbound_id in desk.database.read(lambda conn: inbox.next_ones(conn, limit)):
        try:
            one = partial(_one, desk=desk, inbound_id=inbound_id, now=now)
            finished += desk.database.write(one, Priority.INBOUND)
        except DatabaseBusy:
            raise
        except Exception as error:  # of ours, or a value that cannot be opened; the next must not wait
            finished += _failed(desk, inbound_id, error, now)
    return finished


def _one(conn: sa.Connection, desk: Desk, inbound_id: int, now: datetime) -> bool:
    row = inbox.lock(conn, desk.seal, inbound_id)
    if row is None or row.address_id is None:
        return False
    address = addresses.by_id(conn, row.address_id)
    text = row.text or ""
    if not row.taken_as.startswith(receive.URGENT_DONE):  # it went wrong when it was stored
        receive.urgent(conn, desk, address, row.id, row.kind, text, now)
    person = families.person(conn, desk, address, now)
    meaning = receive.meant(desk, text, person.language, now)
    talk = _talk(conn, desk, address.id)
    turn = conversation.converse(meaning, person, talk, row.kind, text, now)
    answers = receive.may_answer(desk, address) and STOP not in inbox.ended_later(conn, address.id, row.id)
    replies = turn.replies if answers else ()
    with conn.begin_nested() as tried:
        receive.carried_out(conn, desk, address, person, row.id, turn.effects, replies, _AFTER_URGENT, now)
        # Looked at last, while the family is held: a STOP or LOSS is before this, or waits for us.
        if overtaken(turn.effects, inbox.ended_later(conn, address.id, row.id)):
            tried.rollback()
            turn = Turn(talk)
    _keep(conn, desk, address.id, turn.talk, now)
    lost = any(reply.key == NOT_UNDERSTOOD for reply in turn.replies)
    inbox.finish(conn, row.id, "unread" if lost else "done", receive.URGENT_DONE, now)
    return True


def _talk(conn: sa.Connection, desk: Desk, address_id: int) -> Talk:
    kept = conversations.load(conn, desk.seal, address_id)
    return Talk.none() if kept is None else Talk(kept[0], kept[1])


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
    return desk.database.write(work, Priority.INBOUND)
