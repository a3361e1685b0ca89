"""P10: the duty is rung, a dead duty server keeps nobody waiting, and nothing of a person is in a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.channels.duty.mail import DutyMail, Mailbox
from bot.channels.duty.webhook import DutyWebhook
from bot.domain.duty import Call, Way
from bot.running import health, ringing
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import home, line
from tests.clock import Clock
from tests.home import Home
from tests.wire.duty_server import DutyServer
from tests.wire.mail_server import MailServer
from tests.wire.server import hang, web_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the claim is tried on both
HER = home.phone(1)
WORDS = "my husband keeps hitting me quagmire"


@pytest.fixture
def webhook() -> Iterator[DutyServer]:
    with DutyServer() as server:
        yield server


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        yield server


@pytest.fixture
def house(database: Database, seal: Seal, clock: Clock) -> Home:
    return Home(home.desk(database, seal), clock)


@pytest_asyncio.fixture
async def app(house: Home, webhook: DutyServer, mail: MailServer) -> AsyncIterator[Any]:
    """What ringing needs of an App, with both ways open."""
    box = Mailbox("localhost", mail.port, "bot@council.example", ("duty@council.example",))
    bells = (
        DutyWebhook(webhook.url, timeout=1.0, connect_timeout=0.5),
        DutyMail(box, mail.trusted(), timeout=1.0, whole=2.0),
    )
    for bell in bells:
        await bell.open()
    made = line.app(house.desk, lambda: house.now)
    made.bells = bells
    yield made
    for bell in bells:
        await bell.close()


async def _says(house: Home, words: str) -> list[str]:
    return await asyncio.to_thread(house.says, HER, words)


async def test_p10_a_crisis_rings_both_ways_once_and_names_the_family(
    app: Any, house: Home, webhook: DutyServer, mail: MailServer
) -> None:
    family = await asyncio.to_thread(house.joins, HER)
    await _says(house, WORDS)
    assert await ringing.ring_once(app) == 1
    assert await ringing.ring_once(app) == 0
    assert [(told["kind"], told["family"]) for told in webhook.told] == [("crisis:abuse", family)]
    assert [one.message["Subject"] for one in mail.mails] == ["Think Family alert: crisis:abuse"]


async def test_p11_no_call_holds_a_number_or_a_word_of_hers(
    app: Any, house: Home, webhook: DutyServer, mail: MailServer
) -> None:
    await asyncio.to_thread(house.joins, HER)
    for words in (WORDS, "i lost one of the twins quagmire"):
        await _says(house, words)
    await ringing.ring_once(app)
    told = repr(webhook.calls) + "".join(one.message.as_string() for one in mail.mails)
    assert (len(webhook.told), len(mail.mails)) == (2, 2)
    assert [secret for secret in ("quagmire", "hitting", HER.value, HER.value[3:]) if secret in told] == []


async def test_a_duty_server_that_hangs_keeps_no_family_waiting(
    app: Any, house: Home, webhook: DutyServer, mail: MailServer
) -> None:
    """While both ways hang on the first crisis, the next is stored, answered and sent."""
    webhook.always(hang(30))
    mail.silent = True
    await _says(house, WORDS)
    ring = asyncio.create_task(ringing.ring_once(app))
    await asyncio.to_thread(webhook.wait_for, lambda: webhook.calls)
    assert "999" in "".join(await _says(house, "my baby is not breathing"))
    assert "999" in "".join(body for _, body in await asyncio.to_thread(house.send))
    assert not ring.done()
    assert await ring == 0


async def test_what_neither_took_is_told_when_they_are_back_and_what_one_took_only_by_the_other(
    app: Any, house: Home, webhook: DutyServer, mail: MailServer
) -> None:
    webhook.always(web_page(503))
    await _says(house, WORDS)
    assert await ringing.ring_once(app) == 0
    webhook.well()
    house.clock.pass_(minutes=1)
    assert await ringing.ring_once(app) == 1
    assert ([told["id"] for told in webhook.told], len(mail.mails)) == ([webhook.posted[0]["id"]], 1)


async def test_a_way_that_breaks_in_our_own_hands_does_not_silence_the_other(
    app: Any, house: Home, webhook: DutyServer
) -> None:
    class Broken:
        way = Way.EMAIL

        async def ring(self, call: Call) -> str | None:
            raise KeyError("of ours")

    app.bells = (Broken(), app.bells[0])
    await _says(house, WORDS)
    assert await ringing.ring_once(app) == 0
    assert len(webhook.told) == 1


async def test_health_says_when_the_duty_does_not_take_an_alert(
    app: Any, house: Home, webhook: DutyServer
) -> None:
    webhook.always(web_page(500))
    await _says(house, WORDS)
    await ringing.ring_once(app)
    house.clock.pass_(minutes=6)
    assert "The duty has not taken an alert of" in " ".join(health.findings(app, house.now).wrong)
    house.clock.pass_(hours=25)
    await ringing.ring_once(app)
    [said] = [one for one in health.findings(app, house.now).wrong if "duty" in one]
    assert said.startswith("1 alert could not be told to the duty for a day")


async def test_a_test_rings_every_way_and_says_that_it_is_one(
    app: Any, webhook: DutyServer, mail: MailServer
) -> None:
    assert await ringing.test(app) == {Way.WEBHOOK: None, Way.EMAIL: None}
    assert "This is a test." in webhook.told[0]["text"]
    assert "This is a test." in mail.mails[0].message.get_content()
