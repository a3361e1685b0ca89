"""P12: what comes in is verified, in constant time, and no setting turns that off outside rehearsal."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot import bootstrap, settings
from bot.bootstrap import App
from bot.domain.revision import Mode
from bot.errors import SettingsError
from bot.inbound import webhooks
from bot.settings import TelegramInbound
from bot.store.sealed import new_key
from tests import ours
from tests.policy.house import sources

DOORS = ("/webhooks/telegram", "/webhooks/twilio/inbound", "/webhooks/twilio/status/00ff")
WHOLE: dict[str, Any] = {
    "telegram_bot_token": "1234567:wire-token", "telegram_inbound": TelegramInbound.WEBHOOK,
    "telegram_webhook_secret": "made-by-us", "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "auth", "twilio_from": "+447700900999",
    "thinkfamily_public_url": "https://bot.example.org",
}  # fmt: skip


def built(folder: Path, mode: Mode, **changes: Any) -> App:
    given = WHOLE | {
        "thinkfamily_mode": mode, "thinkfamily_keys": new_key(),
        "thinkfamily_database_url": f"sqlite:///{folder / 'x.db'}",
    }  # fmt: skip
    return bootstrap.build(settings.read(None, **(given | changes)), ours.content())


def knocked(app: App) -> list[int]:
    """What each door says to someone who signed nothing."""
    with TestClient(Starlette(routes=webhooks.routes(app))) as client:
        return [
            client.post(door, data={"Body": "STOP", "From": "+447700900001"}).status_code for door in DOORS
        ]


def test_p12_what_must_be_genuine_is_compared_in_constant_time() -> None:
    """No comparison of what was given but `compare_digest`, in each reader."""
    readers = []
    for source in sources("bot/channels/telegram", "bot/channels/twilio"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and node.name == "genuine":
                readers.append(source.name)
                calls = {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
                assert "hmac.compare_digest" in calls
                assert not [part for part in ast.walk(node) if isinstance(part, ast.Compare)]
    assert readers == ["bot/channels/telegram/read.py", "bot/channels/twilio/read.py"]


@pytest.mark.parametrize("mode", [Mode.TRIAL, Mode.LIVE])
def test_p12_every_door_refuses_what_nobody_signed(tmp_path: Path, mode: Mode) -> None:
    app = built(tmp_path, mode)
    assert knocked(app) == [403, 403, 403]
    app.desk.database.close()


@pytest.mark.parametrize(
    ("mode", "missing"),
    [*itertools.product([Mode.TRIAL, Mode.LIVE], ["telegram_webhook_secret", "twilio_auth_token"])],
)
def test_p12_without_what_verifies_there_is_no_start(tmp_path: Path, mode: Mode, missing: str) -> None:
    for nothing in (None, ""):
        with pytest.raises(SettingsError, match=missing.upper()):
            built(tmp_path, mode, **{missing: nothing})


def test_p12_a_rehearsal_has_no_doors_at_all(tmp_path: Path) -> None:
    app = built(tmp_path, Mode.REHEARSAL)
    assert knocked(app) == [404, 404, 404]
    app.desk.database.close()
