"""Requests as the providers make them, and what the inbox then holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.services.desk import Desk
from bot.store.tables import inbox
from tests.wire import twilio_server

PUBLIC = "https://think.example"
SECRET = "s3cret-token"
AUTH_TOKEN = twilio_server.AUTH_TOKEN
CHAT = 4242
PHONE = "+447700900001"


@dataclass(frozen=True)
class Kept:
    """One row of the inbox, opened."""

    channel: str
    provider_id: str
    kind: str
    text: str


def kept(desk: Desk) -> list[Kept]:
    """All that was stored, in order."""

    def work(conn: sa.Connection) -> list[Kept]:
        found = conn.execute(sa.select(inbox).order_by(inbox.c.inbound_id))
        return [
            Kept(row.channel, row.provider_id, row.kind, desk.seal.open("inbox.text", row.sealed))
            for row in found
        ]

    return desk.database.read(work)


def wrote(text: str, update_id: int = 1, **more: Any) -> dict[str, Any]:
    """An update: somebody wrote this in their private chat."""
    chat = {"id": CHAT, "type": "private", "first_name": "Aisha"}
    return {"update_id": update_id, "message": {"message_id": 1, "chat": chat, "text": text} | more}


def telegram(client: TestClient, update: Any, secret: str | None = SECRET) -> Any:
    """Post an update (bytes as they are)."""
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    return client.post("/webhooks/telegram", content=body, headers=headers)


def twilio(
    client: TestClient,
    form: list[tuple[str, str]],
    path: str = "/webhooks/twilio/inbound",
    *,
    signed_for: str = PUBLIC,
    token: str = AUTH_TOKEN,
) -> Any:
    """Post a signed form."""
    headers = {
        "X-Twilio-Signature": twilio_server.sign(token, signed_for + path, form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return client.post(path, content=urlencode(form).encode(), headers=headers)


def text(body: str, sid: str = "SM1", **more: str) -> list[tuple[str, str]]:
    """The form of a text."""
    usual = {"MessageSid": sid, "From": PHONE, "To": "+447700900999", "Body": body, "NumMedia": "0"}
    return list((usual | more).items())
