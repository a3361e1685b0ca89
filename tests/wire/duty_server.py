"""A server that plays the duty's webhook: it keeps what it was told, and fails as it is asked to."""

from __future__ import annotations

import json
import time
from typing import Any

from aiohttp import web

from tests.wire.server import Call, WireServer


class DutyServer(WireServer):
    """`told` is every body that was taken, `calls` every request, its headers under `headers`."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.told: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it listens; what an operator would set."""
        return f"http://127.0.0.1:{self.port}/duty/s3cretpath"

    @property
    def posted(self) -> list[dict[str, Any]]:
        """Every body that came, taken or not."""
        return [call.fields["body"] for call in self.calls if call.method == "POST"]

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        fault = self._fault_for("")
        fields = {"body": body, "headers": dict(request.headers), "path": request.path}
        self.calls.append(Call(request.method, fields, time.monotonic(), fault.name if fault else None))
        if fault is not None:
            struck = await self._strike(fault, request, lambda: self.told.append(body))
            if struck is not None:
                return struck
        if request.method == "POST":
            self.told.append(body)
        return web.Response(status=204)
