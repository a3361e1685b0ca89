"""Reading age: syllables as people say them, and messages in the right order."""

from __future__ import annotations

from datetime import date

import pytest

from bot.authoring.check import check
from bot.authoring.reading import OLDEST, age, syllables
from bot.content.files import locate
from tests.content import small

SAID = {
    1: "the breathe whole died cried asked worked stopped shakes sleeps baked tongue eyes changed lay cough",
    2: "baby babies midwife being needed safely people quiet social diet changes cuddle little crying "
    "worried vaccine tightened nappies sofa something patient",
    3: "family hospital movements everyone area pregnancy idea medicine grandparents families alcohol easier",
    4: "maternity emergency diabetes diabetic usually interpreter bereavement emergencies certificate",
    5: "communicated immunisation opportunity",
}


@pytest.mark.parametrize(
    ("word", "count"), [(word, count) for count, words in SAID.items() for word in words.split()]
)
def test_syllables_are_counted_as_people_say_them(word: str, count: int) -> None:
    assert syllables(word) == count


def test_short_plain_sentences_read_as_for_the_youngest() -> None:
    assert age("Think Family: lay baby on the back. Use a clear, flat cot.") == 5.0


def test_the_same_in_long_words_reads_as_for_someone_older() -> None:
    plain = "Ask your midwife about the vaccine this week."
    official = "Please communicate with your maternity professional concerning immunisation opportunities."
    assert age(plain) < OLDEST < age(official)


def test_short_sentences_make_a_message_easier() -> None:
    words = "call the unit at once day or night if waters break or you bleed or movements change or you worry"
    assert age(words.replace(" if ", ". If ").replace(" or movements", ". Movements")) < age(words)


def test_the_sender_numbers_and_phone_numbers_do_not_count() -> None:
    assert age("Think Family: ring us now.") == age("Ring us now.") == age("Ring us now 0800 448 0737.")


def test_a_line_of_a_list_is_a_sentence() -> None:
    assert age("Call if\n- you bleed\n- waters go") == age("Call if. You bleed. Waters go.")


def test_a_message_without_words_can_be_read_by_everyone() -> None:
    assert age("999") == 5.0


def test_a_step_that_reads_too_hard_is_a_warning_and_no_fault() -> None:
    words = "Information concerning immunisation opportunities is communicated individually by the surgery.\n"
    report = check({**small.FILES, "templates/en/flu/nudge.j2": words}, date(2026, 11, 23))
    (warning,) = [str(one) for one in report.warnings]
    assert report.ok
    assert warning.startswith("templates/en/flu/nudge.j2:1:1: This reads as for age ")
    assert warning.endswith("we write for 9 to 11. Use shorter sentences and shorter words.")


def test_of_a_few_words_nothing_is_said() -> None:
    files = {**small.FILES, "templates/en/flu/nudge.j2": "Immunisation opportunity.\n"}
    assert check(files, date(2026, 11, 23)).warnings == ()


def test_every_message_of_the_projects_own_campaigns_can_be_read_at_eleven() -> None:
    report = check(locate(None), date(2026, 11, 23))
    assert [str(one) for one in report.warnings if "reads as for age" in one.message] == []


def test_care_22_no_message_of_the_projects_own_campaigns_tells_much_on_a_locked_phone() -> None:
    report = check(locate(None), date(2026, 11, 23))
    assert [str(one) for one in report.warnings if "locked phone" in one.message] == []
