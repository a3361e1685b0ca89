"""The outbox for staff: listed, one message's whole story, its words revealed, and tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.family import Purpose
from bot.domain.outbox import Reason
from bot.domain.retry import Refusal, Tried, refusal
from bot.errors import NotAllowed, NotFound
from bot.services.desk import Desk
from bot.services.revealing import Revealed
from bot.store import addresses, alerts, audit, ledger, outcomes
from bot.store.alerts import AlertRow
from bot.store.ledger import Entry, Narrowed
from bot.store.outbox import unpack

_REFUSALS = {
    Refusal.BY_ITSELF: (
        "It has not left yet, and goes by itself.",
        "`thinkfamily outbox show` says what it waits for.",
    ),
    Refusal.UNDER_WAY: ("It is being sent now.", "Look again in a minute."),
    Refusal.LEFT: ("The provider took it. It is never sent twice.", "Nothing to do."),
    Refusal.REFUSED: (
        "The provider refused it for good; the same again would be refused again.",
        "Mend the address, or resume a halted sender: what is still open then goes by itself.",
    ),
    Refusal.ENDED: (
        "It ended unsent, and only a new date or a new timing brings it back.",
        "`thinkfamily outbox show` says why it ended.",
    ),
    Refusal.BEREAVEMENT: ("What follows a loss is never sent twice, and this may have left.", "Leave it be."),
    Refusal.OVER: ("Its time is over; late it would be wrong.", "Leave it be."),
    Refusal.BEING_ASKED: (
        "The provider is being asked whether it took it, and then it goes by itself or not at all.",
        "Look again in ten minutes.",
    ),
    Refusal.MAY_DOUBLE: (
        "It may have arrived: nobody can tell. Sent again, it may arrive twice.",
        "If twice is better than never, say --may-double.",
    ),
}


@dataclass(frozen=True, slots=True)
class Story:
    """One message, what it goes by, what staff were told of it, and what they did."""

    entry: Entry
    sender: str
    alerts: Sequence[AlertRow]
    acts: Sequence[audit.Entry]


def listed(desk: Desk, which: Narrowed, limit: int) -> list[Entry]:
    """The newest messages that fit, newest first; no personal data."""
    return desk.database.read(lambda conn: ledger.listed(conn, which, limit))


def story(desk: Desk, outbox_id: int) -> Story:
    """One message with its whole story; no personal data. Raises NotFound."""

    def work(conn: sa.Connection) -> Story:
        entry = _found(conn, outbox_id)
        return Story(
            entry,
            ledger.sender_of(conn, outbox_id),
            alerts.about_message(conn, outbox_id),
            audit.about(conn, _subject(outbox_id)),
        )

    return desk.database.read(work)


def reveal(desk: Desk, ids: Sequence[int], by: str, now: datetime) -> dict[int, Revealed]:
    """Addresses and words of these messages; who asked is written down in the same transaction."""

    def work(conn: sa.Connection) -> dict[int, Revealed]:
        found = [_found(conn, outbox_id) for outbox_id in ids]
        for outbox_id in ids:
            audit.record(conn, by, "reveal message", now, _subject(outbox_id))
        known = addresses.reveal(conn, desk.seal, {entry.address_id for entry in found})
        sealed = ledger.sealed_words(conn, list(ids))
        shown = {}
        for entry in found:
            address = known.get(entry.address_id)
            words = sealed.get(entry.outbox_id)
            body = None if words is None else unpack(desk.seal.open("outbox.body", words))[0]
            shown[entry.outbox_id] = Revealed(None if address is None else address.value, body)
        return shown

    return desk.database.write(work)


def retry(desk: Desk, outbox_id: int, by: str, now: datetime, *, may_double: bool) -> Entry:
    """Queue a message in doubt again; gives it as it then is.

    It goes as any queued one: today if it was meant for today, else when the planner finds a day for it,
    and only through every gate. Raises NotFound, and NotAllowed (its code is the refusal's) for all else.
    """

    def work(conn: sa.Connection) -> Entry:
        entry = _found(conn, outbox_id)
        against = refusal(_tried(entry), now, may_double=may_double)
        if against is not None:
            raise NotAllowed(*_REFUSALS[against], code=against.value)
        if not outcomes.again(conn, outbox_id, Reason.STAFF, now, entry.provider_code, now, doubted=True):
            raise NotAllowed("It changed just now.", "Look again.", code="changed")  # a receipt was quicker
        alerts.settled(conn, [outbox_id], now)
        audit.record(conn, by, "retry", now, _subject(outbox_id))
        return _found(conn, outbox_id)

    return desk.database.write(work)


def _tried(entry: Entry) -> Tried:
    purpose = Purpose(entry.purpose) if entry.purpose else None
    return Tried(
        entry.state, purpose, entry.channel, entry.attempted_at, entry.closes_on, entry.not_after
    )  # fmt: skip


def _found(conn: sa.Connection, outbox_id: int) -> Entry:
    entry = ledger.one(conn, outbox_id)
    if entry is None:
        raise NotFound(f"There is no message {outbox_id}.", "`thinkfamily outbox list` lists them.")
    return entry


def _subject(outbox_id: int) -> str:
    return f"message {outbox_id}"
