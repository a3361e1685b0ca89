"""After a loss: only what someone asks for, each thing by itself (CARE 17)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Purpose, Role
from bot.errors import BadInput
from bot.services import holding, wishes
from bot.store import household

Choice = Literal["support", "week", "living", "next", "nothing"]
AFTER_LOSS, WEEK, NEXT_PREGNANCY = (
    "after_loss",
    "baby_loss_awareness_week",
    "next_pregnancy",
)  # topics of the campaigns one may ask for


def choose(
    conn: sa.Connection, family_id: int, member_id: int, choice: Choice, how: str, words: str, now: datetime
) -> None:
    """Apply one choice of one member.

    support: kind messages, with consent for that; week: Baby Loss Awareness Week, likewise; living:
    messages for a baby who is with her, the mother only; next: consent for a new pregnancy; nothing: no
    more of the first two. `words` is the version agreed to. Raises BadInput (`mother_only`, `no_address`).
    """
    match choice:
        case "support" | "week":
            _agree(conn, family_id, member_id, Purpose.SUPPORT_AFTER_LOSS, how, words, now)
            name = AFTER_LOSS if choice == "support" else WEEK
            wishes.topic(conn, family_id, member_id, name, True, now)
        case "living":
            _require_mother(conn, family_id, member_id)
            holding.resume_living(conn, family_id, [member_id], now)
        case "next":
            _agree(conn, family_id, member_id, Purpose.NEXT_PREGNANCY, how, words, now)
            wishes.topic(conn, family_id, member_id, NEXT_PREGNANCY, True, now)
        case "nothing":
            for name in (AFTER_LOSS, WEEK):
                wishes.topic(conn, family_id, member_id, name, False, now)


def _agree(
    conn: sa.Connection, family_id: int, member_id: int, purpose: Purpose, how: str, words: str, now: datetime
) -> None:
    channel = _channel(conn, family_id, member_id)
    wishes.agree(conn, family_id, member_id, channel, (purpose,), how, words, now)


def _channel(conn: sa.Connection, family_id: int, member_id: int) -> ChannelName:
    for member in household.load(conn, [family_id])[0].members:
        if member.id == member_id and member.address is not None:
            return member.address.channel
    raise BadInput("This member has no address to be written to.", code="no_address")


def _require_mother(conn: sa.Connection, family_id: int, member_id: int) -> None:
    members = household.load(conn, [family_id])[0].members
    if not any(member.id == member_id and member.role is Role.MOTHER for member in members):
        raise BadInput("Messages for a living baby are for the mother to ask for.", code="mother_only")
