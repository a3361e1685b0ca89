"""The words that CARE gives are the words that leave, to the letter; what it rules out is nowhere."""

from __future__ import annotations

import re

import pytest

from bot.content.files import locate
from bot.domain.family import Purpose
from tests import ours

FILES = locate(None)
TEXTS = {path: text for path, text in FILES.items() if path.startswith("templates/")}
REPLIES = {  # CARE's line -> the reply that says it
    "care_02_unclear": (
        "loss_unclear",
        "We have paused your messages. If you want no more about this pregnancy or baby, text LOSS. If all "
        "is well, text OK and they go on.",
    ),
    "care_06_held": ("held_ok", "Your messages are paused. Text OK to go on"),
    "care_12_consent": (
        "consent",
        "Think Family, from {{ organisation }}. If you agree, we keep your number, language, role and date "
        "to text you 1-2 tips a week. Anyone with this phone can read them. If someone is in danger we may "
        "tell 999 or social care. Replies cost your usual rate. {{ privacy_link }} Reply 1 AGREE, 2 NO",
    ),
    "care_12_welcome": (
        "welcome",
        "Saved: {{ date }}. Wrong? Text DUE and the date. To end texts: STOP. If things change and you want "
        "no more about this pregnancy or baby: LOSS. Emergency: 999.",
    ),
    "care_16_loss": (
        "loss",
        "We are so sorry. All our messages have stopped. You need do nothing more. If you ever want "
        "support, or messages for a baby who is with you, text SUPPORT. Sent by mistake? Text UNDO.",
    ),
    "care_16_ended": (
        "loss_thanks",
        "Thank you for telling us. All our messages have stopped. You need do nothing more. If you ever "
        "want support, or messages for a baby who is with you, text SUPPORT. Sent by mistake? Text UNDO.",
    ),
    "care_17_menu": (
        "support_menu",
        "1 support for you. 2 messages for a baby who is with you. 3 a new pregnancy. 4 nothing more.",
    ),
    "care_18_check_in": (
        "check_in",
        "Think Family: our texts have now stopped. Nothing to do. If you want more, text BORN and the "
        "date. If things went differently, text SUPPORT any time.",
    ),
    "care_20_pregnancy": (
        "crisis/pregnancy",
        "Call your maternity unit now, day or night; the number is on your notes. Do not wait. Heavy "
        "bleeding, a fit or chest pain: call 999. No one reads these texts straight away.",
    ),
    "care_20_not_moving": (
        "crisis/not_moving",
        "Pregnant and baby moving less: call your maternity unit now, day or night (number on your notes). "
        "Baby born and not moving or not breathing: call 999 now.",
    ),
    "care_21_abuse": (
        "crisis/abuse",
        "Thank you for your message. In danger, call 999; if you cannot speak, press 55. You can ask to see "
        "your midwife or GP alone. No one reads these texts straight away.",
    ),
    "care_30_media": (
        "voice_note",
        "Sorry, we cannot hear or see that. Please type it. Emergency: 999. Worried about health: 111.",
    ),
}


@pytest.mark.parametrize("line", REPLIES)
def test_what_care_gives_word_for_word_is_said_so(line: str) -> None:
    key, words = REPLIES[line]
    assert TEXTS[f"templates/en/replies/{key}.j2"].strip() == words


@pytest.mark.parametrize("step", ["movements_36w", "ready_38w", "ready_40w"])
def test_care_14_near_the_end_each_message_says_how_to_tell_of_the_birth(step: str) -> None:
    found = TEXTS[f"templates/en/antenatal_booking/{step}.j2"]
    assert "When baby is here, text BORN." in found


def _anywhere(words: str) -> list[str]:
    """The texts that hold any of these words."""
    return [path for path, text in TEXTS.items() if re.search(rf"\b(?:{words})\b", text, re.IGNORECASE)]


def test_care_25_nobody_is_asked_who_is_sober() -> None:
    """It is "who will be wide awake", after three weeks and before the new year, and not weekly."""
    assert _anywhere("sober") == []
    asked = {path.split("/")[3].split(".")[0] for path in _anywhere("who will be wide awake")}
    assert asked == {"wide_awake", "new_year"}


def test_care_26_there_is_no_advice_on_fasting() -> None:
    assert _anywhere("fast|fasting|ramadan") == []


def test_care_26_what_speaks_of_food_says_so() -> None:
    """Its hours in Ramadan are others; what professionals read is about their work."""
    about = "eat|eats|eating|food|foods|meal|meals|cook|cooked|cooking|snack|honey|coffee"
    steps = {step.key: step for one in ours.content().campaigns.values() for step in one.steps}
    spoken = {(path.split("/")[2], path.split("/")[3].split(".")[0]) for path in _anywhere(about)}
    theirs = [steps[key] for key in spoken & steps.keys() if steps[key].purpose is not Purpose.PROFESSIONAL]
    assert len(theirs) > 15
    assert [step.key for step in theirs if not step.food] == []


def test_care_29_no_step_gives_a_rule_on_fever_after_vaccines() -> None:
    """Two pages differ; until a clinical officer chose one line, nothing of ours says either."""
    both = set(_anywhere("fever|temperature")) & set(_anywhere("vaccine|vaccines|jab|jabs"))
    assert both == set()


def test_care_16_what_follows_any_loss_does_not_say_which_it_was() -> None:
    """Who told of an abortion, or that she is not pregnant now, reads these too, if she asks for them."""
    texts = {path: text for path, text in ours.content().files.items() if "/after_loss/" in path}
    texts |= {path: text for path, text in ours.content().files.items() if "/replies/support_mother" in path}
    told = re.compile(r"(your|the) (grand)?(baby|child) (has )?died|about your baby", re.IGNORECASE)
    assert [path for path, text in texts.items() if told.search(text)] == []
