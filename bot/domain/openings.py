"""Openings: every step that is, or lately was, open for one member, whatever is decided about it then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.domain import timeline
from bot.domain.audience import ROWLESS, anchor_of, not_for
from bot.domain.campaign import Anchor, Calendar, Step
from bot.domain.family import Family, Member, Pregnancy, Purpose, corrected_day
from bot.domain.outbox import Kind
from bot.domain.revision import LiveStep
from bot.domain.timeline import Dates, Window

Parents = Mapping[tuple[str, str, str], date]  # (campaign, step id, occurrence) -> the day it left
_CHOSEN = frozenset({Purpose.SUPPORT_AFTER_LOSS, Purpose.REMINDERS})
_OF_THE_PREGNANCY = frozenset({Anchor.DUE, Anchor.BIRTH, Anchor.CORRECTED, Anchor.LOSS})


@dataclass(frozen=True, slots=True)
class Opening:
    """One step, for one member, one time: it may become a row."""

    member_id: int
    step: Step
    revision_id: int
    occurrence: str
    pregnancy_id: int | None
    window: Window
    kind: Kind
    words: Mapping[str, str] = field(default_factory=dict)  # language -> words hash
    root: Anchor | None = None  # what an `after` step hangs on in the end


@dataclass(frozen=True, slots=True)
class _Time:
    """One time that a step may come round."""

    occurrence: str
    pregnancy: Pregnancy | None
    dates: Dates
    year: int | None = None
    root: Anchor | None = None


def openings(
    family: Family,
    member: Member,
    live: Sequence[LiveStep],
    since: date,
    today: date,
    calendar: Calendar,
    parents: Parents,
    every: Sequence[LiveStep] = (),
) -> list[Opening]:
    """All that opened for `member` from `since` to `today`, and all that is open today (P5).

    `parents`: the days on which this member's earlier steps left. What opened and closed again since
    `since` is among them, unless the member joined after it closed. `every`: all live steps, where `live`
    are only some of them; what an `after` step hangs on may be among the others.
    """
    found = []
    for entry, time, span, kind in _ever(family, member, live, today, calendar, parents, every or live):
        if _in_reach(span, member, since, today) and _is_for(entry, time, family, member, today):
            found.append(_opening(entry, member, time, span, kind))
    return found


def comings(
    family: Family,
    member: Member,
    entry: LiveStep,
    today: date,
    calendar: Calendar,
    parents: Parents,
    every: Sequence[LiveStep],
) -> dict[str, Window]:
    """Occurrence -> window of every time that a step comes round for `member`, over or to come, as far as
    their dates are told; none where it is not for them. For saying what a change of it would mean."""
    return {
        time.occurrence: span
        for _, time, span, _ in _ever(family, member, [entry], today, calendar, parents, every)
        if _is_for(entry, time, family, member, today)
    }


def _ever(
    family: Family,
    member: Member,
    live: Sequence[LiveStep],
    today: date,
    calendar: Calendar,
    parents: Parents,
    every: Sequence[LiveStep],
) -> Iterator[tuple[LiveStep, _Time, Window, Kind]]:
    """Every time that a step comes round for a member who agreed to its purpose, and when it is open."""
    if not _reachable(member):
        return
    for entry in live:
        if member.role not in entry.step.to:  # `not_for` says so too; asked first, it saves the dates
            continue
        kind = kind_of(entry.step)
        if not member.consented(entry.step.purpose) or (family.held and kind is Kind.STAGED):
            continue
        for time in _times(entry.step, family, member, today, parents, every):
            span = timeline.window(entry.step, time.dates, calendar, time.year)
            if span is not None:
                yield entry, time, span, kind


def _is_for(entry: LiveStep, time: _Time, family: Family, member: Member, today: date) -> bool:
    return not_for(entry.step, member, family, time.pregnancy, today, time.root) not in ROWLESS


def window_for(
    step: Step, family: Family, member: Member, occurrence: str, calendar: Calendar, parents: Parents
) -> Window | None:
    """The window of a row that exists, from today's dates; None when it no longer has one.

    It has none either when its step has since been counted from something of another kind: then the
    occurrence names nothing, and the step comes round under its new name.
    """
    if occurrence[:1] != timeline.LETTERS.get(step.when.anchor, occurrence[:1]):
        return None
    pregnancy = pregnancy_of(family, occurrence)
    sent, moved, year = None, family.moved_on, None
    if step.when.anchor is Anchor.AFTER:
        sent = _parent_day(step, occurrence, parents)
    elif step.when.anchor is Anchor.MOVED:
        moved = date.fromisoformat(occurrence[1:])
    elif step.when.anchor in timeline.YEARLY:
        year = int(occurrence[1:])
    elif step.when.anchor in _OF_THE_PREGNANCY and pregnancy is None:
        return None
    return timeline.window(step, _dates(member, pregnancy, sent, moved), calendar, year)


def pregnancy_of(family: Family, occurrence: str) -> Pregnancy | None:
    """The pregnancy that an occurrence names; the newest one for an occurrence that names none."""
    if not occurrence.startswith("p"):
        return family.current()
    return next((one for one in family.pregnancies if f"p{one.id}" == occurrence), None)


def dates_of(family: Family, member: Member, pregnancy: Pregnancy | None, sent: date | None = None) -> Dates:
    """What this member's steps are counted from; `sent`: the day the parent of an `after` step left."""
    return _dates(member, pregnancy, sent, family.moved_on)


def kind_of(step: Step) -> Kind:
    """Chosen for what someone asked for after a loss or as a reminder; else staged."""
    return Kind.CHOSEN if step.purpose in _CHOSEN else Kind.STAGED


def root_of(step: Step, live: Sequence[LiveStep]) -> Anchor | None:
    """What an `after` step hangs on in the end; None for other steps, or when a link is not live."""
    if step.when.anchor is not Anchor.AFTER:
        return None
    seen: set[tuple[str, str]] = set()
    while step.when.anchor is Anchor.AFTER and step.key not in seen:
        seen.add(step.key)
        parent = _parent(step, live)
        if parent is None:
            return None
        step = parent
    return anchor_of(step)


def _dates(member: Member, pregnancy: Pregnancy | None, sent: date | None, moved: date | None) -> Dates:
    if pregnancy is None:
        return Dates(joined=member.joined_on, moved=moved, sent=sent)
    corrected = pregnancy.corrected_on
    if corrected is None and pregnancy.born_on is not None:
        corrected = corrected_day(pregnancy.due_on, pregnancy.born_on)
    return Dates(
        due=pregnancy.due_on,
        birth=pregnancy.born_on,
        corrected=corrected,
        joined=member.joined_on,
        loss=pregnancy.lost_on,
        moved=moved,
        sent=sent,
    )


def _reachable(member: Member) -> bool:
    address = member.address
    return address is not None and address.guest and not (address.stopped or address.suspended)


def _in_reach(span: Window, member: Member, since: date, today: date) -> bool:
    if span.open_on(today):
        return True
    return since <= span.opens <= today and span.closes > member.joined_on


def _times(
    step: Step, family: Family, member: Member, today: date, parents: Parents, live: Sequence[LiveStep]
) -> Iterator[_Time]:
    """Every time that the step can come round for this member about now."""
    anchor = step.when.anchor
    if anchor is Anchor.AFTER:
        yield from _after(step, family, member, parents, live)
    elif anchor in _OF_THE_PREGNANCY:
        for pregnancy in family.pregnancies:
            dates = dates_of(family, member, pregnancy)
            yield _Time(timeline.occurrence(step, pregnancy.id, member.id), pregnancy, dates)
    else:
        newest = family.current()
        years = range(today.year - 1, today.year + 2) if anchor in timeline.YEARLY else (None,)
        for year in years:
            if anchor is Anchor.MOVED and family.moved_on is None:
                continue
            name = timeline.occurrence(step, None, member.id, year, moved=family.moved_on)
            yield _Time(name, newest, dates_of(family, member, newest), year)


def _after(
    step: Step, family: Family, member: Member, parents: Parents, live: Sequence[LiveStep]
) -> Iterator[_Time]:
    names = _names(step, live)
    sent_days = {
        occurrence: sent
        for (campaign, parent, occurrence), sent in sorted(parents.items())
        if campaign == step.campaign and parent in names
    }
    for occurrence, sent in sent_days.items():
        pregnancy = pregnancy_of(family, occurrence)
        dates = dates_of(family, member, pregnancy, sent)
        yield _Time(occurrence, pregnancy, dates, None, root_of(step, live))


def _parent(step: Step, live: Sequence[LiveStep]) -> Step | None:
    steps = [entry.step for entry in live if entry.step.campaign == step.campaign]
    return next((one for one in steps if step.when.step in (one.id, *one.formerly)), None)


def _names(step: Step, live: Sequence[LiveStep]) -> set[str | None]:
    """All the ids under which the parent may have left."""
    parent = _parent(step, live)
    return {step.when.step} if parent is None else {step.when.step, parent.id, *parent.formerly}


def _parent_day(step: Step, occurrence: str, parents: Parents) -> date | None:
    return parents.get((step.campaign, step.when.step or "", occurrence))


def _opening(entry: LiveStep, member: Member, time: _Time, span: Window, kind: Kind) -> Opening:
    counted = time.pregnancy is not None and time.occurrence.startswith("p")
    return Opening(
        member_id=member.id,
        step=entry.step,
        revision_id=entry.revision_id,
        occurrence=time.occurrence,
        pregnancy_id=time.pregnancy.id if time.pregnancy is not None and counted else None,
        window=span,
        kind=kind,
        words=entry.words,
        root=time.root,
    )
