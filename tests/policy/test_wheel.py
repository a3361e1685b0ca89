"""The wheel holds the whole house and works by itself: built, installed into an empty place, and run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.policy.house import ROOT

ROOMS = {"campaigns": "*.yaml", "templates": "**/*.j2", "config": "*.yaml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    [built] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def place(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed, as pip installs it; the libraries are this environment's."""
    target = tmp_path_factory.mktemp("place")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, "--target", str(target), str(wheel)], check=True
    )
    return target


def run(place: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed wheel in `folder`, with no settings but a database there."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    kept |= {
        "PYTHONPATH": str(place),
        "PYTHONDONTWRITEBYTECODE": "1",
        "THINKFAMILY_DATABASE_URL": f"sqlite:///{folder / 'wheel.db'}",
    }
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=60)


def thinkfamily(place: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The console script that pip made."""
    return run(place, folder, sys.executable, str(place / "bin" / "thinkfamily"), *words)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_text_campaign_and_config_is_inside(wheel: Path) -> None:
    inside = names(wheel)
    files = [path for room, kind in ROOMS.items() for path in (ROOT / room).glob(kind)]
    missing = [path for path in files if f"bot/_content/{path.relative_to(ROOT).as_posix()}" not in inside]
    assert len(files) > 100
    assert missing == []


def test_every_module_and_migration_is_inside(wheel: Path) -> None:
    inside = names(wheel)
    files = [path for path in (ROOT / "bot").rglob("*") if path.suffix in (".py", ".mako")]
    missing = [path for path in files if path.relative_to(ROOT).as_posix() not in inside]
    assert missing == []
    assert "scheduler.py" in inside


def test_nothing_else_is_inside(wheel: Path) -> None:
    """No tests, no .env, no database, nobody's notes."""
    tops = {name.split("/")[0] for name in names(wheel)}
    assert {top.partition("-")[0] for top in tops} == {"bot", "scheduler.py", "thinkfamily"}
    assert not [name for name in names(wheel) if name.endswith((".env", ".db", ".key", ".pyc"))]


def test_what_runs_is_the_wheel_and_not_this_checkout(place: Path, tmp_path: Path) -> None:
    asked = run(place, tmp_path, sys.executable, "-c", "import bot, scheduler; print(bot.__file__)")
    assert Path(asked.stdout.strip()).is_relative_to(place), asked.stderr


def test_check_works_from_the_wheel_in_an_empty_folder(place: Path, tmp_path: Path) -> None:
    done = thinkfamily(place, tmp_path, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "campaigns" in done.stdout


def test_the_schema_is_made_from_the_wheel(place: Path, tmp_path: Path) -> None:
    upgraded = thinkfamily(place, tmp_path, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    stands = thinkfamily(place, tmp_path, "db", "state")
    assert (stands.returncode, stands.stdout[:7]) == (0, "current")
