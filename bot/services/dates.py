"""The dates of a family, and what is told of its babies: due, born, neonatal, home, apart."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.audience import lost
from bot.domain.family import BabyStatus, Family, HoldKind, Pregnancy, corrected_day
from bot.domain.outbox import Kind, Reason, State
from bot.store import families, household, outbox
from bot.store.recall import recall

_ANOTHER = timedelta(days=120)
"""A due date so long after a birth is another pregnancy's.

A baby born at 23 weeks, the earliest that lives, is due 17 weeks (119 days) after: until then a due date can
be the born baby's own, and corrects its count. When the next baby can be due is another question, with
another number (`NEXT_AT_SOONEST`, 40 weeks after a birth): a person who says an earlier day is asked first.
Between the two it can be neither, and only staff get here: a new pregnancy then leaves the born baby's count
as it is, where the other reading would spoil it.
"""


def set_due(conn: sa.Connection, family_id: int, due_on: date, member_id: int | None, now: datetime) -> int:
    """The due date, new or corrected; gives the pregnancy's id.

    It is a new pregnancy when there is none, when the newest was lost, or when its baby came long before;
    then what was answered (DONE) is forgotten.
    """
    family = _begin(conn, family_id, now)
    pregnancy = family.current()
    if pregnancy is None or _over(pregnancy, due_on):
        pregnancy_id = families.add_pregnancy(conn, family_id, due_on=due_on)
        families.forget_answers(conn, family_id)  # a vaccine of the last pregnancy is none of this one
        before = None
    else:
        pregnancy_id, before, born_on = pregnancy.id, pregnancy.due_on, pregnancy.born_on
        corrected = None if born_on is None else corrected_day(due_on, born_on)
        families.update_pregnancy(
            conn, family_id, pregnancy_id, due_on=due_on, corrected_on=corrected,
            checked_in_at=None, check_in_answered_at=None,
        )  # fmt: skip
    families.event(
        conn, family_id, "due", now, member_id, pregnancy_id=pregnancy_id, due_on=due_on, before=before
    )
    _changed(conn, family_id, now)
    return pregnancy_id


def set_born(
    conn: sa.Connection,
    family_id: int,
    born_on: date,
    member_id: int | None,
    now: datetime,
    babies: int | None = None,
) -> int:
    """The day of birth; gives the pregnancy's id. `babies` is how many, if that was told.

    Babies that were expected are now born; of one that died nothing changes. A hold for silence ends.
    """
    family = _begin(conn, family_id, now)
    pregnancy = family.current()
    due_on = None if pregnancy is None else pregnancy.due_on
    corrected_on = corrected_day(due_on, born_on)
    if pregnancy is None:
        pregnancy_id = families.add_pregnancy(
            conn, family_id, born_on=born_on, corrected_on=corrected_on, babies=babies or 1
        )
    else:
        pregnancy_id = pregnancy.id
        families.update_pregnancy(
            conn, family_id, pregnancy_id, born_on=born_on, corrected_on=corrected_on,
            check_in_answered_at=now,
        )  # fmt: skip
        families.set_babies(conn, family_id, pregnancy_id, _after_birth(pregnancy, babies))
    families.event(conn, family_id, "born", now, member_id, pregnancy_id=pregnancy_id, born_on=born_on)
    families.lift_holds(conn, family_id, now, member_id, kinds=(HoldKind.SILENCE,))
    outbox.close_open(
        conn, family_id=family_id, kinds=(Kind.CHECK_IN,), state=State.CANCELLED, reason=Reason.ANSWERED,
        now=now,
    )  # fmt: skip
    _changed(conn, family_id, now)
    return pregnancy_id


def take_back_birth(conn: sa.Connection, family_id: int, member_id: int | None, now: datetime) -> bool:
    """The birth was told by mistake: the baby is expected again; False when there is none to take back.

    A birth beside a loss stays. What the birth ended comes round as far as it is still open, in a new epoch;
    what it began ends here, in the old one, so that it can come round when the baby is born. What left is
    spent, and does not come again (P4).
    """
    pregnancy = _begin(conn, family_id, now).current()
    if pregnancy is None or pregnancy.born_on is None or lost(pregnancy):
        return False
    families.update_pregnancy(
        conn, family_id, pregnancy.id, born_on=None, corrected_on=None, neonatal=False,
        checked_in_at=None, check_in_answered_at=None,
    )  # fmt: skip
    expected = [
        BabyStatus.EXPECTED if baby.status is BabyStatus.BORN else baby.status for baby in pregnancy.babies
    ]
    families.set_babies(conn, family_id, pregnancy.id, expected)
    families.event(
        conn, family_id, "not_born", now, member_id, pregnancy_id=pregnancy.id, before=pregnancy.born_on
    )
    outbox.close_open(
        conn, family_id=family_id, pregnancy_id=pregnancy.id, kinds=(Kind.STAGED, Kind.CHOSEN),
        state=State.SKIPPED, reason=Reason.MOVED, now=now,
    )  # fmt: skip
    families.raise_epoch(conn, family_id)
    _changed(conn, family_id, now)
    return True


def set_neonatal(conn: sa.Connection, family_id: int, member_id: int | None, now: datetime) -> None:
    """The baby is in hospital: age messages wait until HOME (CARE 15)."""
    _tell(conn, family_id, member_id, now, "neonatal", neonatal=True)


def set_apart(conn: sa.Connection, family_id: int, member_id: int | None, now: datetime) -> None:
    """No baby of this pregnancy lives with the family: baby content stops (CARE 15)."""
    pregnancy = _tell(conn, family_id, member_id, now, "apart", neonatal=False)
    if pregnancy is not None:
        gone = [
            baby.status if baby.status is BabyStatus.DIED else BabyStatus.APART for baby in pregnancy.babies
        ]
        families.set_babies(conn, family_id, pregnancy.id, gone or [BabyStatus.APART])


def set_home(conn: sa.Connection, family_id: int, member_id: int | None, now: datetime) -> None:
    """The baby is home: out of hospital, or with the family again after being apart."""
    pregnancy = _tell(conn, family_id, member_id, now, "home", neonatal=False)
    if pregnancy is not None:
        here = BabyStatus.EXPECTED if pregnancy.born_on is None else BabyStatus.BORN
        again = [here if baby.status is BabyStatus.APART else baby.status for baby in pregnancy.babies]
        families.set_babies(conn, family_id, pregnancy.id, again)
        families.raise_epoch(conn, family_id)


def answered_check_in(conn: sa.Connection, family_id: int, now: datetime) -> None:
    """Somebody answered the check-in after the due date, whatever they said."""
    pregnancy = _begin(conn, family_id, now).current()
    if pregnancy is not None:
        families.update_pregnancy(conn, family_id, pregnancy.id, check_in_answered_at=now)


def _tell(
    conn: sa.Connection, family_id: int, member_id: int | None, now: datetime, what: str, *, neonatal: bool
) -> Pregnancy | None:
    pregnancy = _begin(conn, family_id, now).current()
    if pregnancy is not None:
        families.update_pregnancy(conn, family_id, pregnancy.id, neonatal=neonatal, check_in_answered_at=now)
        families.event(conn, family_id, what, now, member_id, pregnancy_id=pregnancy.id)
    _changed(conn, family_id, now)
    return pregnancy


def _after_birth(pregnancy: Pregnancy, babies: int | None) -> list[BabyStatus]:
    statuses: list[BabyStatus] = [
        BabyStatus.BORN if baby.status is BabyStatus.EXPECTED else baby.status for baby in pregnancy.babies
    ]
    return statuses + [BabyStatus.BORN] * max(0, (babies or 1) - len(statuses))


def _over(pregnancy: Pregnancy, due_on: date) -> bool:
    born_on = pregnancy.born_on
    return pregnancy.lost_on is not None or (born_on is not None and due_on > born_on + _ANOTHER)


def _begin(conn: sa.Connection, family_id: int, now: datetime) -> Family:
    families.begin_change(conn, family_id, hours.local_day(now))
    return household.load(conn, [family_id])[0]


def _changed(conn: sa.Connection, family_id: int, now: datetime) -> None:
    recall(conn, family_id, hours.local_day(now), now)
