"""The judge sees what is wrong: each promise, broken by hand at the wire or in the ledger, is named."""

from __future__ import annotations

import contextlib
import copy
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.store.tables import consent_states, outbox
from tests.chaos import written
from tests.chaos.act import Act, play
from tests.chaos.clocks import plain
from tests.chaos.ground import Ground
from tests.chaos.judge import Judge
from tests.chaos.world import PARTS, World
from tests.wire.server import Call
from tests.wire.telegram_server import Said


@pytest.fixture(scope="module")
def day(ground: Ground) -> Iterator[World]:
    """A day on which nothing broke."""
    with ground.world("judged", "sqlite", families=4) as world:
        play(world, Act("plain", plain), random.Random(1), written.DAYS[0])
        for part in PARTS:
            world.stop(part)
        yield world


def _said(world: World) -> Said:
    return next(one for one in world.chats.sent if one.text.startswith("Step "))


def _call(world: World, body: str, *, later: float = 0.0, chat: int = 1000) -> None:
    """Another call to send, taken by nobody."""
    fields = {"chat_id": str(chat), "text": body}
    world.chats.calls.append(Call("sendMessage", fields, time.monotonic() + later))


def _twice(world: World) -> None:
    world.chats.sent.append(replace(_said(world), message_id=99))


def _never(world: World) -> None:
    world.chats.sent.remove(_said(world))


def _unasked(world: World) -> None:
    _call(world, written.words(1), chat=7777)


def _by_night(world: World) -> None:
    world.pass_(hours=10)
    _call(world, written.words(1), later=3)


def _too_late(world: World) -> None:
    world.pass_(days=4)
    _call(world, written.words(1), later=3)


def _after_a_stop(world: World) -> None:
    world.silenced[world.of(ChannelName.TELEGRAM)[0].address] = time.monotonic() - 2
    _call(world, written.words(1))


def _after_a_withdrawal(world: World) -> None:
    world.barred.append((written.WEEKLY, time.monotonic() - 2, time.monotonic() + 60))
    _call(world, written.words(1))


def _not_approved(world: World) -> None:
    world.unapproved.add(2)
    _call(world, written.words(1, 2))


def _a_stop_lost(world: World) -> None:
    world.said.append((world.people[0].address, "STOP"))


def _a_loss_lost(world: World) -> None:
    world.said.append((world.people[0].address, "LOSS"))


def _a_row_lost(world: World) -> None:
    _write(world, sa.delete(outbox).where(outbox.c.member_id == world.people[0].member_id))


def _stuck(world: World) -> None:
    _write(world, sa.update(outbox).where(outbox.c.kind == "staged").values(state="sending"))
    world.pass_(days=4)


def _in_doubt(world: World) -> None:
    _write(
        world, sa.update(outbox).where(outbox.c.kind == "staged").values(state="uncertain", reason="lease")
    )


def _no_consent(world: World) -> None:
    _write(world, sa.update(consent_states).values(live=False))


def _write(world: World, statement: sa.UpdateBase) -> None:
    world.desk.database.write(lambda conn: conn.execute(statement))


@contextlib.contextmanager
def _restored(world: World) -> Iterator[None]:
    """Afterwards the world is as it was; its database too."""
    kept = {name: copy.copy(getattr(world, name)) for name in ("silenced", "barred", "unapproved", "said")}
    sent, calls, ahead = list(world.chats.sent), list(world.chats.calls), world.dial.ahead
    with sqlite3.connect(world.file) as now, sqlite3.connect(":memory:") as before:
        now.backup(before)
        yield
        before.backup(now)
    world.chats.sent[:], world.chats.calls[:] = sent, calls
    world.pass_(seconds=ahead - world.dial.ahead)
    for name, value in kept.items():
        setattr(world, name, value)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_twice, "P4: doubled"), (_never, "P5: lost"), (_unasked, "P1: a step went to"),
        (_by_night, "P6: 'Step 1, edition 1.' began"), (_too_late, "it opened on"), (_after_a_stop, "P2: "),
        (_after_a_withdrawal, "withdrawn, retired or halted"), (_not_approved, "never approved"),
        (_a_stop_lost, "P2: a STOP"), (_a_loss_lost, "P3: a LOSS"), (_a_row_lost, "P5: nobody planned"),
        (_stuck, "P5: a row is still sending"), (_in_doubt, "rows are in doubt"),
        (_no_consent, "P1: the consent states"),
    ],
)  # fmt: skip
def test_the_judge_names_what_is_wrong(day: World, spoil: Callable[[World], None], said: str) -> None:
    assert Judge(day).wrong() == []
    with _restored(day):
        spoil(day)
        assert any(said in sentence for sentence in Judge(day).wrong()), Judge(day).wrong()
