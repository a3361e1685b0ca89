"""Dockerfile and compose.yaml say what is true: paths, commands, settings and the health check, by use.

No image is built here: what a build would do is done to a folder, and what the image would run is run.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder
from ruamel.yaml import YAML

from bot.cli.main import COMMANDS
from bot.process import PARTS
from bot.settings import Settings
from tests.policy.house import ROOT
from tests.policy.test_wheel import names
from tests.whole.house import House
from tests.whole.started import Started, environment

PARTS_OF_COMPOSE = ("plan", "dispatch", "inbound")
SETTINGS = {name.upper() for name in Settings.model_fields}
PYTHONS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
POSTGRES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}


def dockerfile() -> list[tuple[str, str]]:
    """Each instruction with its whole text, continued lines joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text()
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    found = [line.partition(" ") for line in lines.splitlines() if line.strip()]
    return [(word, rest.strip()) for word, _, rest in found]


def said(word: str) -> list[str]:
    return [rest for instruction, rest in dockerfile() if instruction == word]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())
    return loaded


def test_every_image_has_a_name_of_its_own_and_a_pinned_tag() -> None:
    images = [one.split()[0] for one in said("FROM")] + [compose()["services"]["database"]["image"]]
    assert [
        one for one in images if not re.fullmatch(r"(python|postgres):\d+\.\d+(\.\d+)?-[a-z-]+", one)
    ] == []


def test_what_is_copied_is_there_and_makes_the_whole_wheel(tmp_path: Path) -> None:
    """Nothing else of a checkout comes in, so no .env, no database and no key does."""
    for line in said("COPY"):
        *sources, target = line.split()
        if sources[0].startswith("--from"):
            continue
        for name in sources:
            there, here = ROOT / name, tmp_path / target / (name if target == "./" else "")
            assert there.exists(), name
            shutil.copytree(there, here) if there.is_dir() else shutil.copy(there, here)
    [built] = WheelBuilder(str(tmp_path)).build(directory=str(tmp_path / "dist"), versions=["standard"])
    [ours] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path / "ours"), versions=["standard"])
    assert names(Path(built)) == names(Path(ours))


def test_it_runs_as_nobody_who_may_do_anything() -> None:
    order = [word for word, _ in dockerfile()]
    assert said("USER") == ["10001:10001"]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert all(word not in ("RUN", "COPY", "ADD") for word in order[order.index("USER") :])


def test_what_the_image_runs_are_commands_of_ours() -> None:
    [entry], [command] = (json.loads(said(word)[-1]) for word in ("ENTRYPOINT", "CMD"))
    assert (entry, command) == ("thinkfamily", "run")
    for name in ("tables", *PARTS_OF_COMPOSE):
        words = compose()["services"][name]["command"]
        assert words[0] in COMMANDS
        if words[0] == "run":
            assert words[1] == "--only"
            assert set(words[2:]) <= PARTS
    each = [compose()["services"][name]["command"][-1] for name in PARTS_OF_COMPOSE]
    assert sorted(each) == sorted(PARTS)


def test_every_variable_that_is_set_is_a_setting() -> None:
    in_image = {pair.partition("=")[0] for line in said("ENV") for pair in line.split()}
    assert in_image <= SETTINGS | PYTHONS
    for name, service in compose()["services"].items():
        assert set(service["environment"]) <= (POSTGRES if name == "database" else SETTINGS)


def test_the_parts_start_after_the_tables_and_these_after_a_healthy_database() -> None:
    services = compose()["services"]
    assert services["tables"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["tables"]["restart"] == "no"
    for name in PARTS_OF_COMPOSE:
        assert services[name]["depends_on"] == {"tables": {"condition": "service_completed_successfully"}}
        assert services[name]["restart"] == "unless-stopped"
        assert (services[name]["read_only"], services[name]["cap_drop"]) == (True, ["ALL"])


def test_one_door_is_open_and_to_this_machine_only() -> None:
    ports = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert ports == {"inbound": ["127.0.0.1:8080:8080"]}


def test_no_password_and_no_key_stands_in_either_file() -> None:
    text = (ROOT / "compose.yaml").read_text() + (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    bare = "\n".join(lines).replace("${POSTGRES_PASSWORD:?set it in .env}", "")
    assert "${" not in bare
    assert re.findall(r"PASSWORD: *[^\n ]+|://\w+:[^@\s]+@|KEYS", bare) == []


@pytest.fixture
def check() -> list[str]:
    """The health check, as the image would run it."""
    [line] = said("HEALTHCHECK")
    python, *rest = json.loads(line.partition("CMD ")[2])
    assert python == "python"
    return [sys.executable, *rest]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_health_check_tells_well_ill_and_gone_apart(house: House, check: list[str]) -> None:
    with Started(house.folder, house.settings, "run", "--only", "plan") as process:
        port = process.ready().url.rpartition(":")[2]
        settings = environment({"THINKFAMILY_PORT": port})

        def exit_code() -> int:
            return subprocess.run(
                check, env=settings, capture_output=True, timeout=30, check=False
            ).returncode

        assert exit_code() == 0
        house.database.write(
            lambda conn: conn.exec_driver_sql(
                "INSERT INTO cursors (name, value) VALUES ('tick:gone', '2026-01-01T00:00:00+00:00|20')"
            )
        )
        assert exit_code() == 1
        process.terminate()
    assert exit_code() == 1
