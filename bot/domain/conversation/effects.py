"""What a conversation wants changed: plain values that services.families.apply carries out, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.hours import PartOfDay
from bot.domain.meaning import LossKind


@dataclass(frozen=True, slots=True)
class CreateMember:
    """Who joins by themselves. Whatever its place, it is carried out before what concerns the member."""

    role: Role
    language: str
    due_on: date | None = None
    born_on: date | None = None
    code_id: int | None = None  # the code they came with, which is theirs by now


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """The writer agrees (or, `given` false, no longer agrees) to one purpose on this channel.

    `asked` is the reply that asked, whose words are agreed to; `words_version` their hash if it is known;
    `how` is reply or telegram.
    """

    purpose: Purpose
    words_version: str = ""
    given: bool = True
    how: str = "reply"
    asked: str = "consent"


@dataclass(frozen=True, slots=True)
class SetDue:
    """The due date, new or corrected."""

    due_on: date


@dataclass(frozen=True, slots=True)
class SetBorn:
    """The day of birth; `babies` if it was told how many."""

    born_on: date
    babies: int | None = None


@dataclass(frozen=True, slots=True)
class TakeBackBirth:
    """The birth was told by mistake: the baby is still to come."""


@dataclass(frozen=True, slots=True)
class SetNeonatal:
    """The baby is in hospital."""


@dataclass(frozen=True, slots=True)
class SetHome:
    """The baby is home."""


@dataclass(frozen=True, slots=True)
class SetApart:
    """The baby does not live with the family."""


@dataclass(frozen=True, slots=True)
class AnsweredCheckIn:
    """The writer answered the check-in after the due date, so that its silence opens no hold."""


@dataclass(frozen=True, slots=True)
class ReportLoss:
    """A loss, as plainly as it was said: unclear pauses the family without the day of a loss."""

    kind: LossKind


@dataclass(frozen=True, slots=True)
class UndoLoss:
    """The writer takes a loss back, as far as CARE 6 lets them."""


@dataclass(frozen=True, slots=True)
class LiftHolds:
    """The writer ends holds of these kinds, as far as CARE 6 lets them."""

    kinds: frozenset[HoldKind]


@dataclass(frozen=True, slots=True)
class ResumeLivingBaby:
    """After a loss, the mother asks for messages for a baby who is with her (CARE 17)."""


@dataclass(frozen=True, slots=True)
class StopAddress:
    """Everything to this address ends; `how` is stop, block, or wrong (somebody else has the number now)."""

    how: str = "stop"


@dataclass(frozen=True, slots=True)
class StartAddress:
    """START alone, or our button: what the STOP ended is agreed to again."""


@dataclass(frozen=True, slots=True)
class StopTopic:
    """No more of one topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class WantTopic:
    """A topic is asked for."""

    topic: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing staged to the writer before this day."""

    until: date


@dataclass(frozen=True, slots=True)
class Resume:
    """The writer's pause ends."""


@dataclass(frozen=True, slots=True)
class SetEssentialOnly:
    """LESS (true) or ALL (false)."""

    essential_only: bool


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """The writer's messages come in this language."""

    language: str


@dataclass(frozen=True, slots=True)
class SetTime:
    """The writer's messages come in this part of the day."""

    part: PartOfDay


@dataclass(frozen=True, slots=True)
class SetPrivate:
    """PRIVATE: what comes by itself says nothing, and is read when asked for (CARE 22)."""

    private: bool


@dataclass(frozen=True, slots=True)
class Remind:
    """One later message on this day, about what the last one was about."""

    day: date


@dataclass(frozen=True, slots=True)
class Invite:
    """A code for one person, whom the mother calls so; good through this day."""

    code: str
    label: str
    until: date


@dataclass(frozen=True, slots=True)
class Remove:
    """Whoever came by this invitation, and the invitation itself, end; `role` where the word is a role's."""

    label: str
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The writer no longer shares the family's dates."""


@dataclass(frozen=True, slots=True)
class TakeCode:
    """The code that was written is the writer's from now on, and nobody else's."""

    code_id: int


@dataclass(frozen=True, slots=True)
class JoinByCode:
    """The writer, with us by themselves, joins the family of a code that is theirs."""

    code_id: int


@dataclass(frozen=True, slots=True)
class AskNewPhone:
    """A code with which the writer moves to another phone; good through this day."""

    code: str
    until: date


@dataclass(frozen=True, slots=True)
class MoveHere:
    """The member whose code this is has this phone from now on, and no longer the other. `asked` names the
    reply by which they agreed to that."""

    code_id: int
    asked: str = "consent"


@dataclass(frozen=True, slots=True)
class Shown:
    """What PRIVATE kept from the screen was shown: these messages of ours, by id."""

    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SetArea:
    """Where the writer lives: a postcode district; "" when they were asked and it was not said."""

    area: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The writer's family moved home today."""


@dataclass(frozen=True, slots=True)
class Answered:
    """DONE and the like, to a campaign, or (None) to that of the last message."""

    campaign: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Staff must look; a code, never words."""

    kind: str


@dataclass(frozen=True, slots=True)
class EraseMe:
    """The writer is erased, to the last row."""


Effect = (
    CreateMember | RecordConsent | SetDue | SetBorn | TakeBackBirth | SetNeonatal | SetHome | SetApart
    | AnsweredCheckIn | ReportLoss | UndoLoss | LiftHolds | ResumeLivingBaby | StopAddress | StartAddress
    | StopTopic | WantTopic | Pause | Resume | SetEssentialOnly | SetLanguage | SetArea | Moved | Answered
    | SetTime | SetPrivate | Remind | Invite | Remove | Leave | TakeCode | JoinByCode | AskNewPhone
    | MoveHere | Shown | Alert | EraseMe
)  # fmt: skip
