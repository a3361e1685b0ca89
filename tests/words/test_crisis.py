"""CARE 20: every kind of crisis is found, robust towards answering, and the known false alarms are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.meaning import Crisis, Meaning

Says = Callable[[str], Meaning]

CRISES = {
    Crisis.ADULT_LIFE: [
        "I can't breathe",
        "chest pain",
        "she is having a seizure",
        "i took too many tablets",
        "SHE PASSED OUT",
    ],
    Crisis.BABY_LIFE: [
        "baby not breathing",
        "baby isnt breathing",
        "my baby is blue",
        "shes turning blue",
        "he is floppy",
        "bby wont wake up",
        "baby choking",
        "she swallowed a button battery",
        "rash that doesn't fade under a glass",
    ],
    Crisis.CHILD_HARM: [
        "i shook my baby",
        "im scared i will shake the baby",
        "I might hurt him",
        "he hits the kids",
        "i feel like throwing her at the wall",
    ],
    Crisis.NOT_MOVING: [
        "baby not moving",
        "i havent felt baby move today",
        "not felt him kick since yesterday",
        "reduced movements",
        "baby's movements have slowed down",
        "stopped kicking",
    ],
    Crisis.PREGNANCY: [
        "im bleeding",
        "theres blood when i wipe",
        "my waters have broken",
        "bad headache and seeing spots",
        "contractions",
        "i fell on my bump",
        "i think i am losing my baby",
    ],
    Crisis.PSYCHOSIS: [
        "i keep hearing voices",
        "my wife is suddenly confused",
        "the devil is in the baby",
        "she is seeing things",
    ],
    Crisis.SELF_HARM: [
        "I want to kill myself",
        "kil my self",
        "suicidal",
        "I don't want to be here anymore",
        "everyone would be better off without me",
        "want to end it all",
        "wanna die",
    ],
    Crisis.BABY_UNWELL: [
        "baby has a temp of 39",
        "fever",
        "baby is not feeding",
        "no wet nappies",
        "she fell out of bed",
        "baby hit his head",
        "her cry sounds different",
    ],
    Crisis.ABUSE: [
        "my husband hits me",
        "he beat me up last night",
        "i am scared of my partner",
        "he wont let me leave the house",
        "domestic violence",
        "he is going to kill me",
        "I don't feel safe with him",
        "he won't stop hitting me",
    ],
}

MISSPELT = {
    "babby isnt movng": Crisis.NOT_MOVING,
    "baby isnt breathng": Crisis.BABY_LIFE,
    "I am bleding heavily": Crisis.PREGNANCY,
    "im sucidal": Crisis.SELF_HARM,
    "my husbnd hits me": Crisis.ABUSE,
    "bby not breathin!!!": Crisis.BABY_LIFE,
}

ELSEWHERE = {
    "khoon aa raha hai": Crisis.PREGNANCY,
    "saans nahi le raha": Crisis.BABY_LIFE,
    "mujhe maarta hai": Crisis.ABUSE,
    "baby hil nahi raha": Crisis.NOT_MOVING,
    "marna chahti hun": Crisis.SELF_HARM,
    "خودکشی": Crisis.SELF_HARM,
    "عندي نزيف": Crisis.PREGNANCY,
    "الجنين لا يتحرك": Crisis.NOT_MOVING,
    "আত্মহত্যা করব": Crisis.SELF_HARM,
    "rokto jacche": Crisis.PREGNANCY,
    "Krwawię": Crisis.PREGNANCY,
    "dziecko nie oddycha": Crisis.BABY_LIFE,
    "dhiig baa iga socda": Crisis.PREGNANCY,
}

FALSE_ALARMS = [
    "this heat is killing me",
    "my back is killing me",
    "he hit his milestones",
    "hair loss",
    "stop smoking",
    "stop crying",
    "bleeding gums",
    "blood test tomorrow?",
    "does smoking harm my baby?",
    "will the vaccine hurt my baby",
    "baby kicked me all night",
    "she kicks me",
    "my toddler hit me",
    "i am fit and well",
    "does it fit",
    "we are not moving house",
    "baby is fine and moving lots",
    "baby not loving her bath",
    "how are you doing",
    "fewer messages please",
    "my name is Maria",
    "this is magic",
    "what is baby doing at 20 weeks",
    "baby blues",
    "he has blue eyes",
    "i'm dying of laughter",
    "when is my scan",
    "nappy rash",
    "milkshake",
    "bath temperature 37",
    "she fell asleep",
    "baby is coming home",
    "I don't feel like cooking",
    "clothes for baby",
    "I could kill for a coffee",
]


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for kind, texts in CRISES.items() for text in texts])
def test_care_20_each_kind_of_crisis_is_found(says: Says, text: str, kind: Crisis) -> None:
    assert kind in says(text).crises


@pytest.mark.parametrize(("text", "kind"), MISSPELT.items())
def test_care_20_a_slip_of_the_finger_hides_no_crisis(says: Says, text: str, kind: Crisis) -> None:
    assert kind in says(text).crises


@pytest.mark.parametrize(("text", "kind"), ELSEWHERE.items())
def test_care_04_a_crisis_is_found_in_other_languages(says: Says, text: str, kind: Crisis) -> None:
    assert kind in says(text).crises


@pytest.mark.parametrize("text", FALSE_ALARMS)
def test_care_20_a_known_false_alarm_is_none(says: Says, text: str) -> None:
    assert says(text).crises == ()


def test_care_20_a_false_alarm_hides_no_real_one_beside_it(says: Says) -> None:
    assert says("this heat is killing me and i want to kill myself").crises == (Crisis.SELF_HARM,)


def test_care_20_the_most_urgent_kind_comes_first(says: Says) -> None:
    assert says("im bleeding and my baby is not breathing").crises == (Crisis.BABY_LIFE, Crisis.PREGNANCY)


def test_p10_a_crisis_swallows_neither_a_loss_nor_a_stop_word(says: Says) -> None:
    meaning = says("no heartbeat and heavy bleeding")
    assert (meaning.crises, meaning.loss is not None) == ((Crisis.PREGNANCY,), True)
