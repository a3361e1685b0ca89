"""Whom a step is for: the role, the step's own conditions, what the person wished, what has happened.

The rules about loss, apart and neonatal are CARE 9, 15, 17 and 19.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.domain.campaign import Anchor, Audience, Importance, Step
from bot.domain.family import BabyStatus, Family, Link, Member, Pregnancy, Purpose, Role
from bot.domain.outbox import Reason
from bot.domain.timeline import GESTATION

OWN_RECOVERY = "own_recovery"  # the topic a mother asks for when her baby is apart
VACCINATIONS = "vaccinations"
BABY = frozenset({Anchor.BIRTH, Anchor.CORRECTED})
OF_A_PREGNANCY = BABY | {Anchor.DUE, Anchor.LOSS}

# With these there is no row at all; with NEONATAL the row waits until the baby is home.
ROWLESS = frozenset(
    {Reason.NOT_AUDIENCE, Reason.TOPIC_OFF, Reason.LESS, Reason.BORN, Reason.ENDED, Reason.APART}
)


def not_for(
    step: Step,
    member: Member,
    family: Family,
    pregnancy: Pregnancy | None,
    today: date,
    root: Anchor | None = None,
) -> Reason | None:
    """Why `step` is not for this member today; None when it is.

    `pregnancy` is the one the step is counted from, or the newest for steps counted from no pregnancy.
    `root`: what an `after` step hangs on in the end; without it, what its `until` counts from.
    """
    anchor = root or anchor_of(step)
    if not _addressed(step, member, family, pregnancy) or _not_theirs(anchor, member, family, pregnancy):
        return Reason.NOT_AUDIENCE
    return _unwished(step, member, family) or _happened(step, anchor, member, family, pregnancy)


def anchor_of(step: Step) -> Anchor:
    """What a step is about: its anchor or, for an `after` step, what its `until` counts from."""
    if step.when.anchor is Anchor.AFTER and step.until is not None:
        return step.until.anchor
    return step.when.anchor


def bereaved(family: Family) -> bool:
    """Whether any pregnancy of this family was lost, or any baby died."""
    return any(lost(pregnancy) for pregnancy in family.pregnancies)


def lost(pregnancy: Pregnancy) -> bool:
    """Whether this pregnancy ended in a loss, or one of its babies died."""
    return pregnancy.lost_on is not None or any(baby.status is BabyStatus.DIED for baby in pregnancy.babies)


def may_reach(step: Step, member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    """Whether `step` is for members like this one at all, whatever they wished and whatever happened."""
    theirs = _addressed(step, member, family, pregnancy)
    return theirs and not _not_theirs(anchor_of(step), member, family, pregnancy)


def newest_heard_of(member: Member, family: Family) -> Pregnancy | None:
    """The newest pregnancy that this member may hear of; of a later one only who was invited anew."""
    heard = [one for one in family.pregnancies if hears_of(member, family, one)]
    return max(heard, key=lambda one: one.id, default=None)


def _addressed(step: Step, member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    if member.role not in step.to or (step.body and member.role is not Role.MOTHER):
        return False
    return _meets(step.audience, member, family, pregnancy)


def _meets(wanted: Audience, member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    """Whether every condition that `for:` sets holds."""
    if wanted.under_20 is not None and wanted.under_20 is not member.under_20:
        return False
    if wanted.previous_loss is not None and wanted.previous_loss is not member.previous_loss:
        return False
    if wanted.bereaved is not None and wanted.bereaved is not bereaved(family):
        return False
    if wanted.dated is not None and wanted.dated is not _dated(member, family, pregnancy):
        return False
    if wanted.expecting is not None and wanted.expecting is not _expecting(member, family, pregnancy):
        return False
    if wanted.areas and member.area not in wanted.areas:
        return False
    return _joined_in_time(wanted, member, pregnancy)


def _joined_in_time(wanted: Audience, member: Member, pregnancy: Pregnancy | None) -> bool:
    before, after = wanted.joined_before_days, wanted.joined_after_days
    if before is None and after is None:
        return True
    if pregnancy is None or pregnancy.due_on is None:
        return False
    day = (member.joined_on - (pregnancy.due_on - GESTATION)).days
    return (before is None or day < before) and (after is None or day >= after)


def _dated(member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    """Whether messages that count from a due date or a birth reach this member (CARE 9)."""
    if pregnancy is None or (pregnancy.due_on is None and pregnancy.born_on is None):
        return False
    anchor = Anchor.DUE if pregnancy.born_on is None else Anchor.BIRTH
    return not _not_theirs(anchor, member, family, pregnancy)


def _expecting(member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    """Whether this member waits for a birth, as far as we know and they may hear of it."""
    unborn = pregnancy is not None and pregnancy.born_on is None
    return unborn and _dated(member, family, pregnancy)


def _not_theirs(anchor: Anchor, member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    return _alone_without_dates(anchor, member, pregnancy) or _uninvited(anchor, member, family, pregnancy)


def _uninvited(anchor: Anchor, member: Member, family: Family, pregnancy: Pregnancy | None) -> bool:
    """Who came by a code hears of the pregnancy they were invited to; of a later one only invited anew."""
    return pregnancy is not None and anchor in OF_A_PREGNANCY and not hears_of(member, family, pregnancy)


def hears_of(member: Member, family: Family, pregnancy: Pregnancy) -> bool:
    """Whether this pregnancy is theirs to hear of: of a later one only whoever was invited anew."""
    if member.link is Link.OWN:
        return True
    first = min((one.id for one in family.pregnancies), default=pregnancy.id)
    return pregnancy.id <= (first if member.sees_pregnancy is None else member.sees_pregnancy)


def _alone_without_dates(anchor: Anchor, member: Member, pregnancy: Pregnancy | None) -> bool:
    """A relative without a code gets baby messages only for a birth they told us of themselves."""
    if member.role is Role.MOTHER or member.link is not Link.OWN:
        return False
    untold = pregnancy is None or pregnancy.born_on is None
    return anchor is Anchor.DUE or (anchor in BABY and untold)


def _unwished(step: Step, member: Member, family: Family) -> Reason | None:
    wish = member.topics.get(step.topic)
    if step.chosen and wish is True:
        return None if still_chosen(step, member, family) else Reason.ENDED
    if step.chosen:
        return Reason.NOT_AUDIENCE
    if wish is False:
        return Reason.TOPIC_OFF
    less = member.essential_only and step.importance is not Importance.ESSENTIAL
    return Reason.LESS if less else None


def still_chosen(step: Step, member: Member, family: Family) -> bool:
    """Whether what was asked for still is: a loss ends what was chosen for a pregnancy or a baby before it,
    or on the same day. What is for after one, and the work of professionals, it does not touch (CARE 19)."""
    losses = [one for one in family.pregnancies if lost(one)]
    if step.purpose is not Purpose.PREGNANCY_AND_BABY or not losses:
        return True
    day = member.wished_on.get(step.topic)
    return day is not None and all(one.lost_on is not None and one.lost_on < day for one in losses)


def _happened(
    step: Step, anchor: Anchor, member: Member, family: Family, pregnancy: Pregnancy | None
) -> Reason | None:
    if anchor is Anchor.LOSS:
        return None if pregnancy is not None and pregnancy.lost_on is not None else Reason.NOT_AUDIENCE
    if step.chosen and (anchor not in OF_A_PREGNANCY or step.purpose is Purpose.SUPPORT_AFTER_LOSS):
        family_s = step.purpose is Purpose.PREGNANCY_AND_BABY
        return _chosen_for(newest_heard_of(member, family), member) if family_s else None
    if anchor not in OF_A_PREGNANCY:
        return _nobody_s_dates(family)
    if pregnancy is None:
        return Reason.NOT_AUDIENCE
    losses = _losses_over(pregnancy, family)
    if losses and not (anchor in BABY and pregnancy.living and _resumed(member, pregnancy, losses)):
        return Reason.ENDED
    return _of_a_baby(step, member, pregnancy) if anchor in BABY else _of_a_bump(pregnancy)


def _nobody_s_dates(family: Family) -> Reason | None:
    """Calendar and general messages: never after a loss; not while no baby lives with the family."""
    if bereaved(family):
        return Reason.ENDED
    newest = family.current()
    return Reason.APART if newest is not None and newest.apart else None


def _chosen_for(newest: Pregnancy | None, member: Member) -> Reason | None:
    """What was chosen and counts from no pregnancy goes with the newest one: it is quiet when that one is."""
    if newest is None:
        return None
    if lost(newest) and not (newest.living and _resumed(member, newest, [newest])):
        return Reason.ENDED
    return Reason.APART if newest.apart else None


def _losses_over(pregnancy: Pregnancy, family: Family) -> list[Pregnancy]:
    """The losses that quieten this pregnancy: its own, and later ones, for an older child (CARE 17)."""
    return [one for one in family.pregnancies if one.id >= pregnancy.id and lost(one)]


def _resumed(member: Member, pregnancy: Pregnancy, losses: Sequence[Pregnancy]) -> bool:
    """Whether this member asked, after every one of these losses, for messages for a living baby."""
    asked = all(member.id in one.resumed_for for one in losses)
    return asked and (pregnancy not in losses or bool(pregnancy.babies))


def _of_a_bump(pregnancy: Pregnancy) -> Reason | None:
    if pregnancy.born_on is not None:
        return Reason.BORN
    return Reason.APART if pregnancy.apart else None


def _of_a_baby(step: Step, member: Member, pregnancy: Pregnancy) -> Reason | None:
    if pregnancy.born_on is None:
        return Reason.NOT_AUDIENCE
    if pregnancy.apart:
        hers = step.body and member.topics.get(OWN_RECOVERY) is True
        return None if hers else Reason.APART
    goes = step.body or step.in_hospital or step.topic == VACCINATIONS
    return Reason.NEONATAL if pregnancy.neonatal and not goes else None


def days_old(pregnancy: Pregnancy, today: date) -> int | None:
    """The age in days of the baby or babies living with the family; None while there is none."""
    if pregnancy.born_on is None or pregnancy.born_on > today or not pregnancy.living:
        return None
    return (today - pregnancy.born_on) // timedelta(days=1)
