"""What a text was taken for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.family import Role
from bot.domain.hours import PartOfDay


class Crisis(StrEnum):
    """Kinds of crisis (CARE 20), most urgent first. The value is the answer's template key."""

    ADULT_LIFE = "adult_life"
    BABY_LIFE = "baby_life"
    CHILD_HARM = "child_harm"
    NOT_MOVING = "not_moving"
    PREGNANCY = "pregnancy"
    PSYCHOSIS = "psychosis"
    SELF_HARM = "self_harm"
    BABY_UNWELL = "baby_unwell"
    ABUSE = "abuse"


class Word(StrEnum):
    """What people can ask for or answer, whatever the language they write it in."""

    JOIN = "join"
    START = "start"
    HELP = "help"
    PAUSE = "pause"
    RESUME = "resume"
    UNDO = "undo"
    BORN = "born"
    DUE = "due"
    SUPPORT = "support"
    NEONATAL = "neonatal"
    HOME = "home"
    APART = "apart"
    DONE = "done"
    BOOK = "book"
    OK = "ok"
    YES = "yes"
    NO = "no"
    THANKS = "thanks"
    MY_DATA = "my_data"
    DELETE = "delete"
    LANGUAGE = "language"
    LESS = "less"
    ALL = "all"
    INVITE = "invite"
    REMOVE = "remove"
    LEAVE = "leave"
    TIME = "time"
    REMIND = "remind"
    PRIVATE = "private"
    NOT_PRIVATE = "not_private"
    NEWPHONE = "newphone"
    MORE = "more"
    MENU = "menu"
    CHOOSE = "choose"
    MOVED = "moved"


class LossKind(StrEnum):
    """How plainly a loss was said, and how the answer opens (CARE 2, 16)."""

    PLAIN = "plain"
    ENDED = "ended"  # "not pregnant now", "abortion": opens with thanks
    UNCLEAR = "unclear"


class StopKind(StrEnum):
    """How a wish to end was said."""

    TOTAL = "total"
    WRONG_NUMBER = "wrong_number"  # "who is this", "not me"
    TOPIC = "topic"
    UNCLEAR = "unclear"  # a stop word in another text: asks back


@dataclass(frozen=True, slots=True)
class SaidDate:
    """What a text says of a date: a day, weeks of pregnancy as days from the last period, or neither.

    `impossible` marks a day that does not exist or cannot be. A day without a year may be a due date to
    come or a birth that was: `day` is then the first, `past` the second, each None if it cannot be.
    Whatever it says is read back to its writer.
    """

    day: date | None = None
    gestation_days: int | None = None
    impossible: bool = False
    past: date | None = None

    @property
    def birth(self) -> date | None:
        """The day, read as that of a birth."""
        return self.past or self.day


@dataclass(frozen=True, slots=True)
class Meaning:
    """Everything found in one text, in the fixed order crisis, loss, stop, the rest; every one applies."""

    crises: tuple[Crisis, ...] = ()
    loss: LossKind | None = None
    stop: StopKind | None = None
    stop_topic: str | None = None
    word: Word | None = None
    digit: int | None = None
    topic: str | None = None  # what it may be signposted to
    near: str | None = None  # "loss", a Word's value or a topic: to be asked back, never acted on
    code: str | None = None  # what follows JOIN or NEWPHONE
    label: str = ""  # whom INVITE or REMOVE means, in the writer's own word
    named: str = ""  # what STOP or TOPICS names, where that is not the whole text
    part: PartOfDay | None = None  # "morning": when messages may come
    several: bool = False  # twins and more are spoken of
    said_date: SaidDate | None = None
    area: str | None = None  # a postcode district that was said: "m14"
    language: str | None = None
    tongue: str | None = None  # the language in which a crisis, a loss, a stop or HELP was said
    role: Role | None = None  # "mum", "grandad": a whole message that says who somebody is
    empty: bool = False

    @property
    def urgent(self) -> bool:
        """Whether something must be applied in the transaction that stores the text."""
        return (
            bool(self.crises) or self.loss is not None or self.stop in (StopKind.TOTAL, StopKind.WRONG_NUMBER)
        )
