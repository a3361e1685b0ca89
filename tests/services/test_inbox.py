"""P10: what staff must see is listed without personal data, and closed by name."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.errors import NotFound
from bot.services import inbox
from bot.store import addresses, alerts, audit
from bot.store import inbox as texts
from tests.people import People

HER = Address(ChannelName.SMS, "+447700900000")
WORDS = "the purple giraffe sang"


def _text(people: People, provider_id: str, state: str = "unread") -> int:
    """A text of hers that was processed so."""
    now, seal = people.clock.now, people.desk.seal

    def work(conn: sa.Connection) -> int:
        address = addresses.find_or_add(conn, seal, HER, now)
        said = Inbound(ChannelName.SMS, provider_id, InboundKind.TEXT, HER, WORDS, now)
        inbound_id, _ = texts.store(conn, seal, said, address.id)
        texts.finish(conn, inbound_id, state, "", now)
        return inbound_id

    return people.desk.database.write(work)


def _alert(people: People, inbound_id: int | None = None) -> int:
    now = people.clock.now
    return people.desk.database.write(
        lambda conn: alerts.raise_alert(conn, "crisis:abuse", now, inbound_id=inbound_id)
    )


def _acts(people: People) -> list[tuple[str, str, str]]:
    found = people.desk.database.read(audit.listed)
    return [(act.who, act.what, act.subject) for act in found]


def test_an_alert_is_closed_once_and_who_closed_it_is_written_down(people: People) -> None:
    alert = _alert(people)
    assert [one.id for one in inbox.open_alerts(people.desk, 9)] == [alert]
    inbox.close_alert(people.desk, alert, "duty", people.clock.now)
    assert inbox.open_alerts(people.desk, 9) == []
    with pytest.raises(NotFound):
        inbox.close_alert(people.desk, alert, "somebody", people.clock.now)
    assert _acts(people) == [("duty", "close alert", f"alert {alert}")]


def test_a_person_should_read_what_nobody_understood_what_failed_and_what_an_alert_names(
    people: People,
) -> None:
    done, unread, failed = _text(people, "SM1", "done"), _text(people, "SM2"), _text(people, "SM3", "failed")
    named = _text(people, "SM4", "done")
    _alert(people, named)
    found = {one.id: (one.state, one.alert) for one in inbox.unread(people.desk, 9)}
    assert done not in found
    assert found == {unread: ("unread", None), failed: ("failed", None), named: ("done", "crisis:abuse")}


def test_a_closed_alert_names_its_text_no_more(people: People) -> None:
    alert = _alert(people, _text(people, "SM1", "done"))
    inbox.close_alert(people.desk, alert, "duty", people.clock.now)
    assert inbox.unread(people.desk, 9) == []


def test_a_text_is_read_once_and_who_read_it_is_written_down(people: People) -> None:
    text = _text(people, "SM1")
    inbox.close_unread(people.desk, text, "duty", people.clock.now)
    assert inbox.unread(people.desk, 9) == []
    with pytest.raises(NotFound):
        inbox.close_unread(people.desk, text, "somebody", people.clock.now)
    assert _acts(people) == [("duty", "read text", f"inbound {text}")]


def test_p11_words_are_revealed_with_an_audit_and_never_in_a_repr(people: People) -> None:
    text = _text(people, "SM1")
    shown = inbox.reveal(people.desk, [text], "duty", people.clock.now)[text]
    assert (shown.address, shown.words) == (HER.value, WORDS)
    assert repr(shown) == "Revealed(...)"
    assert _acts(people) == [("duty", "reveal text", f"inbound {text}")]
