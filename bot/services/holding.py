"""Loss and the quiet after it: holds opened, lifted and undone (P3, CARE 2, 6, 16-18)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.family import Family, Hold, HoldKind, Member, Pregnancy, Role
from bot.domain.outbox import Kind, Reason, State
from bot.store import asked, families, household, outbox
from bot.store.recall import recall

UNDO_WITHIN = timedelta(days=7)
LOSSES = (HoldKind.LOSS, HoldKind.UNCLEAR_LOSS)
_QUIET = (Kind.STAGED, Kind.CHECK_IN, Kind.REMINDER, Kind.STAFF)


def loss(
    conn: sa.Connection, family_id: int, member_id: int | None, now: datetime, *, clear: bool = True
) -> None:
    """A loss, told by a member (None: by staff): the whole family goes quiet at once.

    `clear` is false for a word of loss in an unclear sentence: quiet, and no day of a loss is kept.
    """
    _begin(conn, family_id, now)
    kind = HoldKind.LOSS if clear else HoldKind.UNCLEAR_LOSS
    if families.open_hold(conn, family_id, kind, member_id, now):
        families.event(conn, family_id, "hold", now, member_id, hold=kind.value)
    family = household.load(conn, [family_id])[0]
    if clear and any(member.role is not Role.PROFESSIONAL for member in family.members):
        _mark_lost(conn, family, member_id, now)
    outbox.close_open(
        conn, family_id=family_id, kinds=_QUIET, state=State.CANCELLED, reason=Reason.HOLD, now=now
    )


def silence(conn: sa.Connection, family_id: int, now: datetime) -> None:
    """Nobody answered the check-in after the due date: quiet, and no loss is inferred (P3)."""
    _begin(conn, family_id, now)
    if families.open_hold(conn, family_id, HoldKind.SILENCE, None, now):
        families.event(conn, family_id, "hold", now, hold=HoldKind.SILENCE.value)
    outbox.close_open(
        conn, family_id=family_id, kinds=_QUIET, state=State.CANCELLED, reason=Reason.HOLD, now=now
    )


def undo(conn: sa.Connection, family_id: int, member_id: int | None, now: datetime) -> int:
    """Take back reports of a loss; gives how many.

    One's own within 7 days; the mother's word takes back everybody's, and nobody takes back hers. Staff
    (None) may take back all, at any time.
    """
    _begin(conn, family_id, now)
    family = household.load(conn, [family_id])[0]
    mine = [hold for hold in family.holds if _may_undo(family, hold, member_id, now)]
    return _lift(conn, family, mine, member_id, now, "undo")


def lift(
    conn: sa.Connection, family_id: int, member_id: int | None, kinds: Iterable[HoldKind], now: datetime
) -> int:
    """End holds of these kinds, as far as this member may (CARE 6); gives how many. None: staff."""
    _begin(conn, family_id, now)
    family = household.load(conn, [family_id])[0]
    wanted = frozenset(kinds)
    those = [hold for hold in family.holds if hold.kind in wanted and may_lift(family, hold, member_id)]
    return _lift(conn, family, those, member_id, now, "lift")


def may_lift(family: Family, hold: Hold, member_id: int | None) -> bool:
    """Whose word ends a hold: staff any, the mother any, another member their own or nobody's."""
    return member_id is None or hold.member_id in (None, member_id) or _is_mother(family, member_id)


def resume_living(conn: sa.Connection, family_id: int, member_ids: Iterable[int], now: datetime) -> None:
    """After a loss: these members asked for messages for a baby who is with them (CARE 17).

    The holds end, the day of the loss stays: it keeps everyone quiet who did not ask.
    """
    _begin(conn, family_id, now)
    family = household.load(conn, [family_id])[0]
    lost = [pregnancy for pregnancy in family.pregnancies if pregnancy.lost_on is not None]
    wanting = set(member_ids)
    for pregnancy in lost:
        resumed = sorted(pregnancy.resumed_for | wanting)
        families.update_pregnancy(conn, family_id, pregnancy.id, resumed_for=resumed)
    families.lift_holds(conn, family_id, now, None, kinds=(*LOSSES, HoldKind.SILENCE))
    for member_id in sorted(wanting):
        families.event(conn, family_id, "living_baby", now, member_id)


def _lift(
    conn: sa.Connection,
    family: Family,
    those: list[Hold],
    member_id: int | None,
    now: datetime,
    what: str,
) -> int:
    lifted = 0
    for hold in those:
        lifted += families.lift_hold(conn, family.id, hold.id, now, member_id)
        families.event(conn, family.id, what, now, member_id, hold=hold.kind.value)
    still = {hold.kind for hold in family.holds if hold not in those}
    losses = [hold for hold in those if hold.kind is HoldKind.LOSS]
    if losses and HoldKind.LOSS not in still:
        since = min(hours.local_day(hold.at) for hold in losses)
        _unmark_lost(conn, family, since)
    recall(conn, family.id, hours.local_day(now), now)
    return lifted


def _may_undo(family: Family, hold: Hold, member_id: int | None, now: datetime) -> bool:
    if hold.kind not in LOSSES:
        return False
    recent = member_id is None or hold.at >= now - UNDO_WITHIN
    return recent and (member_id is None or hold.member_id == member_id or _is_mother(family, member_id))


def _is_mother(family: Family, member_id: int) -> bool:
    return any(_mother(member, member_id) for member in family.members)


def _mother(member: Member, member_id: int) -> bool:
    return member.id == member_id and member.role is Role.MOTHER


def _mark_lost(conn: sa.Connection, family: Family, member_id: int | None, now: datetime) -> None:
    day = hours.local_day(now)
    pregnancy = family.current()
    pregnancy_id = families.add_pregnancy(conn, family.id) if pregnancy is None else pregnancy.id
    if pregnancy is not None and pregnancy.lost_on is not None:
        asked.answered(conn, family.id, pregnancy_id, now)
        return
    families.update_pregnancy(conn, family.id, pregnancy_id, lost_on=day)
    asked.answered(conn, family.id, pregnancy_id, now)
    families.event(conn, family.id, "loss", now, member_id, pregnancy_id=pregnancy_id, lost_on=day)


def _unmark_lost(conn: sa.Connection, family: Family, since: date) -> None:
    pregnancy: Pregnancy | None = family.current()
    if pregnancy is not None and pregnancy.lost_on is not None and pregnancy.lost_on >= since:
        families.update_pregnancy(conn, family.id, pregnancy.id, lost_on=None, resumed_for=[])


def _begin(conn: sa.Connection, family_id: int, now: datetime) -> None:
    families.begin_change(conn, family_id, hours.local_day(now))
