"""Many texts at the doors at the same time: each is stored, and each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.inbound.webhooks import routes
from tests.inbound.knocks import PUBLIC, kept, telegram, text, twilio, wrote

CRISIS = "baby not breathing"


@pytest.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """As the providers do, it does not wait for one answer before it brings the next text."""
    through = httpx.ASGITransport(app=Starlette(routes=routes(app)))
    async with httpx.AsyncClient(transport=through, base_url="http://10.0.0.7:8080") as made:
        yield made


def _texts(client: Any, count: int) -> list[Any]:
    return [twilio(client, text(f"hello {n}", f"SM{n}", From=f"+4477009{n % 7:05}")) for n in range(count)]


async def test_each_of_many_is_stored_once_and_thanked_by_its_own_door(client: Any, desk: Any) -> None:
    updates = [telegram(client, wrote(f"hi {n}", n)) for n in range(20)]
    replies = await asyncio.gather(*_texts(client, 40), *updates, *_texts(client, 40))
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.headers.get("content-type", "")[:8] for reply in replies[:40]} == {"text/xml"}
    assert len({row.provider_id for row in kept(desk)}) == len(kept(desk)) == 60


async def test_what_one_person_wrote_stays_in_its_order(client: Any, desk: Any) -> None:
    await asyncio.gather(*_texts(client, 40))
    sids = [int(row.provider_id[2:]) for row in kept(desk)]
    assert [[n for n in sids if n % 7 == one] for one in range(7)] == [
        list(range(n, 40, 7)) for n in range(7)
    ]


async def test_p12_a_forged_one_among_many_is_refused_alone(client: Any, desk: Any) -> None:
    forged = twilio(client, text("hello", "SM99"), token="other", signed_for=PUBLIC)
    *others, refused = await asyncio.gather(*_texts(client, 10), forged)
    assert ([reply.status_code for reply in others], refused.status_code) == ([200] * 10, 403)
    assert "SM99" not in {row.provider_id for row in kept(desk)}


async def test_p10_when_none_can_be_stored_the_crisis_among_them_is_answered(
    client: Any, locked: Any
) -> None:
    with locked():
        crisis = twilio(client, text(CRISIS, "SM99"))
        *others, answered = await asyncio.gather(*_texts(client, 10), crisis)
    assert [reply.status_code for reply in others] == [503] * 10
    assert (answered.status_code, "Call 999 now" in answered.text) == (200, True)
