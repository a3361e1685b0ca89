"""Who writes: a snapshot of the person behind an address, as far as we know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.address import ChannelName
from bot.domain.choosing import Choice
from bot.domain.directory import Directory
from bot.domain.family import Family, Hold, Member, Role


@dataclass(frozen=True, slots=True)
class Codes:
    """What the book of codes says to what was written; empty for all but JOIN, INVITE, REMOVE and NEWPHONE.

    `opens` is the id of the code that was given, if it is good and this phone may try (or the one given
    before, which an answer is about); `own` whether it is of a family that this one is in, `work` whether
    it is staff's, for somebody at work. `fresh` is a code nobody has yet, where one may be asked for.
    `invited` is how many invitations stand, `named` whether one of them goes by the name that was written.
    """

    tried: bool = False
    opens: int | None = None
    own: bool = False
    work: bool = False
    fresh: str | None = None
    invited: int = 0
    named: bool = False


NO_CODES = Codes()


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who wrote, at the moment they did; `member` and `family` are None for one we do not know.

    On a shared phone it is the mother if she is there, else who joined first, and `shared` is true.
    `not_a_mobile` is why an SMS address cannot join (landline, foreign, not_a_mobile, not_a_number), and
    `told_off` whether it was told so already. `last_campaign` and `last_topic` are those of the last step
    that reached them; `offered` are the languages one may join in: (code, its own name). `told_birth_at` is
    when this one told the birth that stands, if nobody told anything of the dates or the baby since.
    `unread`: the messages that PRIVATE kept from the screen and "5" would show, by id.
    `directory` is what they may be pointed to; `choices` the topics that they may ask for, looked up for
    TOPICS, its answers and STOP with a word alone.
    `withdrew`: no consent to baby messages is live, and no STOP or silence ended it, so START revives none.
    """

    address_id: int
    channel: ChannelName
    language: str = "en"
    member: Member | None = None
    family: Family | None = None
    stopped: bool = False
    shared: bool = False
    not_a_mobile: str | None = None
    told_off: bool = False
    last_campaign: str | None = None
    last_topic: str | None = None
    told_birth_at: datetime | None = None
    withdrew: bool = False
    unread: tuple[int, ...] = ()
    codes: Codes = NO_CODES
    choices: tuple[Choice, ...] = ()
    offered: tuple[tuple[str, str], ...] = (("en", "English"),)
    directory: Directory = field(default_factory=Directory, repr=False)

    @property
    def known(self) -> bool:
        """Whether they are a member of a family."""
        return self.member is not None

    @property
    def works(self) -> bool:
        """Whether they are with us for their work, by a code of staff."""
        return self.member is not None and self.member.role is Role.PROFESSIONAL

    @property
    def is_mother(self) -> bool:
        """Whether they are pregnant or gave birth."""
        return self.member is not None and self.member.role is Role.MOTHER

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The family's open reasons for quiet."""
        return () if self.family is None else self.family.holds
