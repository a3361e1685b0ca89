"""`thinkfamily run` under a service manager: a real process, and the socket on which systemd would listen."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.running.systemd import Supervisor, supervisor
from tests.whole.house import ON_SQLITE, House
from tests.whole.started import PATIENCE, Started, run


class Listener:
    """A datagram socket, and the words that came to it, in order."""

    def __init__(self, path: str) -> None:
        self.address = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path if not path.startswith("@") else f"\0{path[1:]}")
        self.words: list[str] = []

    def hear(self, seconds: float) -> list[str]:
        """What comes within so many seconds."""
        end, began = time.monotonic() + seconds, len(self.words)
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                self.words += self._socket.recv(4096).decode().split("\n")
            except TimeoutError:
                break
        return self.words[began:]

    def wait_for(self, word: str) -> None:
        end = time.monotonic() + PATIENCE
        while word not in self.words:
            assert time.monotonic() < end, f"{word} was never said"
            self.hear(0.05)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["a file", "an abstract name"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    path = str(tmp_path / "notify") if request.param == "a file" else f"@thinkfamily{time.monotonic_ns()}"
    made = Listener(path)
    yield made
    made.close()


@ON_SQLITE
def test_a_service_manager_hears_ready_alive_and_stopping(house: House, listener: Listener) -> None:
    watched = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "400000"}
    with Started(house.folder, house.settings | watched, "run", cold=True) as process:
        listener.wait_for("READY=1")
        assert process.ready().health()[0] == 200
        assert listener.hear(2).count("WATCHDOG=1") >= 5
        process.process.send_signal(signal.SIGSTOP)
        listener.hear(0.5)
        assert listener.hear(1.5) == []  # whoever does not turn says nothing, and is started anew
        process.process.send_signal(signal.SIGCONT)
        listener.wait_for("WATCHDOG=1")
        assert process.terminate() == 0
        listener.wait_for("STOPPING=1")
    assert listener.words.count("READY=1") == listener.words.count("STOPPING=1") == 1
    assert listener.words.index("READY=1") < listener.words.index("STOPPING=1")


@ON_SQLITE
def test_who_did_not_start_is_never_ready(house: House, tmp_path: Path) -> None:
    listener = Listener(str(tmp_path / "notify"))
    wrong = house.settings | {"NOTIFY_SOCKET": listener.address, "THINKFAMILY_GUESTS": "nonsense"}
    refused = run(house.folder, wrong, "run")
    assert refused.process.returncode == 1
    assert listener.hear(0.1) == []
    listener.close()


def test_without_a_service_manager_nothing_is_said_and_nobody_who_left_stops_us(tmp_path: Path) -> None:
    Supervisor().tell("READY=1")
    Supervisor(str(tmp_path / "gone")).tell("READY=1")


@pytest.mark.parametrize(
    ("environment", "pulse"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_told_twice_as_often_as_it_asks(environment: dict[str, str], pulse: float) -> None:
    assert supervisor(environment, 7).pulse == pulse
