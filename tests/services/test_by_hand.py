"""Answering by hand: once, to the phone that wrote, through the gates; and never where it could harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address
from bot.domain.by_hand import Against
from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.errors import BadInput, NotAllowed, NotFound
from bot.services import by_hand, converse, holding, inbox, reconcile
from bot.services import receive as receiving
from bot.store import addresses, audit, consents, conversations
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import home
from tests.clock import Clock
from tests.home import Home

HER, HIM = home.phone(1), home.phone(2)
CHAT = home.chat(3)
STRANGE = "the purple giraffe sang at noon"
ANSWER = "Your midwife can tell you more. Ring the number on your notes."


@pytest.fixture
def house(database: Database, seal: Seal, clock: Clock) -> Home:
    return Home(home.desk(database, seal), clock)


def _wrote(house: Home, who: Address = HER, words: str = STRANGE, **more: Any) -> int:
    """Somebody with us wrote, and what the bot does was done; gives the text."""
    if not house.read(lambda conn: addresses.find(conn, house.desk.seal, who)):
        house.joins(who, **more)
    house.says(who, words)
    return _last(house)


def _last(house: Home) -> int:
    return int(house.read(lambda conn: conn.execute(sa.text("SELECT max(inbound_id) FROM inbox")).scalar()))


def _reply(house: Home, text: int, words: str = ANSWER) -> Any:
    return by_hand.reply(house.desk, text, words, "officer", house.now)


def _against(house: Home, text: int) -> str:
    with pytest.raises(NotAllowed) as refused:
        _reply(house, text)
    with pytest.raises(NotAllowed):
        by_hand.require(house.desk, text, house.now)
    return refused.value.code


def _to(house: Home, who: Address) -> list[str]:
    return [body for to, body in house.send() if to == who]


@pytest.mark.parametrize("who", [HER, CHAT], ids=["sms", "telegram"])
def test_it_goes_to_the_phone_that_wrote_by_the_channel_of_the_text(house: Home, who: Address) -> None:
    house.joins(HIM)
    text = _wrote(house, who)
    assert len(_to(house, who)) == 1  # that it was not understood
    queued = _reply(house, text)
    assert (queued.kind, queued.inbound_id, queued.channel) == (Kind.STAFF, text, who.channel)
    assert house.send() == [(who, ANSWER)]


def test_the_text_is_then_read_and_who_wrote_is_written_down(house: Home) -> None:
    text = _wrote(house)
    _reply(house, text)
    assert inbox.unread(house.desk, 9) == []
    [act] = house.read(lambda conn: audit.about(conn, f"inbound {text}"))
    assert (act.who, act.what) == ("officer", "answer text")


def test_it_is_answered_once_whoever_tries(house: Home) -> None:
    text = _wrote(house)
    _reply(house, text)
    assert _against(house, text) == Against.BY_STAFF
    assert len(_to(house, HER)) == 2  # with the bot's own


def test_what_staff_answered_the_bot_never_answers(house: Home) -> None:
    text = _wrote(house)
    _reply(house, text)
    house.clock.pass_(hours=1)
    assert converse.converse(house.desk, house.now) == 0
    kinds = [one.kind for one in by_hand.story(house.desk, text, house.now).answers]
    assert kinds == [Kind.REPLY, Kind.STAFF]


def test_what_the_bot_has_not_looked_at_is_left_to_it(house: Home) -> None:
    house.joins(HER)
    said = Inbound(HER.channel, "SM1", InboundKind.TEXT, HER, STRANGE, house.now)
    text = receiving.receive(house.desk, said, house.now).inbound_id
    assert _against(house, text) == Against.NOT_YET


@pytest.mark.parametrize("words", ["HELP", "my baby has a fever and is limp", "SLEEP", "BORN"])
def test_what_the_bot_answered_is_shown_so_and_not_answered_again(house: Home, words: str) -> None:
    text = _wrote(house, words=words)
    assert _against(house, text) == Against.BY_BOT
    story = by_hand.story(house.desk, text, house.now)
    assert story.answers
    assert story.against is not None
    assert "The bot answered this text" in story.against


def test_an_answer_of_the_bot_s_that_never_left_is_none(house: Home) -> None:
    """The line stood still for an hour: the answer expired, and somebody should."""
    text = _wrote(house, words="SLEEP")
    house.clock.pass_(hours=1)
    reconcile.expire(house.desk, house.now)
    _reply(house, text)
    assert _to(house, HER) == [ANSWER]


@pytest.mark.parametrize("words", ["my husband hits me", "he shook the baby"])
def test_care_21_nobody_writes_to_a_phone_that_told_of_abuse_about_any_text(house: Home, words: str) -> None:
    told = _wrote(house, words=words)
    for alert in inbox.open_alerts(house.desk, 9):
        inbox.close_alert(house.desk, alert.id, "officer", house.now)
    later = _wrote(house)
    assert (_against(house, told), _against(house, later)) == (Against.ABUSE, Against.ABUSE)


def test_who_said_stop_is_not_answered(house: Home) -> None:
    text = _wrote(house)
    house.says(HER, "STOP")
    assert _against(house, text) == Against.STOPPED


def test_p2_a_stop_after_it_was_written_keeps_it_from_leaving(house: Home) -> None:
    text = _wrote(house)
    _reply(house, text)
    house.says(HER, "STOP")
    assert ANSWER not in _to(house, HER)


def test_who_agreed_to_nothing_or_withdrew_is_not_answered(house: Home) -> None:
    stranger = _unanswered(house)
    text = _wrote(house)
    member = house.member(HER)

    def withdraw(conn: sa.Connection) -> None:
        consents.withdraw_all(conn, member.family_id, member.id, HER.channel, house.now, "reply")

    house.desk.database.write(withdraw)
    assert (_against(house, stranger), _against(house, text)) == (Against.NO_CONSENT, Against.NO_CONSENT)


def _unanswered(house: Home) -> int:
    """A text of somebody we do not know, whose answer never left."""
    house.says(HIM, STRANGE)
    house.clock.pass_(hours=1)
    reconcile.expire(house.desk, house.now)
    return _last(house)


def test_a_withdrawal_after_it_was_written_keeps_it_from_leaving(house: Home) -> None:
    text = _wrote(house)
    _reply(house, text)
    member = house.member(HER)
    house.desk.database.write(
        lambda conn: consents.withdraw_all(conn, member.family_id, member.id, HER.channel, house.now, "reply")
    )
    assert ANSWER not in _to(house, HER)


def test_who_agreed_to_something_else_is_answered_by_that(house: Home) -> None:
    text = _wrote(house)
    member = house.member(HER)

    def only_reminders(conn: sa.Connection) -> None:
        consents.withdraw_all(conn, member.family_id, member.id, HER.channel, house.now, "reply")
        given = replace(
            next(iter(_ledger(conn, member.family_id))), purpose=Purpose.REMINDERS, given=True, at=house.now,
            words_version="words",
        )  # fmt: skip
        consents.record(conn, given)

    house.desk.database.write(only_reminders)
    assert _reply(house, text).purpose == Purpose.REMINDERS
    assert ANSWER in _to(house, HER)


def _ledger(conn: sa.Connection, family_id: int) -> Any:
    return consents.ledger(conn, family_id)


def test_p3_a_quiet_family_is_not_written_to_before_or_after_it_was_queued(house: Home) -> None:
    text, family = _wrote(house), house.families(HER)[0].id
    later = _wrote(house, words=f"{STRANGE} twice")
    _reply(house, later)
    house.desk.database.write(lambda conn: holding.loss(conn, family, None, house.now))
    assert _against(house, text) == Against.HELD
    assert ANSWER not in _to(house, HER)
    assert [hold.kind for hold in house.families(HER)[0].holds] == [HoldKind.LOSS]


def test_it_waits_for_the_morning_and_then_goes_and_after_two_days_it_does_not(house: Home) -> None:
    house.clock.pass_(hours=12)  # ten at night
    text = _wrote(house)
    queued = _reply(house, text)
    assert ANSWER not in _to(house, HER)
    house.clock.now = queued.send_at
    assert _to(house, HER) == [ANSWER]
    other = _wrote(house, words=f"{STRANGE} again")
    _reply(house, other, "Too late by then.")
    house.clock.pass_(days=3)
    reconcile.expire(house.desk, house.now)
    assert "Too late by then." not in _to(house, HER)


def test_a_question_of_the_bot_s_is_taken_back_so_that_no_digit_answers_it(house: Home) -> None:
    """After "Did you mean LOSS? Text 1" and then a question by staff, a 1 is for staff."""
    house.joins(HER)
    house.says(HER, STRANGE)
    text = _last(house)
    assert "Text 1" in "".join(house.says(HER, "slep"))
    _reply(house, text, "Do you have a cot? Text 1 for yes.")
    number = house.address_id(HER)
    assert house.read(lambda conn: conversations.load(conn, house.desk.seal, number)) is None
    assert "sleep" not in "".join(house.says(HER, "1")).lower()


def test_in_a_trial_only_guests_are_answered(house: Home) -> None:
    text = _wrote(house)
    house.desk = replace(house.desk, mode=Mode.TRIAL)
    assert _against(house, text) == Against.NOT_GUEST


@pytest.mark.parametrize("words", ["", "   ", "\x1b\u202e\x00"])
def test_no_words_are_no_answer(house: Home, words: str) -> None:
    text = _wrote(house)
    with pytest.raises(BadInput):
        _reply(house, text, words)
    assert [one.id for one in inbox.unread(house.desk, 9)] == [text]


def test_it_is_at_most_three_parts(house: Home) -> None:
    text = _wrote(house)
    with pytest.raises(BadInput, match="SMS parts"):
        _reply(house, text, "x" * 460)
    assert _reply(house, text, "x" * 459).parts == 3


def test_what_staff_write_leaves_as_it_is_but_for_what_controls_a_phone(house: Home) -> None:
    text = _wrote(house)
    _reply(house, text, "{{ weeks }} <Say>hi</Say> \x1e\x1b[31mred\u202e it\u2019s")
    assert _to(house, HER)[-1] == "{{ weeks }} <Say>hi</Say> [31mred it's"


def test_a_story_names_who_wrote_in_ids_and_why_not(house: Home) -> None:
    text = _wrote(house, HIM, role=Role.FATHER)
    story = by_hand.story(house.desk, text, house.now)
    member = house.member(HIM)
    assert (story.family_id, story.member_id, story.against) == (member.family_id, member.id, None)
    assert STRANGE not in repr(story)
    assert HIM.value not in repr(story)
    with pytest.raises(NotFound):
        by_hand.story(house.desk, 404, house.now)


def test_an_edit_or_a_text_from_nobody_is_nothing_to_answer(house: Home) -> None:
    house.joins(CHAT)
    house.says(CHAT, STRANGE, kind=InboundKind.EDIT)
    assert _against(house, _last(house)) == Against.NOT_WRITTEN
    said = Inbound(CHAT.channel, "g1", InboundKind.GROUP, None, "", house.now)
    group = receiving.receive(house.desk, said, house.now).inbound_id
    assert _against(house, group) == Against.NO_ADDRESS
