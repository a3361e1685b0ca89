"""Messages as staff see them, on both databases: listed, told, revealed with an audit, tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.address import Address
from bot.domain.family import Role
from bot.domain.outbox import Kind, State
from bot.errors import NotAllowed, NotFound
from bot.services import dispatch, families, outbox, reconcile
from bot.store import alerts, audit
from bot.store.ledger import Narrowed
from bot.store.outbox import pack
from tests.people import People
from tests.rows import Someone


def doubted(people: People, who: Someone, **columns: Any) -> int:
    """A message that was tried an hour ago, and nobody answered."""
    tried = {"state": "uncertain", "attempts": 1, "attempted_at": people.clock.now - timedelta(hours=1)}
    return people.row(who, **(tried | columns))


def retried(people: People, outbox_id: int) -> State:
    return outbox.retry(people.desk, outbox_id, "duty", people.clock.now, may_double=True).state


def test_the_newest_come_first_and_no_more_than_asked_for(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    ids = [people.row(mother, state="sent", day=None), people.row(father), people.row(mother, Kind.REPLY)]
    found = outbox.listed(people.desk, Narrowed(), 2)
    assert [one.outbox_id for one in found] == [ids[2], ids[1]]


def test_a_list_is_narrowed_by_all_that_is_said(people: People) -> None:
    [one], [other] = people.family(), people.family(numbers=(5,))
    kept = people.row(one, state="failed", day=None)
    people.row(one, state="sent", day=None)
    people.row(other, state="failed", day=None)
    which = Narrowed(State.FAILED, "flu", one.family_id)
    assert [row.outbox_id for row in outbox.listed(people.desk, which, 9)] == [kept]
    assert outbox.listed(people.desk, Narrowed(campaign="icon"), 9) == []


def test_a_story_has_the_alerts_and_what_staff_did(people: People) -> None:
    [mother] = people.family()
    one = doubted(people, mother)
    now = people.clock.now
    people.desk.database.write(lambda conn: alerts.raise_alert(conn, "uncertain", now, outbox_id=one))
    retried(people, one)
    told = outbox.story(people.desk, one)
    assert [alert.kind for alert in told.alerts] == ["uncertain"]
    assert [(act.who, act.what) for act in told.acts] == [("duty", "retry")]
    with pytest.raises(NotFound):
        outbox.story(people.desk, 5)


def test_p11_words_are_revealed_with_an_audit_and_never_in_a_repr(people: People) -> None:
    [mother] = people.family()
    sealed = people.desk.seal.seal("outbox.body", pack("Flu: ask.", [[("DONE", "DONE")]]))
    with_words, without = people.row(mother, sealed=sealed), people.row(mother, day=None, state="waiting")
    found = outbox.reveal(people.desk, [with_words, without], "duty", people.clock.now)
    assert (found[with_words].address, found[with_words].words) == ("+447700900000", "Flu: ask.")
    assert found[without].words is None
    assert repr(found[with_words]) == "Revealed(...)"
    acts = people.desk.database.read(audit.listed)
    assert {act.subject for act in acts} == {f"message {with_words}", f"message {without}"}


def test_p4_a_message_in_doubt_goes_again_once_when_it_may_double(people: People) -> None:
    [mother] = people.family()
    one = doubted(people, mother)
    with pytest.raises(NotAllowed) as refused:
        outbox.retry(people.desk, one, "duty", people.clock.now, may_double=False)
    assert refused.value.code == "may_double"
    assert people.state(one)[0] == "uncertain"
    assert retried(people, one) is State.QUEUED
    jobs = dispatch.claim(people.desk, mother.channel, 9, people.clock.now)
    assert [job.outbox_id for job in jobs] == [one]
    with pytest.raises(NotAllowed):
        retried(people, one)


def test_p2_a_message_tried_again_still_meets_every_gate(people: People) -> None:
    [mother] = people.family()
    one = doubted(people, mother)
    families.stop(people.desk, Address(mother.channel, "+447700900000"), people.clock.now, "duty")
    retried(people, one)
    assert dispatch.claim(people.desk, mother.channel, 9, people.clock.now) == []


def test_a_message_of_an_earlier_day_waits_for_the_planner(people: People) -> None:
    """The planner finds it another day by every rule, the cap among them; it does not simply go."""
    [mother] = people.family()
    one = doubted(people, mother)
    people.clock.pass_(days=1)
    retried(people, one)
    assert dispatch.claim(people.desk, mother.channel, 9, people.clock.now) == []
    reconcile.expire(people.desk, people.clock.now)
    assert people.state(one) == ("waiting", "too_late")


@pytest.mark.parametrize("state", ["sent", "delivered", "failed", "sending", "queued", "cancelled"])
def test_p4_nothing_else_moves(people: People, state: str) -> None:
    [mother] = people.family()
    one = people.row(mother, state=state)
    with pytest.raises(NotAllowed):
        retried(people, one)
    assert people.state(one)[0] == state
    assert people.desk.database.read(audit.listed) == []


def test_the_alert_of_a_doubt_closes_when_staff_try_again(people: People) -> None:
    [mother] = people.family()
    one, other = doubted(people, mother), doubted(people, mother, day=None)
    now = people.clock.now
    for row in (one, other):
        people.desk.database.write(
            lambda conn, about=row: alerts.raise_alert(conn, "uncertain", now, outbox_id=about)
        )
    retried(people, one)
    assert [alert.outbox_id for alert in people.desk.database.read(alerts.listed)] == [other]
