"""What people write changes things and is answered: the urgent at once, the rest in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.content.config import Language
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.services import converse, receive, wishes
from bot.services.desk import Desk
from bot.store import addresses, alerts
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import families, inbox, outbox
from bot.words.render import render_reply
from tests import line, ours, rows
from tests.clock import Clock

SMS = ChannelName.SMS
HER = Address(SMS, "+447700900000")
TEXTS = line.replies("stopped", "loss", "help", "not_understood", "join_first", "crisis/self_harm")
CRISIS = "i want to kill myself"
LOSS = "we lost the baby"


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(
        database, seal, lexicon=ours.lexicon(), shelf=line.shelf(texts=TEXTS), drama_numbers=True
    )


@pytest.fixture
def her(desk: Desk, clock: Clock) -> rows.Someone:
    """A mother who joined."""
    return desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))


_NUMBER = iter(range(10_000))


def _says(desk: Desk, clock: Clock, text: str, address: Address = HER) -> receive.Received:
    said = Inbound(SMS, f"SM{next(_NUMBER)}", InboundKind.TEXT, address, text, clock.now)
    return receive.receive(desk, said, clock.now)


def _queued(desk: Desk, *kinds: Kind) -> list[str]:
    """The keys of the answers that are queued."""
    query = (
        sa.select(outbox.c.step)
        .where(outbox.c.state == "queued", outbox.c.kind.in_(kinds or (Kind.REPLY, Kind.CRISIS)))
        .order_by(outbox.c.outbox_id)
    )
    return list(desk.database.read(lambda conn: conn.execute(query).scalars().all()))


def _states(desk: Desk) -> list[str]:
    query = sa.select(inbox.c.state).order_by(inbox.c.inbound_id)
    return list(desk.database.read(lambda conn: conn.execute(query).scalars().all()))


def _alerts(desk: Desk) -> list[str]:
    return sorted(alert.kind for alert in desk.database.read(alerts.listed))


# --- at once, in the transaction that stores ------------------------------------------------------------


def test_stop_is_in_force_when_the_message_is_stored(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    """P2: nothing has to run afterwards."""
    waiting = desk.database.write(lambda conn: rows.row(conn, her, clock.now))
    _says(desk, clock, "STOP")
    stopped = desk.database.read(lambda conn: addresses.by_id(conn, her.address_id)).stopped
    assert (stopped, line.state(desk, waiting), _queued(desk)) == (True, "cancelled", ["stopped"])


def test_stop_cancels_earlier_replies_and_not_its_own(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    _says(desk, clock, "HELP")
    converse.converse(desk, clock.now)
    _says(desk, clock, "STOP")
    assert _queued(desk) == ["stopped"]


def test_loss_holds_the_family_when_the_message_is_stored(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    """P3."""
    waiting = desk.database.write(lambda conn: rows.row(conn, her, clock.now))
    _says(desk, clock, LOSS)
    held = desk.database.read(lambda conn: conn.execute(sa.select(families.c.held)).scalar_one())
    assert (held, line.state(desk, waiting), _queued(desk)) == (True, "cancelled", ["loss"])


def test_a_crisis_is_answered_at_once_without_any_gate_and_staff_are_told(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    """P10."""
    clock.now = clock.now.replace(hour=3)
    _says(desk, clock, CRISIS)
    assert _queued(desk, Kind.CRISIS) == ["crisis/self_harm"]
    assert len(_alerts(desk)) == 1


URDU = {path.replace("/en/", "/ur/"): "ur" for path in line.replies("crisis/self_harm")}


@pytest.mark.parametrize(("texts", "answers"), [(TEXTS | URDU, ["ur", "en"]), (TEXTS, ["en"])])
def test_care_20_a_crisis_is_answered_in_her_language_then_in_english_and_without_words_in_hers_once(
    desk: Desk, clock: Clock, texts: dict[str, str], answers: list[str]
) -> None:
    desk = replace(desk, shelf=line.shelf(texts=texts))
    who = desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))
    desk.database.write(lambda conn: wishes.language(conn, who.family_id, who.member_id, "ur", clock.now))
    _says(desk, clock, CRISIS)
    assert _languages(desk) == answers


def test_care_20_somebody_who_is_still_joining_is_answered_in_the_language_they_chose(
    desk: Desk, clock: Clock
) -> None:
    questions = line.replies("ask_language", "consent")
    offered = (Language("en", "English", True), Language("ur", "Urdu", True))
    desk = replace(
        desk,
        shelf=line.shelf(texts=TEXTS | URDU | questions),
        config=replace(desk.config, languages=offered),
    )
    for text in ("JOIN", "2"):
        _says(desk, clock, text)
        converse.converse(desk, clock.now)
    _says(desk, clock, CRISIS)
    assert _languages(desk) == ["ur", "en"]


def _languages(desk: Desk) -> list[str]:
    """The languages of the crisis answers that are queued, in their order."""
    query = (
        sa.select(outbox.c.language)
        .where(outbox.c.state == "queued", outbox.c.kind == Kind.CRISIS)
        .order_by(outbox.c.outbox_id)
    )
    return list(desk.database.read(lambda conn: conn.execute(query).scalars().all()))


def test_a_crisis_from_somebody_unknown_is_answered_too(desk: Desk, clock: Clock) -> None:
    _says(desk, clock, CRISIS, Address(SMS, "+447700900123"))
    assert _queued(desk, Kind.CRISIS) == ["crisis/self_harm"]


def test_a_crisis_answer_swallows_neither_the_loss_nor_the_stop_in_the_same_text(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    _says(desk, clock, f"{LOSS} and {CRISIS}")
    assert _queued(desk) == ["crisis/self_harm", "loss"]


def test_the_same_message_twice_is_answered_once(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    said = Inbound(SMS, "SM-again", InboundKind.TEXT, HER, CRISIS, clock.now)
    for _ in range(3):
        receive.receive(desk, said, clock.now)
    assert _queued(desk) == ["crisis/self_harm"]


@pytest.mark.parametrize("minutes", [30, 45])
def test_a_reply_is_useful_as_long_as_the_config_says_and_a_crisis_answer_always(
    desk: Desk, clock: Clock, her: rows.Someone, minutes: int
) -> None:
    """Half an hour, unless a deployment set something else."""
    if minutes != desk.config.retention.reply_minutes:
        other = replace(desk.config.retention, reply_minutes=minutes)
        desk = replace(desk, config=replace(desk.config, retention=other))
    _says(desk, clock, "STOP")
    _says(desk, clock, CRISIS)
    query = sa.select(outbox.c.not_after).order_by(outbox.c.outbox_id)
    ends = desk.database.read(lambda conn: conn.execute(query).scalars().all())
    assert list(ends) == [clock.now + timedelta(minutes=minutes), None]


def test_in_a_trial_only_guests_are_answered_but_a_crisis_always_is(
    desk: Desk, database: Database, seal: Seal, clock: Clock
) -> None:
    trial = line.desk(database, seal, Mode.TRIAL, lexicon=desk.lexicon, shelf=desk.shelf, drama_numbers=True)
    for text in ("HELP", CRISIS):
        _says(trial, clock, text)
        converse.converse(trial, clock.now)
    assert _queued(trial) == ["crisis/self_harm"]


def test_missing_words_do_not_undo_what_the_message_changed(
    database: Database, seal: Seal, clock: Clock, desk: Desk, her: rows.Someone
) -> None:
    bare = line.desk(database, seal, lexicon=desk.lexicon, shelf=line.shelf(texts={}), drama_numbers=True)
    _says(bare, clock, "STOP")
    stopped = desk.database.read(lambda conn: addresses.by_id(conn, her.address_id)).stopped
    assert (stopped, _queued(desk), "no_words" in _alerts(desk)) == (True, [], True)


def test_an_emergency_answer_needs_no_database(database: Database, seal: Seal, clock: Clock) -> None:
    """P10: when nothing can be stored, the door answers."""

    class Nothing:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError("the database was asked")

    words = line.shelf(texts=TEXTS | line.replies("crisis/not_moving")).published.replies
    content = type("Content", (), {"words": words})()
    desk = line.desk(Nothing(), seal, lexicon=ours.lexicon(), content=content)  # type: ignore[arg-type]
    said = Inbound(SMS, "SM1", InboundKind.TEXT, HER, CRISIS, clock.now)
    calm = Inbound(SMS, "SM2", InboundKind.TEXT, HER, "HELP", clock.now)
    assert receive.emergency_answer(desk, said) == "[crisis/self_harm]"
    two = replace(said, text="baby not moving and i want to kill myself")
    assert receive.emergency_answer(desk, two) == "[crisis/not_moving]\n\n[crisis/self_harm]"
    assert receive.emergency_answer(desk, calm) is None


@pytest.mark.parametrize(("mode", "answered"), [(Mode.TRIAL, ["ur", "en"]), (Mode.LIVE, ["en"])])
def test_care_20_an_emergency_answer_is_in_the_language_it_was_told_in_where_that_may_be_used(
    seal: Seal, clock: Clock, mode: Mode, answered: list[str]
) -> None:
    """Nobody reviewed the Urdu yet: live mode shows no draft (P9)."""
    said = Inbound(SMS, "SM1", InboundKind.TEXT, HER, "بچہ نیلا پڑ گیا ہے", clock.now)
    real = ours.content()
    desk = line.desk(None, seal, mode, lexicon=ours.lexicon(), content=real, config=real.config)  # type: ignore[arg-type]
    expected = [render_reply(real.words, "crisis/baby_life", one, SMS, {}).body for one in answered]
    assert receive.emergency_answer(desk, said) == "\n\n".join(expected)


@pytest.mark.parametrize(("text", "key"), [("poronilam", "loss"), ("pomoc", "help"), ("nie pisz", "stopped")])
def test_care_20_a_stranger_is_answered_in_the_language_they_wrote_in(
    database: Database, seal: Seal, clock: Clock, text: str, key: str
) -> None:
    texts = TEXTS | {f"templates/pl/replies/{key}.j2": "Po polsku."}
    desk = line.desk(
        database, seal, lexicon=ours.lexicon(), shelf=line.shelf(texts=texts), drama_numbers=True
    )
    _says(desk, clock, text)
    converse.converse(desk, clock.now)
    query = sa.select(outbox.c.step, outbox.c.language)
    assert desk.database.read(lambda conn: conn.execute(query).all()) == [(key, "pl")]


# --- the rest, per address in order ---------------------------------------------------------------------


def test_a_question_is_answered_and_done(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    _says(desk, clock, "HELP")
    assert converse.converse(desk, clock.now) == 1
    assert (_queued(desk), _states(desk)) == (["help"], ["done"])


def test_what_is_not_understood_is_said_so_and_kept_for_a_person(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    _says(desk, clock, "the purple giraffe sang")
    converse.converse(desk, clock.now)
    assert (_queued(desk), _states(desk)) == (["not_understood"], ["unread"])


def test_each_address_is_answered_in_the_order_it_wrote(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    for text in ("HELP", "the purple giraffe sang", "HELP"):
        _says(desk, clock, text)
    while converse.converse(desk, clock.now):
        pass
    assert _queued(desk) == ["help", "not_understood", "help"]


class _Broken:
    """A lexicon that fails on one text, as a fault of ours would."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.broken = True

    def __getattr__(self, name: str) -> Any:
        if self.broken:
            raise RuntimeError("a fault of ours")
        return getattr(self._real, name)


def test_a_message_that_fails_three_times_is_put_aside_and_never_blocks_the_next(
    desk: Desk, database: Database, seal: Seal, clock: Clock, her: rows.Someone
) -> None:
    lexicon = _Broken(desk.lexicon)
    faulty = line.desk(database, seal, lexicon=lexicon, shelf=desk.shelf, drama_numbers=True)
    _says(faulty, clock, "HELP")
    finished = [converse.converse(faulty, clock.now) for _ in range(3)]
    lexicon.broken = False
    _says(faulty, clock, "HELP")
    converse.converse(faulty, clock.now)
    assert (finished, _states(desk), _queued(desk)) == ([0, 0, 1], ["failed", "done"], ["help"])
    assert "message_failed" in _alerts(desk)


def test_what_went_wrong_when_it_was_stored_is_done_afterwards(
    desk: Desk, database: Database, seal: Seal, clock: Clock, her: rows.Someone
) -> None:
    lexicon = _Broken(desk.lexicon)
    faulty = line.desk(database, seal, lexicon=lexicon, shelf=desk.shelf, drama_numbers=True)
    _says(faulty, clock, CRISIS)
    lexicon.broken = False
    converse.converse(faulty, clock.now)
    assert _queued(desk, Kind.CRISIS) == ["crisis/self_harm"]


def test_a_flood_is_answered_so_often_and_then_quietly_but_a_crisis_in_it_always_is(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    for _ in range(25):
        _says(desk, clock, "HELP")
    while converse.converse(desk, clock.now):
        pass
    _says(desk, clock, CRISIS)
    converse.converse(desk, clock.now)
    assert (len(_queued(desk, Kind.REPLY)), _queued(desk, Kind.CRISIS)) == (20, ["crisis/self_harm"])
    assert set(_states(desk)) == {"done"}


@pytest.mark.parametrize(("text", "answer"), [("LOSS", "loss"), ("STOP", "stopped")])
def test_care_16_a_loss_or_a_stop_in_a_flood_has_its_answer(
    desk: Desk, clock: Clock, her: rows.Someone, text: str, answer: str
) -> None:
    for _ in range(25):
        _says(desk, clock, "HELP")
    while converse.converse(desk, clock.now):
        pass
    _says(desk, clock, text)
    converse.converse(desk, clock.now)
    assert _queued(desk)[-1] == answer


def test_that_nobody_understood_is_said_three_times_in_ten_minutes_and_every_text_is_kept(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    """Three photos of an album, or a slip: said so. A flood: quiet. What is understood is answered."""
    for _ in range(7):
        _says(desk, clock, "blorp")
    _says(desk, clock, "HELP")
    while converse.converse(desk, clock.now):
        pass
    assert _queued(desk) == ["not_understood"] * 3 + ["help"]
    assert _states(desk).count("unread") == 7
    clock.pass_(minutes=11)
    _says(desk, clock, "blorp")
    converse.converse(desk, clock.now)
    assert _queued(desk)[-1] == "not_understood"


def test_an_hour_after_a_flood_answers_go_again(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    for _ in range(21):
        _says(desk, clock, "HELP")
    while converse.converse(desk, clock.now):
        pass
    clock.pass_(minutes=61)
    _says(desk, clock, "HELP")
    converse.converse(desk, clock.now)
    assert len(_queued(desk)) == 21
