"""Calm: texts in which nothing presses, stored together in about as many statements as one of them needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.address import Address
from bot.domain.conversation.urgent import concerns
from bot.domain.inbound import Inbound, InboundKind
from bot.services import guests, stopping
from bot.services.desk import Desk
from bot.store import addresses, inbox
from bot.store.addresses import AddressRow
from bot.store.inbox import Fresh
from bot.words.understand import pressing

SILENT = frozenset({InboundKind.GROUP, InboundKind.UNKNOWN})  # kept, not acted on
STOPS = frozenset({InboundKind.BLOCK, InboundKind.OPT_OUT})
WRITTEN = frozenset({InboundKind.TEXT, InboundKind.MEDIA, InboundKind.TAP, InboundKind.START})
URGENT_DONE = "urgent"  # the first word of `taken_as` once crisis, loss and stop were looked for


@dataclass(frozen=True, slots=True)
class Received:
    """What was stored, whether it was there already, and how many answers it was given at once.

    `inbound_id` is 0 for what a trial does not keep.
    """

    inbound_id: int
    duplicate: bool
    answers: int = 0

    @property
    def new(self) -> bool:
        """Whether it was stored now."""
        return self.inbound_id != 0 and not self.duplicate


NOT_KEPT = Received(0, duplicate=False)


def is_calm(desk: Desk, inbound: Inbound) -> bool:
    """Whether there is nothing to be done with it but to store it; a fault of ours in asking says no."""
    if inbound.address is None or inbound.kind in SILENT:
        return True
    if guests.at_the_door(desk, inbound) is not None:
        return False
    try:
        return not concerns(pressing(inbound.text, desk.lexicon), inbound.kind)
    except Exception:  # whoever then takes it alone stores it all the same, and tells staff
        return False


def store(conn: sa.Connection, desk: Desk, inbounds: Sequence[Inbound], now: datetime) -> list[Received]:
    """Store these calm ones once, in their order; gives for each what `receive` would."""
    kept = [_kept(conn, desk, inbound) for inbound in inbounds]
    known = _known(conn, desk, (one for one, here in zip(inbounds, kept, strict=True) if here), now)
    fresh = [_fresh(one, known) for one, here in zip(inbounds, kept, strict=True) if here]
    stored = iter(inbox.store_all(conn, desk.seal, fresh))
    for address_id in dict.fromkeys(_back_again(fresh, known.values())):
        stopping.reachable(conn, address_id, now)  # whoever writes can be reached
    return [Received(*next(stored)) if here else NOT_KEPT for here in kept]


def _kept(conn: sa.Connection, desk: Desk, inbound: Inbound) -> bool:
    """Whether any of it is: of somebody whom a trial does not know, nothing that is calm."""
    return inbound.address is None or not guests.stranger(conn, desk, inbound.address)


def _known(
    conn: sa.Connection, desk: Desk, inbounds: Iterable[Inbound], now: datetime
) -> dict[Address, AddressRow]:
    theirs = dict.fromkeys(one.address for one in inbounds if one.address is not None)
    return addresses.find_or_add_all(conn, desk.seal, list(theirs), now, desk.guests)


def _fresh(inbound: Inbound, known: dict[Address, AddressRow]) -> Fresh:
    if inbound.address is None or inbound.kind in SILENT:
        return Fresh(inbound, None if inbound.address is None else known[inbound.address].id, "done", "")
    state = "done" if inbound.kind is InboundKind.EDIT else "stored"  # of an edit, only what presses counts
    return Fresh(inbound, known[inbound.address].id, state, URGENT_DONE)


def _back_again(fresh: Iterable[Fresh], known: Iterable[AddressRow]) -> Iterable[int]:
    """The addresses that could not be reached, and from which somebody wrote."""
    lost = {row.id for row in known if row.suspended}
    return (
        one.address_id
        for one in fresh
        if one.address_id in lost and one.address_id is not None and one.inbound.kind in WRITTEN
    )
