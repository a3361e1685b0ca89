"""A desk for the sending line: a real database, two published steps, and small words of its own."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from bot.content.config import Config
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Moment, Step
from bot.domain.family import Purpose, Role
from bot.domain.revision import LiveStep, Mode
from bot.services.desk import Desk
from bot.services.shelf import Published
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.words.render import Words
from tests import ours, rows

TEXTS = {
    "templates/en/flu/offer.j2": "Flu jab: ask your midwife.",
    "templates/en/flu/offer.father.j2": "Flu jab: ask together.",
    "templates/en/flu/nudge.j2": "You are {{ weeks }} weeks. Did you book?",
    "templates/en/replies/check_in.j2": "Our texts have now stopped.",
    "templates/en/replies/help.j2": "Text STOP to end.",
}


def step(step_id: str, **changes: Any) -> Step:
    """A step of the campaign `flu`."""
    fields: dict[str, Any] = {
        "campaign": "flu", "id": step_id, "to": frozenset(Role), "when": Moment(Anchor.JOINED, days=1),
        "until": None, "purpose": Purpose.PREGNANCY_AND_BABY, "topic": "flu",
    }  # fmt: skip
    return Step(**(fields | changes))


@dataclass
class StandingShelf:
    """A shelf whose content a test sets; everything on it is published and approved."""

    published: Published

    def at(self, *_where: Any) -> Published:
        return self.published


def shelf(*steps: Step, texts: dict[str, str] | None = None) -> StandingShelf:
    words = Words(TEXTS if texts is None else texts, {})
    live = tuple(
        LiveStep(one, 1, {"en": f"hash-{one.id}"}) for one in steps or (step("offer"), step("nudge"))
    )
    return StandingShelf(Published(live=live, words=words, replies=words))


def config() -> Config:
    """The project's own config, as its authors wrote it."""
    return ours.content().config


def desk(database: Database, seal: Seal, mode: Mode = Mode.LIVE, **changes: Any) -> Desk:
    """A desk in live mode whose senders are the ones that tests.rows names."""
    fields: dict[str, Any] = {
        "database": database, "seal": seal, "mode": mode, "config": config(),
        "content": None, "lexicon": None, "shelf": shelf(), "guests": frozenset(), "holder": "here",
        "senders": {ChannelName.SMS: "test", ChannelName.TELEGRAM: "test"},
    }  # fmt: skip
    return Desk(**(fields | changes))


def queue(
    desk: Desk, now: Any, number: int = 0, channel: ChannelName = ChannelName.SMS, **columns: Any
) -> int:
    """A staged row to somebody new, ready to leave; gives its id."""

    def work(conn: sa.Connection) -> int:
        who = rows.someone(conn, desk.seal, now, number, channel=channel)
        return rows.row(conn, who, now, **columns)

    return desk.database.write(work)


def state(desk: Desk, outbox_id: int) -> str:
    """The state of a row."""
    return str(desk.database.read(lambda conn: rows.of(conn, outbox_id)).state)


def row(desk: Desk, outbox_id: int) -> sa.Row[Any]:
    """A row as it is."""
    return desk.database.read(lambda conn: rows.of(conn, outbox_id))


def app(desk: Desk, clock: Any, *channels: Any, slots: int = 8, twilio: Any = None) -> Any:
    """What the loops need of an App."""
    return SimpleNamespace(
        desk=desk, clock=clock, channels={one.name: one for one in channels}, slots=slots, twilio=twilio
    )


def replies(*keys: str) -> dict[str, str]:
    """A template for each reply, whose words are its key, so that a test reads which one left."""
    return {f"templates/en/replies/{key}.j2": f"[{key}]" for key in keys}
