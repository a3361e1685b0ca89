"""The look through every test's logs is awake: it finds each kind of thing, and a test that leaks fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import nothing_personal
from tests.policy.house import ROOT

LEAKS = {
    "a number": 'structlog.get_logger().info("sent", address="+44 7700 900 123")',
    "a name": 'logging.getLogger("x").warning("hello Aloysius")',
    "a token": 'print("https://host/bot1234567890:" + "a" * 35)',
    "words": 'heard("she was born sleeping"); print("failed:  She was born\\n sleeping")',
}


SOURCE = """
import logging, subprocess, sys, pytest, structlog
from tests.nothing_personal import heard

@pytest.fixture
def leaking():
    {first}
    yield

def test_in_the_test():
    {first}

def test_in_a_fixture(leaking):
    pass

def test_in_a_child():
    heard("she was born sleeping")
    subprocess.run([sys.executable, "-c", {child!r}])

def test_that_leaks_nothing():
    print("all is well")
"""


@pytest.mark.parametrize("kind", LEAKS)
def test_p11_a_test_whose_logs_tell_of_a_person_fails(tmp_path: Path, kind: str) -> None:
    leak = LEAKS[kind]
    child = "import logging, structlog; " + leak.replace('heard("she was born sleeping"); ', "")
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    (tmp_path / "test_leaks.py").write_text(SOURCE.format(first=leak, child=child))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"),
         "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "2 failed, 1 passed, 1 error" in done.stdout, done.stdout
    assert done.stdout.count("P11: what was logged or printed holds") >= 3


def test_what_tells_of_nobody_is_not_found() -> None:
    nothing_personal.heard("STOP")
    nothing_personal.heard("my baby is not moving")
    text = '{"event": "stop", "inbound_id": 1882892072275102032, "seconds": 0.7700900, "code": "stopped"}'
    assert nothing_personal.found_in(text) == []
