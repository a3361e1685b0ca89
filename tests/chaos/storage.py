"""Acts in which the database fails: locked, full, read-only, gone, slow; killed, frozen, started anew."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import threading
import time

import sqlalchemy as sa

from tests.chaos.act import Act, between
from tests.chaos.kills import chatter
from tests.chaos.world import PARTS, World

ON_SQLITE, ON_POSTGRES = frozenset({"sqlite"}), frozenset({"postgres"})
SMALL = 64 * 1024  # bytes; every database is larger
HELD = 4.0  # seconds; longer than a process waits for a lock


def locked(world: World, chance: random.Random) -> None:
    """Another program holds the file, longer than anybody waits."""
    world.moving(2)
    held = sqlite3.connect(world.file, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    chatter(world, chance)
    time.sleep(HELD)
    held.execute("ROLLBACK")
    held.close()


def full(world: World, chance: random.Random) -> None:
    """SQLite may not grow by a page: its disk is full."""
    _while(world, "full", chance)


def read_only(world: World, chance: random.Random) -> None:
    """Nobody may write to it."""
    _while(world, "read_only", chance)


def slow(world: World, chance: random.Random) -> None:
    """Every statement takes a while."""
    _while(world, "slow", chance)


def _while(world: World, weather: str, chance: random.Random) -> None:
    """So long as this file is there, the weather is so."""
    world.moving(2)
    file = world.folder / weather
    file.touch()
    chatter(world, chance)
    between(chance, 1, 3)
    file.unlink()


def no_larger_files(world: World, chance: random.Random) -> None:
    """The operating system refuses a write in the middle of the log, and later allows it again."""
    for part in ("dispatch", "plan"):
        world.kill(part)
        world.start(part, wait=False, largest=SMALL)
    chatter(world, chance)
    between(chance, 1, 2)
    for part in ("dispatch", "plan"):
        if world.nursery.ended(world.lives[part].pid) is None:
            anything = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(world.lives[part].pid, resource.RLIMIT_FSIZE, anything)


def gone(world: World, chance: random.Random) -> None:
    """The file is moved away, and back."""
    world.moving(2)
    away = world.file.rename(world.file.with_suffix(".away"))
    between(chance, 1, 2)
    assert not world.file.exists(), "somebody made an empty one in its place"
    away.rename(world.file)


def restarted(world: World, chance: random.Random) -> None:
    """The server is stopped at once, and started a while later."""
    world.moving(2)
    world.server.stop()
    between(chance, 0.5, 2)
    world.server.start()


def killed(world: World, chance: random.Random) -> None:
    """The server and all its processes are killed with -9; it recovers from its log."""
    world.moving(2)
    world.server.kill()
    between(chance, 0.2, 1)
    world.server.start()


def no_room(world: World, chance: random.Random) -> None:
    """The server's disk is full: it cannot write its log, goes down, and comes back when there is room."""
    world.moving(2)
    world.server.no_room()
    chatter(world, chance)
    world.until(world.server.is_down, "the server goes down")
    between(chance, 0.5, 2)
    world.server.start()


def frozen_server(world: World, chance: random.Random) -> None:
    """The server stands still in the middle of what it did."""
    world.moving(2)
    with world.server.frozen():
        between(chance, 1, 3)


def server_read_only(world: World, chance: random.Random) -> None:
    """The server takes no writes: it has become a copy."""
    world.moving(2)
    _server_says(world, "ALTER SYSTEM SET default_transaction_read_only = on")
    chatter(world, chance)
    between(chance, 1, 2)
    _server_says(world, "ALTER SYSTEM RESET default_transaction_read_only")


def cut_off(world: World, chance: random.Random) -> None:
    """Every connection is ended, and for a while no new one is let in."""
    world.moving(2)
    name = sa.make_url(world.url).database
    _server_says(world, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", others=True)
    between(chance, 0.5, 2)
    _server_says(world, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def exhausted(world: World, chance: random.Random) -> None:
    """Somebody holds the tables for longer than anybody waits for a connection, while many write to us."""
    world.moving(2)
    engine = sa.create_engine(world.url, poolclass=sa.NullPool)
    with engine.begin() as held:
        held.execute(sa.text("LOCK TABLE outbox, inbox, addresses IN ACCESS EXCLUSIVE MODE"))
        writing = [threading.Thread(target=chatter, args=(world, random.Random(n), 1)) for n in range(20)]
        for one in writing:
            one.start()
        time.sleep(12)
    for one in writing:
        one.join()
    engine.dispose()


def _server_says(world: World, statement: str, *, others: bool = False) -> None:
    engine = sa.create_engine(world.server.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
        if others:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(sa.text(f"{ended} AND datname = '{sa.make_url(world.url).database}'"))
    engine.dispose()


def power_cut(world: World, chance: random.Random) -> None:
    """Database and processes die together."""
    world.moving(2)
    for part in PARTS:
        os.kill(world.lives[part].pid, 9)
    world.server.kill()
    world.server.start()
    for part in PARTS:
        world.fell(world.lives.pop(part))
    world.pass_(seconds=61)


ACTS = (
    Act("locked", locked, ON_SQLITE),
    Act("full", full, ON_SQLITE),
    Act("read_only", read_only, ON_SQLITE),
    Act("no_larger_files", no_larger_files, ON_SQLITE),
    Act("gone", gone, ON_SQLITE),
    Act("slow", slow),
    Act("restarted", restarted, ON_POSTGRES),
    Act("killed", killed, ON_POSTGRES),
    Act("no_room", no_room, ON_POSTGRES),
    Act("frozen_server", frozen_server, ON_POSTGRES),
    Act("server_read_only", server_read_only, ON_POSTGRES),
    Act("cut_off", cut_off, ON_POSTGRES),
    Act("exhausted", exhausted, ON_POSTGRES),
    Act("power_cut", power_cut, ON_POSTGRES),
)
