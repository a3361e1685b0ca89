"""Backups as an operator makes them: beside a running bot, killed in the middle, and restored."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import schema
from bot.store.database import Database
from tests.postgres import TOOLS
from tests.whole.house import CHAT, CODE, ON_POSTGRES, ON_SQLITE, House
from tests.whole.started import PATIENCE, Started, run
from tests.wire.telegram_server import TelegramServer

ROWS = 3000


def done(process: Started) -> str:
    assert process.process.returncode == 0, process.logged
    return process.said


def killed(house: House, settings: dict[str, str], place: Path, after: float, *words: str) -> int:
    """Run a command, and kill -9 it so many seconds after it began its work at `place`; its exit code."""
    left = set(place.glob(".thinkfamily-backup-*"))
    with Started(house.folder, settings, *words) as process:
        end = time.monotonic() + PATIENCE
        while process.process.poll() is None and time.monotonic() < end:
            if set(place.glob(".thinkfamily-backup-*")) - left:
                time.sleep(after)
                break
            time.sleep(0.002)
        process.kill()
    return process.process.returncode


def verified(house: House, file: Path) -> str:
    return done(run(house.folder, house.settings, "backup", "--verify", str(file)))


def there(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))


@ON_SQLITE
def test_beside_a_running_bot_and_restored_it_answers_and_sends_nothing_planned(
    house: House, telegram: TelegramServer, tmp_path: Path
) -> None:
    file = tmp_path / "one.tar"
    with Started(house.folder, house.settings, "run") as process:
        process.ready()
        telegram.text(CHAT, f"GUEST {CODE}")
        telegram.wait_for(lambda: telegram.sent_to(CHAT), PATIENCE)
        said = done(run(house.folder, house.settings, "backup", str(file)))
        assert "It holds no key. Without t1" in said
        telegram.text(CHAT, "1")  # after the backup: the restored database knows nothing of it
        telegram.wait_for(lambda: len(telegram.sent_to(CHAT)) == 2, PATIENCE)
    assert "its keys are held" in verified(house, file)
    settings = house.settings | {"THINKFAMILY_DATABASE_URL": f"sqlite:///{tmp_path}/restored.db"}
    said = done(run(house.folder, settings, "db", "restore", str(file)))
    assert "Planned sending is halted" in said
    with Started(house.folder, settings, "run") as process:
        process.ready()
        status, body = process.health()
        assert status == 503
        assert "restored from a backup" in " ".join(body["wrong"])
        telegram.text(CHAT, "1")  # the bot is where it was at the backup, and answers
        telegram.wait_for(lambda: len(telegram.sent_to(CHAT)) == 3, PATIENCE)
    refused = run(house.folder, settings, "resume")
    assert refused.process.returncode == 1
    assert "--after-restore" in refused.logged
    assert "Resumed" in done(run(house.folder, settings, "resume", "--after-restore"))


@ON_SQLITE
@pytest.mark.parametrize("after", [0.0, 0.1])
def test_a_backup_that_is_killed_leaves_no_file_of_its_name(
    house: House, tmp_path: Path, after: float
) -> None:
    house.queue_replies(ROWS)
    place = tmp_path / "backups"
    place.mkdir()
    code = killed(house, house.settings, place, after, "backup", str(place / "a.tar"))
    if there(place):  # it was named: then it is whole
        assert "whole backup" in verified(house, place / "a.tar")
    else:
        assert code != 0
    done(run(house.folder, house.settings, "backup", str(place / "b.tar")))
    assert f"{ROWS} messages" in verified(house, place / "b.tar")


def _restorable(house: House, settings: dict[str, str], file: Path) -> None:
    """Whatever a killed restore left is refused by the bot; again, it is finished or says what to do."""
    again = run(house.folder, settings, "db", "restore", str(file))
    left = Database(settings["THINKFAMILY_DATABASE_URL"])
    try:
        assert schema.state(left) == "current"
        count = left.read(lambda conn: conn.execute(sa.text("SELECT count(*) FROM outbox")).scalar_one())
        assert count == ROWS
        doubt = "SELECT count(*) FROM outbox WHERE state = 'uncertain' AND reason = 'restored'"
        assert left.read(lambda conn: conn.execute(sa.text(doubt)).scalar_one()) == ROWS
    finally:
        left.close()
    assert again.process.returncode == 0 or "left alone" in again.logged


@ON_SQLITE
@pytest.mark.parametrize("after", [0.0, 0.1])
def test_a_restore_that_is_killed_is_there_whole_or_not_at_all(
    house: House, tmp_path: Path, after: float
) -> None:
    house.queue_replies(ROWS)
    file = tmp_path / "a.tar"
    done(run(house.folder, house.settings, "backup", str(file)))
    (tmp_path / "new").mkdir()
    settings = house.settings | {"THINKFAMILY_DATABASE_URL": f"sqlite:///{tmp_path}/new/restored.db"}
    killed(house, settings, tmp_path / "new", after, "db", "restore", str(file))
    _restorable(house, settings, file)


@ON_POSTGRES
@pytest.mark.parametrize("empty_url", ["postgres"], indirect=True)
def test_postgresql_is_backed_up_restored_and_killed_at_it(
    house: House, empty_url: str, tmp_path: Path
) -> None:
    tools = {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    house.queue_replies(ROWS)
    file = tmp_path / "a.tar"
    done(run(house.folder, house.settings | tools, "backup", str(file)))
    settings = house.settings | tools | {"THINKFAMILY_DATABASE_URL": empty_url}
    for after in (0.9, 1.3, 1.7):
        killed(house, settings, tmp_path / "new", after, "db", "restore", str(file))
    _restorable(house, settings, file)


@ON_POSTGRES
def test_without_postgresqls_tools_a_backup_is_refused_with_the_remedy(house: House, tmp_path: Path) -> None:
    refused = run(house.folder, house.settings | {"PATH": str(tmp_path)}, "backup", str(tmp_path / "a.tar"))
    assert refused.process.returncode == 1
    assert "pg_dump is not on this machine's PATH" in refused.logged
    assert there(tmp_path).count("a.tar") == 0
