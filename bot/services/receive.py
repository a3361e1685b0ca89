"""Receive: everything is stored once; crisis, LOSS and STOP apply in the transaction that stores them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, product

import sqlalchemy as sa
import structlog

from bot.domain import hours
from bot.domain.conversation import urgent as conversation
from bot.domain.conversation.effects import Effect
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Reply
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.meaning import Meaning, StopKind
from bot.domain.revision import Mode
from bot.errors import ContentError, DatabaseTrouble, NotFound
from bot.services import calm, families, guests, replying, stopping
from bot.services.calm import NOT_KEPT, SILENT, STOPS, URGENT_DONE, WRITTEN, Received
from bot.services.desk import Desk
from bot.services.person import offered
from bot.store import addresses, alerts, inbox, leases
from bot.store.addresses import AddressRow
from bot.store.writer import Priority
from bot.words.render import FALLBACK, render_reply
from bot.words.understand import pressing, understand

LEASE = timedelta(seconds=15)  # so long texts may wait when the process that polls was killed
_POLLING, _OFFSET = "telegram_polling", "telegram_offset"
_LISTED, _LISTED_FIRST = "twilio_listed_until", "twilio_listed_first"


def receive(desk: Desk, inbound: Inbound, now: datetime) -> Received:
    """Store what came in, once, and apply what cannot wait; one transaction. DatabaseTrouble when it
    could not be stored: then the door answers a crisis itself (`emergency_answer`) and the provider
    tries again."""
    hours.aware(now)
    return desk.database.write(lambda conn: _receive(conn, desk, inbound, now), Priority.INBOUND)


def receive_all(desk: Desk, inbounds: Sequence[Inbound], now: datetime) -> list[Received | Exception]:
    """Store what came in at about the same time, each as `receive` does, in as few transactions as may be;
    gives for each what came of it, or what was wrong.

    Crisis, LOSS and STOP have a transaction of their own, and go first; but after what the same person wrote
    before. The fault of one refuses no other.
    """
    hours.aware(now)
    quiet = [calm.is_calm(desk, inbound) for inbound in inbounds]
    pressed = {one.address for one, is_calm in zip(inbounds, quiet, strict=True) if not is_calm}
    places = sorted(range(len(inbounds)), key=lambda place: inbounds[place].address not in pressed)
    came: dict[int, Received | Exception] = {}
    for together, some in groupby(places, lambda place: inbounds[place].address not in pressed):
        which = list(some)
        taken = _together if together else _apart
        came |= zip(which, taken(desk, [inbounds[place] for place in which], now), strict=True)
    return [came[place] for place in range(len(inbounds))]


def _together(desk: Desk, inbounds: Sequence[Inbound], now: datetime) -> Sequence[Received | Exception]:
    try:
        return desk.database.write(lambda conn: calm.store(conn, desk, inbounds, now), Priority.INBOUND)
    except DatabaseTrouble as error:
        return [error] * len(inbounds)
    except Exception:  # of ours, in one of them
        return _apart(desk, inbounds, now)


def _apart(desk: Desk, inbounds: Sequence[Inbound], now: datetime) -> Sequence[Received | Exception]:
    came: list[Received | Exception] = []
    for inbound in inbounds:
        try:
            came.append(receive(desk, inbound, now))
        except Exception as error:
            came.append(error)
    return came


def receive_updates(
    desk: Desk, inbounds: Sequence[Inbound], next_offset: int, holder: str, now: datetime
) -> list[Received]:
    """Store a batch of Telegram's updates and move the offset past it; one transaction, so that the
    offset passes only stored updates. Empty when another process holds the lease by now."""

    def work(conn: sa.Connection) -> list[Received]:
        at = desk.database.now(conn)
        if not leases.take(conn, _POLLING, holder, at, at + LEASE):
            return []
        received: list[Received] = []
        for quiet, some in groupby(inbounds, lambda inbound: calm.is_calm(desk, inbound)):
            if quiet:
                received += calm.store(conn, desk, list(some), now)
            else:
                received += [_receive(conn, desk, inbound, now) for inbound in some]
        leases.move_cursor(conn, _OFFSET, str(next_offset))
        return received

    return desk.database.write(work, Priority.INBOUND)


def poll_lease(desk: Desk, holder: str, now: datetime) -> bool:
    """Hold or renew the right to ask Telegram for updates; one process at a time has it."""

    def work(conn: sa.Connection) -> bool:
        at = desk.database.now(conn)
        return leases.take(conn, _POLLING, holder, at, at + LEASE)

    return desk.database.write(work, Priority.RECORD)


def let_poll(desk: Desk, holder: str) -> None:
    """Give up the right to ask Telegram for updates, so that another process need not wait."""
    desk.database.write(lambda conn: leases.give(conn, _POLLING, holder), Priority.RECORD)


def poll_offset(desk: Desk) -> int:
    """The first update that is not stored yet; 0 when none ever was."""
    return int(desk.database.read(lambda conn: leases.cursor(conn, _OFFSET)) or 0)


def listed_since(desk: Desk, overlap: timedelta, now: datetime) -> datetime:
    """From when on Twilio's list of received texts is to be compared with ours: from where it was left, less
    `overlap`, and never from before this database was first asked for it.

    What came before that came to whoever had the number then: it is theirs to answer, and late by now.
    """

    def work(conn: sa.Connection) -> datetime:
        value = leases.cursor(conn, _LISTED)
        if value is None:
            leases.move_cursor(conn, _LISTED, _said(now))
            leases.move_cursor(conn, _LISTED_FIRST, _said(now))
            return now
        first = leases.cursor(conn, _LISTED_FIRST)
        since = datetime.fromisoformat(value) - overlap
        return since if first is None else max(since, datetime.fromisoformat(first))

    return desk.database.write(work, Priority.RECORD)


def move_listed_until(desk: Desk, now: datetime) -> None:
    """Twilio's list was compared with ours until now."""
    desk.database.write(lambda conn: leases.move_cursor(conn, _LISTED, _said(now)), Priority.RECORD)


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _receive(conn: sa.Connection, desk: Desk, inbound: Inbound, now: datetime) -> Received:
    code = guests.at_the_door(desk, inbound)
    if code is None or meant(desk, inbound.text, FALLBACK, now).urgent:
        return _store(conn, desk, inbound, now)
    knocked = guests.let_in(conn, desk, inbound, code)
    return NOT_KEPT if knocked is None else _store(conn, desk, knocked, now, guest=True)


def _store(
    conn: sa.Connection, desk: Desk, inbound: Inbound, now: datetime, *, guest: bool = False
) -> Received:
    address = None
    if inbound.address is not None:
        guest = guest or inbound.address in desk.guests
        if not guest and guests.stranger(conn, desk, inbound.address) and not _matters(desk, inbound, now):
            return NOT_KEPT
        address = addresses.find_or_add(conn, desk.seal, inbound.address, now, guest=guest)
    waits = address is not None and inbound.kind not in SILENT
    state = "stored" if waits and inbound.kind is not InboundKind.EDIT else "done"
    address_id = None if address is None else address.id
    inbound_id, duplicate = inbox.store(conn, desk.seal, inbound, address_id, state)
    if duplicate or address is None or not waits:
        return Received(inbound_id, duplicate)
    if inbound.kind in WRITTEN and address.suspended:
        stopping.reachable(conn, address.id, now)  # whoever writes can be reached
    try:
        with conn.begin_nested():  # what goes wrong here must not lose the message
            answers = urgent(conn, desk, address, inbound_id, inbound.kind, inbound.text, now)
    except sa.exc.DBAPIError:
        raise
    except DatabaseTrouble:
        raise
    except Exception as error:  # a fault of ours: converse tries again, and somebody must look
        alerts.raise_alert(conn, "urgent_failed", now, inbound_id=inbound_id)
        structlog.get_logger().error("urgent_failed", inbound_id=inbound_id, error=type(error).__name__)
        return Received(inbound_id, False)
    return Received(inbound_id, False, answers)


def _matters(desk: Desk, inbound: Inbound, now: datetime) -> bool:
    """Of somebody whom a trial does not know: a crisis, which is answered, and a STOP, which is honoured
    when the trial becomes live."""
    if inbound.kind in STOPS:
        return True
    meaning = meant(desk, inbound.text, FALLBACK, now)
    return bool(meaning.crises) or meaning.stop in (StopKind.TOTAL, StopKind.WRONG_NUMBER)


def urgent(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    inbound_id: int,
    kind: InboundKind,
    text: str,
    now: datetime,
) -> int:
    """Apply crisis, LOSS and STOP of one message and queue their answers; gives how many answers.

    Which of them it was is noted with the message, for earlier ones that are understood later.
    """
    if not conversation.concerns(pressing(text, desk.lexicon), kind):  # most messages: whoever wrote it
        inbox.mark(conn, inbound_id, URGENT_DONE)
        return 0
    meaning = meant(desk, text, families.language(conn, address), now)
    person = families.person(conn, desk, address, now)
    turn = conversation.urgent(meaning, person, kind, now)
    answers = [reply for reply in turn.replies if reply.crisis or may_answer(desk, address)]
    inbox.mark(conn, inbound_id, " ".join((URGENT_DONE, *sorted(conversation.applied(turn.effects)))))
    return carried_out(conn, desk, address, person, inbound_id, turn.effects, answers, 0, now)


def carried_out(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    person: Person,
    inbound_id: int,
    effects: Sequence[Effect],
    replies: Sequence[Reply],
    first: int,
    now: datetime,
) -> int:
    """Apply what a conversation decided, then queue its replies to whoever the writer is by then (joined,
    erased, of another language); gives how many replies were queued."""
    if effects:
        families.apply(conn, desk, person, effects, now, inbound_id)
        person = families.person(conn, desk, address, now)
    return replying.write(conn, desk, address, person, inbound_id, replies, first, now)


def may_answer(desk: Desk, address: AddressRow) -> bool:
    """In a trial only guests are answered; a crisis always is."""
    return desk.mode is not Mode.TRIAL or address.guest


def meant(desk: Desk, text: str, language: str, now: datetime) -> Meaning:
    """What a text is taken for, in the person's language and in English."""
    return understand(text, desk.lexicon, tuple(dict.fromkeys((language, FALLBACK))), hours.local_day(now))


def emergency_answer(desk: Desk, inbound: Inbound) -> str | None:
    """The answer to a crisis when nothing can be stored (P10): words only, no database; None if none is.

    Who wrote it is not known then: each kind in the language it was told in, if that one may be used, and
    then in English (CARE 20).
    """
    if inbound.address is None or inbound.kind in SILENT:
        return None
    meaning = meant(desk, inbound.text, FALLBACK, inbound.at)
    spoken = {code for code, _ in offered(desk)}
    languages = [code for code in (meaning.tongue, FALLBACK) if code in spoken or code == FALLBACK]
    bodies: dict[str, None] = {}
    for crisis, language in product(meaning.crises, dict.fromkeys(languages)):
        try:
            words = desk.content.words
            bodies[render_reply(words, f"crisis/{crisis}", language, inbound.channel, {}).body] = None
        except (NotFound, ContentError):
            structlog.get_logger().error("reply_without_words", key=f"crisis/{crisis.value}")
    return "\n\n".join(bodies) or None
