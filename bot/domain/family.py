"""A family: one clock, several people, each with their own consent; nothing is ever inferred."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.address import ChannelName
from bot.domain.hours import PartOfDay


class Role(StrEnum):
    """Who a member is to the baby. `mother` is pregnant or gave birth; `partner` any other parent."""

    MOTHER = "mother"
    FATHER = "father"
    PARTNER = "partner"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    CARER = "carer"
    PROFESSIONAL = "professional"


class Purpose(StrEnum):
    """What a consent is for; each is asked for and withdrawn by itself."""

    PREGNANCY_AND_BABY = "pregnancy_and_baby"
    SUPPORT_AFTER_LOSS = "support_after_loss"
    NEXT_PREGNANCY = "next_pregnancy"
    REMINDERS = "reminders"
    PROFESSIONAL = "professional"
    EVALUATION = "evaluation"


def joins_for(role: Role) -> Purpose:
    """What somebody in this role agrees to when they join."""
    return Purpose.PROFESSIONAL if role is Role.PROFESSIONAL else Purpose.PREGNANCY_AND_BABY


class BabyStatus(StrEnum):
    """What someone told us of one baby."""

    EXPECTED = "expected"
    BORN = "born"
    DIED = "died"
    APART = "apart"


_ALIVE = (BabyStatus.EXPECTED, BabyStatus.BORN)


class HoldKind(StrEnum):
    """Why a whole family is quiet. A relative cannot tell one from another (CARE 8)."""

    LOSS = "loss"  # somebody wrote LOSS, plainly
    UNCLEAR_LOSS = "unclear_loss"  # LOSS inside an unclear sentence: OK lifts it (CARE 2)
    SILENCE = "silence"  # no answer to the check-in after the due date (P3)
    MOTHER_AWAY = "mother_away"  # the mother stopped, blocked, was erased or cannot be reached (CARE 7)


class Link(StrEnum):
    """How a member came to share the family's dates."""

    OWN = "own"  # the dates are this member's own: the mother, or a relative alone
    CODE = "code"  # joined by the mother's code, or by staff at her wish


@dataclass(frozen=True, slots=True)
class Baby:
    """One baby of a pregnancy; twins are two."""

    id: int
    status: BabyStatus


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """One pregnancy and its babies. Dates are local days (Europe/London); None means not told.

    `corrected_on` is the day from which development is counted: the due date for a baby born before
    37 weeks, else the day of birth. `neonatal`: the baby is in hospital. `apart`: no baby of this
    pregnancy lives with the family. `resumed_for` holds the ids of members who, after a loss, asked
    for messages for a living baby (CARE 17).
    """

    id: int
    due_on: date | None = None
    born_on: date | None = None
    corrected_on: date | None = None
    lost_on: date | None = None
    neonatal: bool = False
    babies: tuple[Baby, ...] = ()
    resumed_for: frozenset[int] = frozenset()

    @property
    def apart(self) -> bool:
        """True when every baby we were told of is apart from the family."""
        return bool(self.babies) and all(baby.status is BabyStatus.APART for baby in self.babies)

    @property
    def living(self) -> bool:
        """True while at least one baby is expected or born and with the family."""
        return not self.babies or any(baby.status in _ALIVE for baby in self.babies)


LEFT = -1  # who caused a hold and left, or was erased: no member's id


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason for quiet, open while `lifted_at` is None; `member_id` is who caused it.

    None: staff or the clock. LEFT: somebody who is no longer of the family.
    """

    id: int
    kind: HoldKind
    member_id: int | None
    at: datetime
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddressState:
    """What sending needs to know of a member's preferred address; the value itself stays sealed."""

    id: int
    channel: ChannelName
    stopped: bool = False
    suspended: bool = False
    guest: bool = True  # in trial mode: on the guest list; elsewhere always true


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a family."""

    id: int
    family_id: int
    role: Role
    language: str
    joined_on: date
    link: Link = Link.OWN
    address: AddressState | None = None
    consents: frozenset[tuple[Purpose, ChannelName]] = frozenset()
    paused_until: date | None = None  # first day on which messages go again
    essential_only: bool = False
    topics: dict[str, bool] = field(default_factory=dict)  # topic -> wanted; absent: the default
    wished_on: dict[str, date] = field(default_factory=dict)  # topic -> the day that was said
    answered: frozenset[tuple[str, str]] = frozenset()  # (campaign, meaning), e.g. ("flu", "done")
    area: str | None = None  # a postcode district, "m14"; "": asked once, and not said; None: never asked
    preferred_time: PartOfDay | None = None  # None: the step's own time
    private: bool = False  # what comes by itself says nothing, and is read when asked for
    sees_pregnancy: int | None = None  # for one with a code: the newest pregnancy they were invited to
    under_20: bool = False
    previous_loss: bool = False

    def consented(self, purpose: Purpose) -> bool:
        """Whether this member's consent for `purpose` on the preferred channel is live."""
        return self.address is not None and (purpose, self.address.channel) in self.consents


@dataclass(frozen=True, slots=True)
class Family:
    """A family as the decision sees it. `epoch` rises whenever messages may go again."""

    id: int
    epoch: int
    members: tuple[Member, ...]
    pregnancies: tuple[Pregnancy, ...] = ()
    holds: tuple[Hold, ...] = ()  # open ones only
    moved_on: date | None = None

    @property
    def held(self) -> bool:
        """True while any reason for quiet is open."""
        return bool(self.holds) and any(hold.lifted_at is None for hold in self.holds)

    def mother(self) -> Member | None:
        """The member who is pregnant or gave birth, if she joined."""
        return next((member for member in self.members if member.role is Role.MOTHER), None)

    def current(self) -> Pregnancy | None:
        """The pregnancy that replies are about: the newest one."""
        return max(self.pregnancies, key=lambda pregnancy: pregnancy.id, default=None)


def corrected_day(due_on: date | None, born_on: date) -> date:
    """The day from which development is counted: the due date for a birth before 37 weeks."""
    early = due_on is not None and born_on < due_on - timedelta(days=21)
    return due_on if early and due_on is not None else born_on
