"""TOPICS: what is chosen from the list, by text and button, and what a loss, a STOP and the rest do to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.address import Address
from bot.domain.family import Purpose, Role
from bot.services import plan, publish
from bot.store import consents
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import chosen
from tests.clock import Clock
from tests.home import Home, chat, desk, phone

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BEGAN = datetime(2027, 1, 12, 9, 30, tzinfo=UTC)
DUE = date(2027, 5, 1)
HER, DAD, GRAN = phone(0), phone(1), phone(2)
LIST = "Think Family. Text a number to choose:\n1 More on the weeks\n2 Borrow a pump\n3 Travelling families\n"


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    clock.now = BEGAN
    made = Home(chosen.offering(desk(database, seal)), clock)
    publish.publish(made.desk, made.desk.content, "test", clock.now)
    made.joins(HER, due_on=DUE)
    return made


def lives(home: Home, days: int) -> list[tuple[Address, str]]:
    """What reaches anybody in these days."""
    came = []
    for _ in range(days):
        plan.plan(home.desk, home.now)
        home.clock.pass_(hours=2)
        came += [(who, body) for who, body in home.send() if "STOP to end" in body]
        home.clock.pass_(hours=22)
    return came


def texts(home: Home, days: int, who: Address = HER) -> list[str]:
    return [body.split(".")[0].removeprefix("Think Family: ") for to, body in lives(home, days) if to == who]


def test_care_25_nothing_comes_of_a_topic_that_nobody_chose(home: Home) -> None:
    assert lives(home, 3) == []


@pytest.mark.parametrize("two", ["2", "২"])
def test_care_04_a_topic_is_chosen_by_its_number_in_any_digits(home: Home, two: str) -> None:
    assert home.says(HER, "TOPICS")[0].startswith(LIST)
    [saved] = home.says(HER, two)
    assert "saved" in saved
    assert "STOP PUMP" in saved
    assert texts(home, 8) == ["pump first", "pump second"]


def test_a_number_takes_off_what_is_chosen_and_stop_and_its_word_does_too(home: Home) -> None:
    home.says(HER, "TOPICS", "2", "TOPICS PUMP", "topics weeks")
    [listed] = home.says(HER, "topics")
    assert "1 More on the weeks*\n2 Borrow a pump*\n3 Travelling families\n" in listed
    assert "its number takes it off" in listed
    assert "no more texts on that" in home.says(HER, "2")[0]
    assert "no more texts on that" in home.says(HER, "Stop weeks")[0]
    assert lives(home, 4) == []
    assert home.says(HER, "TOPICS")[0].startswith(LIST)


def test_what_is_on_offer_is_for_the_role_and_may_still_come(home: Home) -> None:
    """A grandmother is offered what is for her; at 39 weeks the texts on the weeks are over."""
    home.by_code(GRAN, home.code(HER, "INVITE GRAN"), 4)
    assert "\n1 Travelling families\n0 none" in home.says(GRAN, "TOPICS")[0]
    home.clock.now = datetime(2027, 4, 27, 9, tzinfo=UTC)
    assert "\n1 Borrow a pump\n2 Travelling" in home.says(HER, "TOPICS")[0]


def test_where_nothing_is_on_offer_the_words_to_ask_by_are_told(home: Home) -> None:
    assert home.says(phone(7), "TOPICS")[0].startswith("Think Family. Text a word")
    home.joins(phone(8), Role.CARER)
    assert home.says(phone(8), "TOPICS")[0].startswith("Think Family. Text a word")


def test_on_telegram_each_topic_has_a_button_that_outlives_the_list(home: Home) -> None:
    home.joins(chat(1), Role.FATHER)
    home.says(chat(1), "TOPICS", "hello", "thanks")
    assert "saved" in home.says(chat(1), "TOPICS TRAVEL")[0]
    assert texts(home, 2, chat(1)) == ["trips first"]
    assert "no more" in home.says(chat(1), "STOP TRAVEL")[0]


def test_a_number_of_yesterday_s_list_chooses_nothing(home: Home) -> None:
    home.says(HER, "TOPICS")
    home.clock.pass_(days=2)
    home.says(HER, "2")
    assert not home.member(HER).topics


def test_care_22_to_one_who_is_private_no_answer_names_the_topic_and_its_text_is_covered(home: Home) -> None:
    home.says(HER, "PRIVATE", "TOPICS")
    [saved] = home.says(HER, "2")
    assert "PUMP" not in saved
    [text] = [body for body in (body for _, body in _all(home, 1)) if "text 5" in body]
    assert "pump" not in text.casefold()


def _all(home: Home, days: int) -> list[tuple[Address, str]]:
    came = []
    for _ in range(days):
        plan.plan(home.desk, home.now)
        home.clock.pass_(hours=2)
        came += home.send()
        home.clock.pass_(hours=22)
    return came


# --- what must stop it -----------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["we lost the baby", "LOSS", "not pregnant any more"])
def test_p3_a_loss_holds_a_topic_that_was_chosen_as_it_holds_everything(home: Home, word: str) -> None:
    home.says(HER, "TOPICS PUMP", "TOPICS WEEKS")
    assert len(lives(home, 1)) == 1
    home.says(HER, word)
    assert lives(home, 20) == []


def test_p3_a_loss_told_by_somebody_else_holds_it_too(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.says(HER, "TOPICS PUMP")
    home.says(DAD, "TOPICS TRAVEL", "she had a miscarriage")
    assert lives(home, 10) == []


def test_care_19_what_was_chosen_before_a_loss_is_not_chosen_in_the_next_pregnancy(home: Home) -> None:
    home.says(HER, "TOPICS WEEKS", "TOPICS PUMP")
    home.says(HER, "we lost the baby")
    home.clock.pass_(days=90)
    home.says(HER, "SUPPORT", "3", "DUE 20 November")
    assert not home.families(HER)[0].held
    assert {body for _, body in lives(home, 20)} <= {"Think Family: again first. STOP to end."}
    listed = home.says(HER, "TOPICS")[0].split("0 none")[0]
    assert "1 Extra care*\n" in listed  # what SUPPORT and 3 had asked for
    assert listed.count("*") == 1
    home.says(HER, "TOPICS PUMP")
    assert texts(home, 2) == ["pump first"]


def test_care_06_an_undo_gives_back_what_was_chosen(home: Home) -> None:
    home.says(HER, "TOPICS PUMP", "LOSS")
    home.clock.pass_(days=1)
    home.says(HER, "UNDO")
    assert texts(home, 2) == ["pump first"]


def test_care_05_an_old_list_and_an_old_button_give_no_baby_content_after_a_loss(home: Home) -> None:
    home.says(HER, "TOPICS")
    home.says(HER, "my baby died")
    answers = [*home.says(HER, "2"), *home.says(HER, "TOPICS PUMP"), *home.says(HER, "TOPICS")]
    assert not any("pump" in one.casefold() or "weeks" in one.casefold() for one in answers)
    assert home.member(HER).topics.get("pump") is None


def test_care_17_after_a_loss_the_list_is_of_what_follows_one_and_each_is_agreed_to(home: Home) -> None:
    home.says(HER, "we lost the baby")
    home.clock.pass_(days=3)
    assert "\n1 A few kind texts\n0 none" in home.says(HER, "TOPICS")[0]
    home.says(HER, "1")
    family = home.families(HER)[0]
    entries = home.read(lambda conn: consents.ledger(conn, family.id))
    [entry] = [one for one in entries if one.purpose is Purpose.SUPPORT_AFTER_LOSS]
    assert entry.given
    assert entry.words_version
    assert texts(home, 4) == ["kindness first"]


def test_care_08_in_a_held_family_a_relative_is_offered_and_answered_as_in_a_paused_one(home: Home) -> None:
    other, uncle = phone(3), phone(4)
    home.joins(other, due_on=DUE)
    home.by_code(DAD, home.code(HER))
    home.by_code(uncle, home.code(other))
    home.says(HER, "LOSS")
    home.clock.pass_(days=2)
    home.says(uncle, "PAUSE")
    for text in ("TOPICS", "1", "TOPICS TRAVEL", "TOPICS", "STOP TRAVEL", "MENU"):
        assert home.says(DAD, text) == home.says(uncle, text)


def test_care_17_what_a_relative_chose_in_a_held_family_stays_quiet_when_she_asks_for_a_living_baby(
    home: Home,
) -> None:
    """One twin lives: for her alone, and even she has to choose anew."""
    home.says(HER, "TOPICS PUMP")
    home.by_code(DAD, home.code(HER))
    home.says(HER, "one of the twins died")
    home.clock.pass_(days=2)
    home.says(DAD, "TOPICS TRAVEL")
    home.says(HER, "SUPPORT", "2", "BORN 10 January")
    assert lives(home, 10) == []
    home.says(HER, "TOPICS PUMP")
    assert {who for who, _ in lives(home, 3)} == {HER}


def test_care_15_while_the_baby_is_apart_nothing_of_it_comes_and_nothing_is_offered(home: Home) -> None:
    home.says(HER, "TOPICS PUMP", "TOPICS WEEKS", "APART")
    assert lives(home, 10) == []
    assert "number to choose" not in home.says(HER, "TOPICS")[0]


def test_p2_a_stop_ends_it_and_topics_after_a_stop_brings_nothing_back(home: Home) -> None:
    home.says(HER, "TOPICS PUMP", "STOP")
    assert home.says(HER, "TOPICS PUMP") == []
    assert lives(home, 5) == []
    home.says(HER, "START")
    assert texts(home, 2) == ["pump first"]


def test_p8_two_chosen_topics_keep_to_one_text_a_day_and_two_a_week(home: Home) -> None:
    home.says(HER, "TOPICS PUMP", "TOPICS WEEKS", "TOPICS TRAVEL")
    days = [len([one for one in lives(home, 1) if one[0] == HER]) for _ in range(7)]
    assert max(days) == 1
    assert sum(days) == 2


def test_a_topic_chosen_on_a_shared_phone_is_hers_and_a_loss_on_it_quietens_both(home: Home) -> None:
    home.by_code(HER, home.code(HER, "INVITE GRAN"), 4)
    home.says(HER, "TOPICS TRAVEL")
    chose = [one.role for family in home.families(HER) for one in family.members if one.topics.get("trips")]
    assert chose == [Role.MOTHER]
    home.says(HER, "we lost our baby")
    assert lives(home, 10) == []


def test_care_15_the_answer_to_neonatal_names_what_may_be_chosen_and_that_is_saved(
    database: Database, seal: Seal, clock: Clock
) -> None:
    """With the project's own words; a sibling, for whom there is nothing to choose, is told of nothing."""
    clock.now = BEGAN
    real = Home(desk(database, seal), clock)
    publish.publish(real.desk, real.desk.content, "test", clock.now)
    real.joins(HER, due_on=BEGAN.date() + timedelta(weeks=8))
    [told] = real.says(HER, "BORN 11/1", "2")
    assert "Texts for this time: TOPICS WARD. When baby is home, text HOME." in told
    assert "saved" in real.says(HER, "TOPICS WARD")[0]
    assert "TOPICS" not in real.says(HER, "NEONATAL")[0]
    real.joins(DAD, Role.SIBLING, born_on=BEGAN.date() - timedelta(days=1))
    assert "TOPICS" not in real.says(DAD, "NEONATAL")[0]


def test_after_a_long_list_more_gives_the_rest(home: Home) -> None:
    """Asked of the pure conversation: seven topics are two pages, and after the last comes the first."""
    from bot.domain.choosing import Choice
    from bot.domain.conversation import topics
    from bot.domain.conversation.person import Person
    from bot.domain.meaning import Meaning, Word

    many = tuple(Choice(f"t{n}", f"WORD{n}", f"Topic {n}", Purpose.PREGNANCY_AND_BABY) for n in range(7))
    family = home.families(HER)[0]
    member = family.members[0]
    person = Person(1, HER.channel, member=member, family=family, choices=many)
    first = topics.asked_for(Meaning(word=Word.CHOOSE), person, home.now)
    second = topics.answered(Meaning(word=Word.MORE), person, first.talk, home.now)
    assert second is not None
    assert second.replies[0].values["choices"] == "1 Topic 5\n2 Topic 6"
    chosen_one = topics.answered(Meaning(digit=2), person, second.talk, home.now)
    assert chosen_one is not None
    assert "t6" in str(chosen_one.effects)
    again = topics.answered(Meaning(word=Word.MORE), person, second.talk, home.now + timedelta(hours=1))
    assert again is not None
    assert str(again.replies[0].values["choices"]).startswith("1 Topic 0\n")


def test_care_19_who_leaves_a_family_takes_no_choice_of_it_along(home: Home) -> None:
    """He cannot know of the loss: what he had chosen must not come to him, alone, as if there were none."""
    home.by_code(DAD, home.code(HER))
    home.says(DAD, "TOPICS TRAVEL")
    home.says(HER, "LOSS")
    home.says(DAD, "LEAVE")
    assert lives(home, 10) == []


def test_care_17_an_earlier_loss_is_told_by_no_list_to_who_did_not_know_of_it(home: Home) -> None:
    """A new partner is invited to the pregnancy after it; who asked for what follows one, is offered it."""
    home.says(HER, "we lost the baby")
    home.clock.pass_(days=90)
    home.says(HER, "SUPPORT", "3", "DUE 20 November")
    home.by_code(DAD, home.code(HER))
    assert "Extra care" not in home.says(DAD, "TOPICS")[0]
    home.says(DAD, "SUPPORT", "3")
    assert "Extra care*" in home.says(DAD, "TOPICS")[0]
