"""Why somebody got a message or did not: the row, or what kept it from being there (P5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from bot.domain import hours, openings, timeline
from bot.domain.audience import ROWLESS, not_for
from bot.domain.campaign import Anchor
from bot.domain.family import Family, Member, Role
from bot.domain.outbox import Kind, Reason
from bot.domain.revision import LiveStep, Mode
from bot.errors import NotFound
from bot.services.desk import Desk
from bot.store import aside, families, household, occurrences
from bot.store.occurrences import Stored


def why(desk: Desk, family_id: int, member_id: int, campaign: str, step: str, now: datetime) -> list[str]:
    """Sentences: each row of this step for this member or, where there is none, why; then the events.

    They hold ids, dates and codes, no personal data. Raises NotFound for an unknown family or member.
    """

    def work(conn: sa.Connection) -> list[str]:
        if not families.has_member(conn, family_id, member_id):
            raise NotFound(f"Family {family_id} has no member {member_id}.", "Look up the family again.")
        today = hours.local_day(now)
        live = desk.shelf.at(conn, desk.mode, desk.config.authors, today).live
        entry = next((one for one in live if _is(one, campaign, step)), None)
        names = {step} if entry is None else {step, entry.step.id, *entry.step.formerly}
        stored = [
            row
            for row in occurrences.of_families(conn, [family_id])
            if row.member_id == member_id and row.campaign == campaign and row.step in names
        ]
        said = [_row(row) for row in stored]
        if not said:
            family = household.load(conn, [family_id], trial=desk.mode is Mode.TRIAL)[0]
            said = list(_absent(desk, family, member_id, entry, live, today))
        return [*_put_aside(conn, family_id), *said, *_events(conn, family_id, member_id)]

    return desk.database.read(work)


def members(desk: Desk, family_id: int) -> list[tuple[int, Role]]:
    """(id, role) of everyone in a family who has not left; raises NotFound for an unknown family."""

    def work(conn: sa.Connection) -> list[tuple[int, Role]]:
        found = household.load(conn, [family_id])
        if not found:
            raise NotFound(f"There is no family {family_id}.", "`thinkfamily outbox list` shows families.")
        return [(member.id, member.role) for member in found[0].members]

    return desk.database.read(work)


def history(desk: Desk, family_id: int, member_id: int) -> list[str]:
    """Sentences: every step's row of this member in the order of planning, then the family's events.

    Raises NotFound for an unknown member.
    """

    def work(conn: sa.Connection) -> list[str]:
        if not families.has_member(conn, family_id, member_id):
            raise NotFound(f"Family {family_id} has no member {member_id}.", "Look up the family again.")
        rows = [row for row in occurrences.of_families(conn, [family_id]) if row.member_id == member_id]
        said = [f"{row.campaign}/{row.step} {_row(row)}" for row in sorted(rows, key=lambda row: row.id)]
        return [*_put_aside(conn, family_id), *said, *_events(conn, family_id, member_id)]

    return desk.database.read(work)


def _put_aside(conn: sa.Connection, family_id: int) -> Iterator[str]:
    """What a fault of ours keeps from being done for the family."""
    for one in aside.of_family(conn, family_id):
        since = hours.local_day(one.since).isoformat()
        often = "once" if one.tries == 1 else f"{one.tries} times"
        again = one.next_at.astimezone(hours.LONDON)
        yield (
            f"Put aside since {since}: a fault of the program ({one.error}) stopped {one.work}, "
            f"{often}; tried again at {again:%Y-%m-%d %H:%M}."
        )


def _is(entry: LiveStep, campaign: str, step: str) -> bool:
    return entry.step.campaign == campaign and step in (entry.step.id, *entry.step.formerly)


def _row(row: Stored) -> str:
    reason = "" if row.reason is None else f", because: {row.reason.value}"
    day = "" if row.day is None else f" for {row.day.isoformat()}"
    closes = "" if row.closes_on is None else f"; it closes on {row.closes_on.isoformat()}"
    made = hours.local_day(row.created_at).isoformat()
    return f"{row.occurrence}: planned on {made}, {row.state.value}{day}{reason}{closes}."


def _absent(
    desk: Desk,
    family: Family,
    member_id: int,
    entry: LiveStep | None,
    live: Sequence[LiveStep],
    today: date,
) -> Iterator[str]:
    """Why there is no row, everything that stands against one."""
    member = next((one for one in family.members if one.id == member_id), None)
    if member is None:
        yield "No row: the member has left."
        return
    if entry is None:
        yield "No row: nothing of this name may be sent now (not published, not approved or withdrawn)."
        return
    barred = list(_barred(family, member, entry))
    yield from barred
    if member.role not in entry.step.to:
        yield f"No row: the step is not for the role {member.role.value}."
    elif entry.step.when.anchor is Anchor.AFTER:
        yield from _after(family, member, entry, live, today)
    else:
        yield from _times(desk, family, member, entry, today, clear=not barred)


def _barred(family: Family, member: Member, entry: LiveStep) -> Iterator[str]:
    address = member.address
    if address is None:
        yield "No row: there is no address."
    elif address.stopped or address.suspended:
        yield f"No row: the address is {'stopped' if address.stopped else 'suspended'}."
    elif not address.guest:
        yield "No row: this is a trial, and the address is not on the guest list."
    elif not member.consented(entry.step.purpose):
        yield f"No row: no live consent for {entry.step.purpose.value}."
    if family.held and openings.kind_of(entry.step) is Kind.STAGED:
        since = min(hours.local_day(hold.at) for hold in family.holds)
        yield f"No row: the family is held since {since.isoformat()}."


def _after(
    family: Family, member: Member, entry: LiveStep, live: Sequence[LiveStep], today: date
) -> Iterator[str]:
    """Of a step that hangs on another one."""
    root = openings.root_of(entry.step, live)
    reasons = {
        pregnancy: not_for(entry.step, member, family, pregnancy, today, root)
        for pregnancy in family.pregnancies or (None,)
    }
    if all(reason in ROWLESS for reason in reasons.values()):
        for pregnancy, reason in reasons.items():
            if reason is not None:
                yield _not_theirs("" if pregnancy is None else f"p{pregnancy.id}", reason)
    yield f"It counts from the day on which {entry.step.when.step} left."


def _times(
    desk: Desk, family: Family, member: Member, entry: LiveStep, today: date, *, clear: bool
) -> Iterator[str]:
    """Each time that the step comes round for them, past or to come, with the one thing that is so of it."""
    spans = {
        name: openings.window_for(entry.step, family, member, name, desk.config.calendar, {})
        for name in _occurrences(entry, family, member, today)
    }
    if not any(spans.values()):  # whom it is for cannot be said before
        yield f"No row: nothing known to count from ({entry.step.when.anchor.value})."
    for name, span in spans.items():
        if span is None:
            continue
        reason = not_for(entry.step, member, family, openings.pregnancy_of(family, name), today)
        if reason is not None and reason in ROWLESS:
            yield _not_theirs(name, reason)
        said = f"{name}: open from {span.opens.isoformat()}, closed from {span.closes.isoformat()}."
        if span.closes <= member.joined_on:
            said += " They joined later."
        elif clear and reason not in ROWLESS and span.open_on(today):
            said += " The next plan makes its row."
        yield said


def _not_theirs(occurrence: str, reason: Reason) -> str:
    whose = f"{occurrence} is " if occurrence else ""
    return f"No row: {whose}not for this person, because: {reason.value}."


def _occurrences(entry: LiveStep, family: Family, member: Member, today: date) -> list[str]:
    anchor = entry.step.when.anchor
    if anchor is Anchor.JOINED:
        return [f"m{member.id}"]
    if anchor is Anchor.MOVED:
        return [] if family.moved_on is None else [f"v{family.moved_on.isoformat()}"]
    if anchor in timeline.YEARLY:
        return [f"y{year}" for year in range(today.year - 1, today.year + 2)]
    return [f"p{pregnancy.id}" for pregnancy in family.pregnancies]


def _events(conn: sa.Connection, family_id: int, member_id: int) -> list[str]:
    """What happened to the family, or to this member, in order."""
    return [
        f"{hours.local_day(event.at).isoformat()}: {event.kind}."
        for event in families.events(conn, family_id)
        if event.member_id in (None, 0, member_id)
        or event.kind in ("hold", "lift", "undo", "loss", "due", "born", "not_born")
    ]
