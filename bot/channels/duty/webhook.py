"""The duty's webhook: one POST of JSON for each call; any answer but 2xx means that it was not taken."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.channels.wire import Unanswered, Wire, WireError
from bot.domain.duty import Call, Way, lines


class DutyWebhook:
    """A URL of the operator's: an on-call service, or a chat that takes `text`. Its URL is a secret."""

    way = Way.WEBHOOK

    def __init__(
        self, url: str, secret: str | None = None, *, timeout: float = 10.0, connect_timeout: float = 5.0
    ) -> None:
        self._url = url
        self._secret = secret
        self._wire = Wire(connections=2, timeout=timeout, connect_timeout=connect_timeout)

    async def open(self) -> None:
        """Make the session; no request is sent."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._wire.close()

    async def ring(self, call: Call) -> str | None:
        """Tell it; None when it was taken, else a code. Never raises on what the other side does."""
        status = await self._asked("POST", json.dumps(_body(call)).encode(), self._headers(call))
        return None if status.startswith("2") else status

    async def reach(self) -> str | None:
        """Whether somebody answers there, without telling anything; None when somebody does, else a code."""
        status = await self._asked("OPTIONS", None, {})
        return None if status.isdigit() and not status.startswith("5") else status

    async def _asked(self, method: str, data: bytes | None, headers: Mapping[str, str]) -> str:
        try:
            status, _, _ = await self._wire.exchange(method, self._url, data=data, headers=headers)
        except WireError as wrong:
            return "unanswered" if isinstance(wrong, Unanswered) else "never_connected"
        return str(status)

    def _headers(self, call: Call) -> dict[str, str]:
        made = {"Content-Type": "application/json", "Idempotency-Key": call.id}
        return made | ({"Authorization": f"Bearer {self._secret}"} if self._secret else {})


def _body(call: Call) -> dict[str, object]:
    return {
        "id": call.id,
        "kind": call.kind,
        "at": call.at.isoformat(),
        "family": call.family_id,
        "alerts": [str(one) for one in call.alert_ids],  # too long for a number in JavaScript
        "how": "thinkfamily alerts list",
        "text": "\n".join(("Think Family alert", *lines(call))),
    }
