"""Everything that is no typed text has a fixed behaviour, from the provider's own shape to the answer."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.telegram.read import MEDIA, read_update
from bot.channels.twilio.read import listed_inbound
from bot.domain.family import HoldKind
from bot.domain.inbound import Inbound
from bot.services import converse, inbox, receive
from bot.store import alerts
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import inbox as inbox_table
from tests import home
from tests.clock import Clock
from tests.home import Home

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HER = home.chat(3)
CHAT = {"id": int(HER.value), "type": "private", "first_name": "Aisha"}
GROUP = {"id": -100123, "type": "supergroup"}
CRISIS = "my baby is not breathing"
SORRY = "Sorry, we cannot hear or see that. Please type it. Emergency: 999. Worried about health: 111."
FORWARDED = {"forward_origin": {"type": "user", "sender_user": {"id": 9, "first_name": "Bea"}}}


@pytest.fixture
def house(database: Database, seal: Seal, clock: Clock) -> Home:
    made = Home(home.desk(database, seal), clock)
    made.joins(HER)
    return made


def _comes(house: Home, inbound: Inbound) -> list[str]:
    """What is answered to what came in; the line is then at rest, and it had one outcome."""
    received = receive.receive(house.desk, inbound, house.now)
    while converse.converse(house.desk, house.now):
        pass
    [state] = house.read(
        lambda conn: conn.execute(
            sa.select(inbox_table.c.state).where(inbox_table.c.inbound_id == received.inbound_id)
        ).scalars()
    )
    assert state in ("done", "unread")
    return house.answers(received.inbound_id)


def _update(house: Home, **parts: Any) -> list[str]:
    _update.number += 1  # type: ignore[attr-defined]
    return _comes(house, read_update({"update_id": _update.number} | parts, house.now))  # type: ignore[attr-defined]


_update.number = 0  # type: ignore[attr-defined]


def _wrote(house: Home, key: str = "message", chat: Any = CHAT, **parts: Any) -> list[str]:
    return _update(house, **{key: {"message_id": 1, "date": 1, "chat": chat} | parts})


def _kinds(house: Home) -> list[str]:
    return [one.kind for one in inbox.open_alerts(house.desk, 9)]


@pytest.mark.parametrize("what", sorted(MEDIA))
def test_care_30_a_voice_note_photo_sticker_place_or_contact_is_answered_so(house: Home, what: str) -> None:
    held = {"phone_number": "+447700900999", "first_name": "Bea"} if what == "contact" else {"file_id": "x"}
    assert _wrote(house, **{what: held}) == [SORRY]


@pytest.mark.parametrize("more", [{"photo": [{"file_id": "x"}]}, FORWARDED], ids=["photo", "forwarded"])
def test_p10_a_crisis_beside_a_picture_or_passed_on_is_answered_as_one(
    house: Home, more: dict[str, Any]
) -> None:
    words = {"caption": CRISIS} if "photo" in more else {"text": CRISIS}
    [answer] = _wrote(house, **more, **words)
    assert "999" in answer
    assert answer != SORRY
    assert _kinds(house) == ["crisis:baby_life"]


@pytest.mark.parametrize("words", ["BORN", "JOIN", "1", "yes", "SLEEP", "DUE 1 May", "START", "DELETE"])
def test_what_somebody_passed_on_changes_nothing_and_must_be_typed(house: Home, words: str) -> None:
    before = house.families(HER)
    assert _wrote(house, text=words, **FORWARDED) == [SORRY]
    assert house.families(HER) == before


def test_p3_a_loss_that_somebody_passed_on_makes_the_family_quiet(house: Home) -> None:
    """A grandmother passes on her daughter's own words; UNDO is there when it was none."""
    [answer] = _wrote(house, text="we lost the baby", **FORWARDED)
    assert answer.startswith("We are so sorry.")
    assert [hold.kind for hold in house.families(HER)[0].holds] == [HoldKind.LOSS]


def test_p10_a_message_that_was_edited_into_a_crisis_is_answered(house: Home) -> None:
    [answer] = _wrote(house, "edited_message", text=CRISIS, edit_date=2)
    assert "999" in answer
    assert _kinds(house) == ["crisis:baby_life"]


@pytest.mark.parametrize("words", ["STOP", "we lost the baby", "BORN", "1", "hello"])
def test_any_other_edit_is_kept_and_neither_answered_nor_acted_on(house: Home, words: str) -> None:
    """A STOP that was first something else is typed once more; one slip of the thumb changes no family."""
    before = house.families(HER)
    assert _wrote(house, "edited_message", text=words, edit_date=2) == []
    assert house.families(HER) == before


@pytest.mark.parametrize("key", ["message", "edited_message", "channel_post", "edited_channel_post"])
@pytest.mark.parametrize("words", [CRISIS, "STOP", "JOIN"])
def test_care_5_in_a_group_or_channel_nothing_is_said_or_kept(house: Home, key: str, words: str) -> None:
    assert _wrote(house, key, GROUP, text=words) == []
    assert _kinds(house) == []
    newest = sa.select(inbox_table.c.sealed).order_by(inbox_table.c.inbound_id.desc()).limit(1)
    [sealed] = house.read(lambda conn: conn.execute(newest).scalars())
    assert house.desk.seal.open("inbox.text", sealed) == ""


@pytest.mark.parametrize(
    "note", [{"pinned_message": {}}, {"new_chat_title": "x"}, {"message_auto_delete_timer_changed": {}}]
)
def test_telegrams_own_notes_are_not_answered(house: Home, note: dict[str, Any]) -> None:
    assert _wrote(house, **note) == []


@pytest.mark.parametrize(
    "parts",
    [{"poll": {"id": "1"}}, {"inline_query": {"id": "1", "query": CRISIS}}, {"message_reaction": {"a": 1}}],
    ids=["poll", "inline", "reaction"],
)  # fmt: skip
def test_what_is_no_message_is_kept_and_not_answered(house: Home, parts: dict[str, Any]) -> None:
    assert _update(house, **parts) == []


def test_a_picture_by_sms_is_answered_so_and_its_words_may_hold_a_crisis(house: Home) -> None:
    house.joins(home.phone(1))
    number = home.phone(1).value
    assert _comes(house, listed_inbound("MM1", number, "", "1", house.now)) == [SORRY]
    [answer] = _comes(house, listed_inbound("MM2", number, CRISIS, "1", house.now))
    assert "999" in answer


def test_an_alert_names_the_message_that_raised_it(house: Home) -> None:
    _wrote(house, "edited_message", text=CRISIS, edit_date=2)
    [alert] = house.read(alerts.listed)
    assert alert.inbound_id is not None
