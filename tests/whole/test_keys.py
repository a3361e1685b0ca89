"""Keys are rotated beside a running bot, by a command that is killed in the middle and run again."""

from __future__ import annotations

import time
from datetime import timedelta

import sqlalchemy as sa

from bot.store import rotation
from bot.store.sealed import Seal, new_key, parse_keys
from bot.store.tables import outbox
from tests.whole.house import CHAT, CODE, House
from tests.whole.started import PATIENCE, Started, run
from tests.wire.telegram_server import TelegramServer

ROWS = 1500


def _under(house: House, key: str) -> int:
    """How many values need this key."""
    return house.database.read(
        lambda conn: sum(rotation.sealed_under(conn, one).get(key, 0) for one in rotation.COLUMNS)
    )


def test_killed_in_the_middle_it_goes_on_and_the_bot_answers_meanwhile(
    house: House, telegram: TelegramServer
) -> None:
    house.queue_replies(ROWS, later=timedelta(hours=12))  # else hers would wait for its turn among them
    new = new_key("t2")
    both = house.settings | {"THINKFAMILY_KEYS": f"{new},{house.settings['THINKFAMILY_KEYS']}"}
    with Started(house.folder, both, "run", "--only", "inbound", "--only", "dispatch") as bot:
        bot.ready()
        before = _under(house, "t1")
        with Started(house.folder, both, "keys", "rotate") as rotating:
            end = time.monotonic() + PATIENCE
            while _under(house, "t1") == before and time.monotonic() < end:
                time.sleep(0.002)
            rotating.kill()
        telegram.text(CHAT, f"GUEST {CODE}")
        telegram.wait_for(lambda: telegram.sent_to(CHAT), PATIENCE)
        again = run(house.folder, both, "keys", "rotate")
        assert again.process.returncode == 0, again.logged
        assert _under(house, "t1") == 0
    checked = run(house.folder, both, "keys", "check").said
    assert "Nothing needs t1: thinkfamily keys retire t1" in checked
    assert run(house.folder, both, "keys", "retire", "t1").process.returncode == 0
    alone = run(house.folder, both | {"THINKFAMILY_KEYS": new}, "keys", "check")
    assert "t2 is the newest" in alone.said
    words = house.rows(sa.select(outbox.c.sealed).where(outbox.c.sealed.is_not(None)))
    seal = Seal(parse_keys(new))
    assert len(words) == len({seal.open("outbox.body", row.sealed) for row in words}) == ROWS + 1
