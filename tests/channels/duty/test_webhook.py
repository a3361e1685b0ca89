"""The duty's webhook, against a real server: what it is told, and what each answer means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.channels.duty.webhook import DutyWebhook
from bot.domain.duty import Call
from tests.wire.duty_server import DutyServer
from tests.wire.server import Fault, closed_port, garbled, hang, reset, web_page

CALL = Call("crisis:self_harm", datetime(2027, 2, 2, 10, 0, tzinfo=UTC), (17, 18), 7)


@pytest.fixture
def server() -> Iterator[DutyServer]:
    with DutyServer() as made:
        yield made


@pytest_asyncio.fixture
async def bell(server: DutyServer) -> AsyncIterator[DutyWebhook]:
    made = DutyWebhook(server.url, "bearer-secret", timeout=0.3, connect_timeout=0.2)
    await made.open()
    yield made
    await made.close()


async def test_it_is_told_what_when_which_family_and_how_to_look(
    bell: DutyWebhook, server: DutyServer
) -> None:
    assert await bell.ring(CALL) is None
    [body] = server.told
    assert set(body) == {"id", "kind", "at", "family", "alerts", "how", "text"}
    assert (body["kind"], body["family"], body["alerts"]) == ("crisis:self_harm", 7, ["17", "18"])
    assert (body["at"], body["how"]) == ("2027-02-02T10:00:00+00:00", "thinkfamily alerts list")
    assert body["text"].startswith("Think Family alert\nWhat: crisis:self_harm (2 alerts)\n")


async def test_a_double_is_known_by_its_id_and_who_calls_by_the_secret(
    bell: DutyWebhook, server: DutyServer
) -> None:
    await bell.ring(CALL)
    await bell.ring(CALL)
    first, second = (call.fields["headers"] for call in server.calls)
    assert first["Idempotency-Key"] == second["Idempotency-Key"] == CALL.id == server.told[0]["id"]
    assert first["Authorization"] == "Bearer bearer-secret"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (web_page(500), "500"), (web_page(404), "404"), (web_page(302), "302"), (garbled(401), "401"),
        (reset(), "unanswered"), (hang(2), "unanswered"),
    ],
    ids=lambda value: value.name + str(value.status) if isinstance(value, Fault) else value,
)  # fmt: skip
async def test_anything_but_a_yes_is_a_code_and_never_an_error(
    bell: DutyWebhook, server: DutyServer, fault: Fault, code: str
) -> None:
    server.next(fault)
    assert await bell.ring(CALL) == code
    assert await bell.ring(CALL) is None


async def test_nobody_there_is_a_code(server: DutyServer) -> None:
    nobody = DutyWebhook(f"http://127.0.0.1:{closed_port()}/", timeout=0.3, connect_timeout=0.2)
    assert await nobody.ring(CALL) == "never_connected"  # before it was opened, too
    await nobody.open()
    assert (await nobody.ring(CALL), await nobody.reach()) == ("never_connected", "never_connected")
    await nobody.close()


async def test_reaching_it_tells_nothing(bell: DutyWebhook, server: DutyServer) -> None:
    server.next(web_page(405), web_page(502))
    assert [await bell.reach(), await bell.reach(), await bell.reach()] == [None, "502", None]
    assert server.posted == []
