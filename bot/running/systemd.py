"""What systemd is told: that we are ready, that we are stopping, and that the loop still turns.

The protocol is a word in a datagram to the socket that NOTIFY_SOCKET names; without one nothing is said.
A service manager that does not listen is no reason to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping

import structlog

from bot.running.waiting import first_of

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Supervisor:
    """The service manager that started this process, if one did. `pulse` is how often it wants to hear."""

    def __init__(self, address: str | None = None, pulse: float | None = None) -> None:
        # A name that begins with @ is in Linux's abstract space, where no file is.
        self._address = None if not address else f"\0{address[1:]}" if address.startswith("@") else address
        self.pulse = pulse

    def tell(self, *words: str) -> None:
        """Say it in one datagram; never waits and never raises."""
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto("\n".join(words).encode(), self._address)
        except OSError as error:
            structlog.get_logger().warning("service_manager_not_told", error=type(error).__name__)

    async def keep_alive(self, stop: asyncio.Event) -> None:
        """Until `stop`, and while calls under way end: say in time that the event loop still turns.

        It says nothing of the database or a provider: trouble there is waited out, not restarted away.
        """
        while self.pulse is not None:
            self.tell(ALIVE)
            if stop.is_set():
                await asyncio.sleep(self.pulse)
            else:
                await first_of(self.pulse, stop)
        await stop.wait()


def supervisor(environment: Mapping[str, str], pid: int) -> Supervisor:
    """Whom the environment names: NOTIFY_SOCKET, and WATCHDOG_USEC if it is meant for this process."""
    pulse = None
    if environment.get("WATCHDOG_PID", str(pid)) == str(pid):
        with contextlib.suppress(KeyError, ValueError):
            pulse = int(environment["WATCHDOG_USEC"]) / 2_000_000 or None
    return Supervisor(environment.get("NOTIFY_SOCKET"), pulse)
