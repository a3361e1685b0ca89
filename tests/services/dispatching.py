"""A claim, and what waits for one, for the tests of dispatch."""

from __future__ import annotations

from typing import Any

from bot.domain.address import ChannelName
from bot.domain.outbox import Kind
from bot.services import dispatch
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED, Job
from bot.store import alerts
from tests import line
from tests.clock import Clock

TELEGRAM, SMS = ChannelName.TELEGRAM, ChannelName.SMS


def claim(desk: Desk, clock: Clock, channel: ChannelName = SMS, slots: int = 8, **more: Any) -> list[Job]:
    """What a claim gives now, whose pace keeps nothing back unless it is given."""
    return dispatch.claim(desk, channel, slots, clock.now, **({"rate": UNPACED} | more))


def alerts_at(desk: Desk) -> list[str]:
    """The kinds of the alerts."""
    return [alert.kind for alert in desk.database.read(alerts.listed)]


def reply(desk: Desk, clock: Clock, number: int = 0, **columns: Any) -> int:
    """An answer that waits to leave; gives its row."""
    sealed = desk.seal.seal("outbox.body", "Text STOP to end.")
    given = {"kind": Kind.REPLY, "sealed": sealed, "step": "help", "campaign": ""} | columns
    return line.queue(desk, clock.now, number, **given)


def claimed(desk: Desk, clock: Clock, **columns: Any) -> int:
    """A step that was claimed; gives its row."""
    row = line.queue(desk, clock.now, **columns)
    claim(desk, clock, columns.get("channel", SMS))
    return row
