"""What families answer in Bengali, Polish and Somali, in their own letters and in Latin ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bot.domain.family import Role
from bot.domain.hours import PartOfDay
from bot.domain.meaning import LossKind, Meaning, SaidDate, StopKind, Word
from bot.words.lexicon import Lexicon
from bot.words.understand import understand

Says = Callable[[str, str], Meaning]
TODAY = date(2026, 11, 26)

WORDS = {
    Word.HELP: {"bn": ["সাহায্য", "sahajjo"], "pl": ["pomoc", "POMOCY!"], "so": ["caawimo", "i caawi fadlan"]},
    Word.JOIN: {"bn": ["যোগ দিতে চাই", "jog dite chai"], "pl": ["dołączam", "dolaczam"], "so": ["ku biir"]},
    Word.OK: {"bn": ["ঠিক আছে", "thik ache"], "pl": ["w porządku", "wszystko dobrze"], "so": ["hagaag"]},
    Word.YES: {"bn": ["হ্যাঁ", "জি", "ji"], "pl": ["tak", "Tak, proszę"], "so": ["haa", "Haa!"]},
    Word.NO: {"bn": ["না", "na"], "pl": ["nie", "nie, dziękuję"], "so": ["maya"]},
    Word.THANKS: {"bn": ["ধন্যবাদ", "dhonnobad"], "pl": ["dziękuję", "dzieki"], "so": ["mahadsanid"]},
    Word.BORN: {"bn": ["বাচ্চা হয়েছে", "baccha hoise"], "pl": ["dziecko się urodziło"], "so": ["dhashay"]},
    Word.PAUSE: {"bn": ["বিরতি"], "pl": ["przerwa"], "so": ["hakad"]},
    Word.LANGUAGE: {"bn": ["ভাষা", "bhasha"], "pl": ["język", "zmiana języka"], "so": ["luqad"]},
    Word.MORE: {"bn": ["আরও", "aro"], "pl": ["więcej"], "so": ["kuwo kale"]},
}  # fmt: skip
DIGITS = {
    1: {"bn": ["১", "এক", "ek", "1 হ্যাঁ"], "pl": ["jeden", "1 tak"], "so": ["kow", "hal", "1 haa"]},
    2: {"bn": ["২", "দুই", "dui"], "pl": ["dwa", "2 proszę"], "so": ["laba", "labo"]},
    3: {"bn": ["তিন", "tin"], "pl": ["trzy"], "so": ["saddex"]},
    4: {"bn": ["চার", "char"], "pl": ["cztery"], "so": ["afar"]},
    5: {"bn": ["পাঁচ", "pach"], "pl": ["pięć", "piec"], "so": ["shan"]},
    6: {"bn": ["ছয়", "choy"], "pl": ["sześć", "szesc"], "so": ["lix"]},
    0: {"bn": ["শূন্য", "shunno"], "pl": ["zero"], "so": ["eber"]},
}
ROLES = {
    Role.MOTHER: {"bn": ["মা", "ammu"], "pl": ["mama", "jestem w ciąży"], "so": ["hooyo"]},
    Role.FATHER: {"bn": ["বাবা", "abba"], "pl": ["tata"], "so": ["aabo"]},
    Role.GRANDPARENT: {"bn": ["নানি", "dadi"], "pl": ["babcia", "dziadek"], "so": ["ayeeyo"]},
    Role.SIBLING: {"bn": ["বোন", "bhai"], "pl": ["brat"], "so": ["walaal"]},
}
TOPICS = {
    "crying": {"bn": ["বাচ্চা কাঁদে"], "pl": ["dziecko ciągle płacze"], "so": ["ilmaha waa ooyayaa"]},
    "sleep": {"bn": ["baccha ghumay na"], "pl": ["synek nie śpi w nocy"], "so": ["ma seexdo"]},
    "money": {"bn": ["taka nai"], "pl": ["nie mam pieniędzy"], "so": ["lacag ma hayo"]},
}


def cases(table: dict[object, dict[str, list[str]]]) -> list[object]:
    return [
        pytest.param(code, text, wanted, id=f"{code}: {text}")
        for wanted, languages in table.items()
        for code, texts in languages.items()
        for text in texts
    ]


@pytest.fixture(scope="module")
def says(lexicon: Lexicon) -> Says:
    """What a text is taken for of somebody who chose this language."""
    return lambda code, text: understand(text, lexicon, (code, "en"), TODAY)


@pytest.mark.parametrize(("code", "text", "word"), cases(WORDS))
def test_a_word_of_ones_own_language_is_understood(says: Says, code: str, text: str, word: Word) -> None:
    meaning = says(code, text)
    assert (meaning.word, meaning.loss, meaning.stop, meaning.crises) == (word, None, None, ())


@pytest.mark.parametrize(("code", "text", "digit"), cases(DIGITS))
def test_care_04_every_question_can_be_answered_by_a_digit_or_its_name(
    says: Says, code: str, text: str, digit: int
) -> None:
    assert says(code, text).digit == digit


@pytest.mark.parametrize(("code", "text", "role"), cases(ROLES))
def test_who_somebody_is_may_be_said_in_words(says: Says, code: str, text: str, role: Role) -> None:
    assert says(code, text).role is role


@pytest.mark.parametrize(("code", "text", "topic"), cases(TOPICS))
def test_a_question_in_ones_own_words_finds_its_topic(says: Says, code: str, text: str, topic: str) -> None:
    assert says(code, text).topic == topic


@pytest.mark.parametrize(
    ("code", "text"),
    [("bn", "24 সপ্তাহ"), ("bn", "২৪ shoptaho"), ("pl", "24 tygodnie"), ("pl", "24 tyg."),
     ("pl", "DUE 24 tygodnie"), ("so", "24 toddobaad"), ("so", "24 usbuuc"), ("so", "DUE 24 toddobaad"),
     ("ur", "24 ہفتے"), ("ur", "۲۴ ہفتے"), ("ur", "24 hafte"), ("ar", "24 أسبوعا"),
     ("ar", "24 أسبوعًا"), ("ar", "٢٤ أسبوع")],
)  # fmt: skip
def test_weeks_of_pregnancy_are_read(says: Says, code: str, text: str) -> None:
    """The question says "24 weeks" in it."""
    assert says(code, text).said_date == SaidDate(gestation_days=24 * 7)


@pytest.mark.parametrize(
    ("code", "text"),
    [("ur", "بچہ 6 ہفتے کا ہے"), ("ur", "6 ہفتے پہلے"), ("ar", "عمره 6 أسابيع"), ("pl", "6 tygodni temu"),
     ("pl", "dziecko ma 6 tygodni"), ("bn", "বাচ্চার বয়স 6 সপ্তাহ")],
)  # fmt: skip
def test_an_age_in_weeks_is_no_pregnancy(says: Says, code: str, text: str) -> None:
    said = says(code, text).said_date
    assert said is None or said.gestation_days is None


@pytest.mark.parametrize(
    ("code", "text"), [("bn", "DUE 12 মে"), ("bn", "due ১২ মে"), ("pl", "DUE 12 maja"),
                       ("pl", "mam termin 12 maja"), ("so", "DUE 12 Maajo"), ("so", "DUE 12 May")]
)  # fmt: skip
def test_a_date_beside_one_of_our_words_is_read(says: Says, code: str, text: str) -> None:
    """The answers say: text DUE and the date."""
    meaning = says(code, text)
    assert meaning.word is Word.DUE
    assert meaning.said_date == SaidDate(day=date(2027, 5, 12))


@pytest.mark.parametrize(("code", "text"), [("bn", "BORN আজ"), ("pl", "BORN dzisiaj"), ("so", "BORN maanta")])
def test_today_is_read(says: Says, code: str, text: str) -> None:
    assert says(code, text).said_date == SaidDate(day=TODAY, past=TODAY)


@pytest.mark.parametrize(
    ("code", "text"), [("pl", "mam 2 dzieci w domu"), ("bn", "amar 2 ta baccha"),
                       ("so", "waxaan leeyahay 2 carruur ah")]
)  # fmt: skip
def test_a_number_in_a_sentence_is_no_date(says: Says, code: str, text: str) -> None:
    assert says(code, text).said_date is None


@pytest.mark.parametrize(
    ("code", "text"),
    [("pl", "urodziła się martwa"), ("pl", "urodzil sie martwy"), ("pl", "martwe dziecko"),
     ("bn", "মৃত বাচ্চা হয়েছে"), ("bn", "mora baccha hoise"), ("so", "ilmuhu wuu dhashay isagoo meyd ah")],
)  # fmt: skip
def test_care_01_born_dead_is_a_loss_beside_the_words_of_a_birth(says: Says, code: str, text: str) -> None:
    meaning = says(code, text)
    assert (meaning.loss, meaning.word) == (LossKind.PLAIN, None)


@pytest.mark.parametrize(
    ("code", "text"), [("pl", "proszę stop"), ("so", "fadlan jooji"), ("bn", "doya kore bondho koro")]
)
def test_a_polite_stop_is_a_stop(says: Says, code: str, text: str) -> None:
    assert says(code, text).stop is StopKind.TOTAL


@pytest.mark.parametrize(
    ("code", "text", "part"),
    [
        ("bn", "সকাল", PartOfDay.MORNING),
        ("pl", "wieczorem", PartOfDay.EVENING),
        ("so", "duhur", PartOfDay.MIDDAY),
    ],
)
def test_the_time_of_day(says: Says, code: str, text: str, part: PartOfDay) -> None:
    assert says(code, text).part is part
