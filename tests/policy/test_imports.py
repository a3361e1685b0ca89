"""Imports run one way, and each library has one room (DESIGN 2)."""

from __future__ import annotations

import sys

import pytest

from tests.policy.house import Source, sources

OURS = sources("bot", "scheduler.py")

MAY_IMPORT = {
    "errors": set(),
    "logs": {"errors"},
    "settings": {"domain", "errors"},
    "domain": {"domain"},
    "store": {"domain", "store"},
    "words": {"domain", "words"},
    "channels": {"domain", "channels"},
    "content": {"domain", "words", "content"},
    "services": {"domain", "store", "words", "content", "services"},
    "authoring": {"domain", "words", "content", "authoring"},
    "bootstrap": {"settings", "store", "content", "channels", "services", "words", "domain"},
    "inbound": {"bootstrap", "services", "domain", "channels", "inbound"},
    "running": {"bootstrap", "services", "domain", "channels", "running"},
    "scheduler": {"bootstrap", "services", "domain", "logs", "settings"},
    "process": {"bootstrap", "services", "inbound", "running", "scheduler", "logs", "domain"},
    "rehearsal": {"bootstrap", "services", "running", "domain", "rehearsal"},
    "cli": {
        "bootstrap", "logs", "services", "authoring", "running", "rehearsal", "process", "settings",
        "content", "domain", "store", "words", "cli",
    },
}  # fmt: skip

ONE_ROOM = {
    "sqlalchemy": {"store", "services"},
    "alembic": {"store"},
    "cryptography": {"store"},
    "jinja2": {"words", "authoring"},
    "babel": {"words"},
    "rapidfuzz": {"words"},
    "dateparser": {"words"},
    "telegram": {"channels"},
    "twilio": {"channels"},
    "aiohttp": {"channels"},
    "yarl": {"channels"},
    "smtplib": {"channels"},
    "ruamel": {"content"},
    "pydantic": {"content", "settings"},
    "pydantic_settings": {"settings"},
    "apscheduler": {"scheduler"},
    "typer": {"cli"},
    "rich": {"cli"},
    "openpyxl": {"authoring"},
    "defusedxml": {"content"},
    "resvg_py": {"words"},
    "faker": {"rehearsal"},
    "icalendar": {"authoring"},
    "phonenumbers": {"domain"},
    "prometheus_client": {"running"},
    "starlette": {"inbound", "running", "process"},
    "uvicorn": {"process"},
    "structlog": {"logs", "services", "running", "inbound", "process", "scheduler", "cli", "channels"},
}

PURE = {"domain", "words"}


def room_of(module: str) -> str | None:
    """The room a dotted name of ours belongs to; None for anybody else's."""
    parts = module.split(".")
    if parts[0] == "scheduler":
        return "scheduler"
    return parts[1] if parts[0] == "bot" and len(parts) > 1 else None


@pytest.mark.parametrize("source", OURS, ids=lambda source: source.name)
def test_imports_run_one_way(source: Source) -> None:
    if source.name == "bot/__init__.py":
        assert not list(source.imports())
        return
    allowed = MAY_IMPORT[source.room] | {"errors"}
    wrong = [
        f"{source.name}:{line}: {source.room} may not import {module}"
        for module, line in source.imports()
        if (room := room_of(module)) is not None and room not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", OURS, ids=lambda source: source.name)
def test_each_library_has_its_room(source: Source) -> None:
    wrong = [
        f"{source.name}:{line}: {module} belongs to {sorted(ONE_ROOM[module.split('.')[0]])}"
        for module, line in source.imports()
        if (rooms := ONE_ROOM.get(module.split(".")[0])) is not None and source.room not in rooms
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", OURS, ids=lambda source: source.name)
def test_every_library_is_known_by_name(source: Source) -> None:
    known = set(ONE_ROOM) | {"bot", "scheduler"} | set(sys.stdlib_module_names)
    strange = [
        f"{source.name}:{line}: {module}"
        for module, line in source.imports()
        if module.split(".")[0] not in known
    ]
    assert not strange, "\n".join(strange)


def test_nothing_imports_the_command_line() -> None:
    for source in OURS:
        if source.room != "cli":
            assert not [module for module, _ in source.imports() if module.startswith("bot.cli")], source.name


BENCHMARKS = sources("benchmarks")
OF_THE_TESTS = ("tests.wire", "tests.postgres")
"""What a benchmark may borrow: the servers that play providers, and a PostgreSQL that is thrown away."""


@pytest.mark.parametrize("source", BENCHMARKS, ids=lambda source: source.name)
def test_a_benchmark_measures_the_product_and_borrows_only_servers(source: Source) -> None:
    wrong = [
        f"{source.name}:{line}: {module}"
        for module, line in source.imports()
        if module.split(".")[0] == "tests" and not _borrowed(source, module, line)
    ]
    assert not wrong, "\n".join(wrong)


def _borrowed(source: Source, module: str, line: int) -> bool:
    if module == "tests":  # from tests import postgres
        return source.text.splitlines()[line - 1].strip() == "from tests import postgres"
    return module.startswith(OF_THE_TESTS)


def test_nothing_imports_a_benchmark() -> None:
    for source in OURS:
        assert not [module for module, _ in source.imports() if module.startswith("benchmarks")], source.name
