"""One family's plan: its people, rows and openings put before the one decision, and what that changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from bot.domain import decide, hours
from bot.domain.alike import Facts, Looks, by_itself, facts, looks
from bot.domain.campaign import Anchor, Calendar, CapRules, Step
from bot.domain.decide import Close, Decision, History, OpenRow, Queue, Wait
from bot.domain.family import Family, Member, Role
from bot.domain.outbox import Kind, Reason, State
from bot.domain.revision import LiveStep
from bot.services.alike import Alike
from bot.services.planned import Planned
from bot.store.due import DueFamily
from bot.store.occurrences import Key, Stored, Taken
from bot.store.outlines import Reader

_NOBODY: Mapping[int, Facts] = MappingProxyType({})
LEFT = frozenset({State.SENT, State.DELIVERED, State.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Rules:
    """What all families are planned by on one day; made once for many, by `rules_of`."""

    steps: tuple[LiveStep, ...]
    live: Mapping[tuple[str, str], LiveStep]  # by key, the former ones too
    roots: Mapping[tuple[str, str], Anchor | None]  # of the `after` steps
    parents: Mapping[tuple[str, str], frozenset[str]]  # of the `after` steps: every name of what comes first
    calendar: Calendar
    cap: CapRules
    now: datetime
    today: date  # London's
    alike: Alike
    _looked_at: dict[frozenset[tuple[str, str]] | None, Looked] = field(default_factory=dict)

    def looked(self, due: DueFamily) -> Looked:
        """What a family that is due is looked at for."""
        found = self._looked_at.get(due.steps)
        if found is None:
            found = self._looked_at[due.steps] = _looked_at(due, self)
        return found


@dataclass(frozen=True, slots=True)
class Looked:
    """The steps to look at, and what deciding about them looks at."""

    steps: Sequence[LiveStep]
    look: Looks
    asked: Sequence[
        tuple[frozenset[Role], str, frozenset[str]]
    ]  # whose rows it needs: roles, campaign, steps
    key: Reader  # of an outline
    key_since: Reader  # the same where the plan looks back: then the day counts that somebody joined


def rules_of(live: Sequence[LiveStep], calendar: Calendar, cap: CapRules, now: datetime) -> Rules:
    """What everybody is planned by at this moment."""
    by_key = {(entry.step.campaign, old): entry for entry in live for old in entry.step.formerly}
    by_key |= {entry.step.key: entry for entry in live}
    after = [entry.step for entry in live if entry.step.when.anchor is Anchor.AFTER]
    roots = {step.key: decide.root_of(step, live) for step in after}
    parents = {step.key: parent_names(step, live) for step in after}
    today = hours.local_day(now)
    return Rules(tuple(live), by_key, roots, parents, calendar, cap, now, today, Alike(by_key))


def rows_wanted(family: Family, due: DueFamily, stored: Sequence[Stored], rules: Rules) -> Iterator[Key]:
    """Beside its open rows, `stored`, whose rows a plan of a family needs: those of the steps that may open
    for its members, and of what comes before them or before an open row."""
    for member in family.members:
        for name in due.steps or ():
            entry = rules.live.get(name)
            if entry is not None and member.role in entry.step.to:
                names = _names(entry, rules)
                yield from ((family.id, member.id, entry.step.campaign, one) for one in names)
    for row in stored:
        entry = rules.live.get((row.campaign, row.step))
        if entry is not None:
            for parent in rules.parents.get(entry.step.key, ()):
                yield family.id, row.member_id, row.campaign, parent


def family_plan(
    family: Family,
    due: DueFamily,
    stored: Sequence[Stored],
    taken: Mapping[int, Sequence[Taken]],
    senders: Mapping[str, int],
    rules: Rules,
    keys: Mapping[int, Facts] = _NOBODY,
) -> list[Planned]:
    """Every decision about this family today, those that change nothing left out.

    `stored`: its open rows and those that `rows_wanted` names; `taken`: the days, by address. `keys`: those
    of its members' outlines, of which the family was built: what is decided is remembered by them.
    """
    changes: list[Planned] = []
    here = {member.id for member in family.members}
    for row in stored:
        if row.open and row.member_id not in here:
            changes.append(Planned(row, _closed(State.CANCELLED, Reason.LEFT)))
    looked = rules.looked(due)
    alone = due.steps is None or by_itself(family)
    for member in family.members:
        mine = [row for row in stored if row.member_id == member.id]

        def decided(member: Member = member, mine: Sequence[Stored] = mine) -> list[Planned]:
            return _member_plan(member, family, due, looked.steps, mine, taken, senders, rules)

        if mine or alone:
            changes += decided()
        elif (alike := facts(member, family, looked.look, due.since, rules.today, rules.cap)) is not None:
            history = tuple(_history(member, mine, taken).staged_days)
            named = (due.steps, history, *alike)
            changes += rules.alike.planned(named, member, family, decided, keys.get(member.id))
    return changes


def _member_plan(
    member: Member,
    family: Family,
    due: DueFamily,
    steps: Sequence[LiveStep],
    mine: Sequence[Stored],
    taken: Mapping[int, Sequence[Taken]],
    senders: Mapping[str, int],
    rules: Rules,
) -> list[Planned]:
    changes = [
        change
        for row in mine
        if row.open and (row.campaign, row.step) not in rules.live
        for change in _without_words(row, rules.today)
    ]
    rows = _rows(member, family, due, steps, mine, rules)
    if not rows:
        return changes
    history = _history(member, mine, taken)
    open_rows = [row for row, _ in rows]
    before = {row.name: stored for row, stored in rows}
    for decision in decide.decide(member, family, open_rows, history, rules.now, rules.calendar, rules.cap):
        stored = before[decision.row.name]
        values = _values(decision, member, family, senders)
        if not _same(stored, values):
            changes.append(Planned(stored, values))
    return changes


def _rows(
    member: Member,
    family: Family,
    due: DueFamily,
    steps: Sequence[LiveStep],
    mine: Sequence[Stored],
    rules: Rules,
) -> list[tuple[OpenRow, Stored | None]]:
    """What is open for a member: stored rows, and openings that have none or whose row comes round."""
    parents = {
        (*key, row.occurrence): row.day
        for row in mine
        if row.state in LEFT and row.day is not None
        for key in ((row.campaign, row.step), _now_called(row, rules))
    }
    rows: list[tuple[OpenRow, Stored | None]] = []
    for row in mine:
        entry = rules.live.get((row.campaign, row.step))
        if row.open and entry is not None:
            rows.append((_stored(row, entry, family, member, parents, rules), row))
    known = {(_now_called(row, rules), row.occurrence): row for row in mine}
    opened = decide.openings(
        family, member, steps, due.since, rules.today, rules.calendar, parents, rules.steps
    )
    for opening in opened:
        before = known.get((opening.step.key, opening.occurrence))
        if before is None or _comes_round(before, family, opening.step.timing_hash):
            rows.append((decide.fresh(opening), before))
    return rows


def _history(member: Member, mine: Sequence[Stored], taken: Mapping[int, Sequence[Taken]]) -> History:
    """The days that others' rows, and this member's spent ones, have taken of the address."""
    address = member.address
    theirs = taken.get(address.id, ()) if address is not None else ()
    ours = {row.id for row in mine if row.open}
    return History(staged_days([one for one in theirs if one.outbox_id not in ours]))


def staged_days(taken: Sequence[Taken]) -> list[tuple[date, bool]]:
    """Each day, and whether the weekly cap counts it."""
    return [(one.day, not one.in_first_days) for one in taken]


def _names(entry: LiveStep, rules: Rules) -> frozenset[str]:
    """The steps whose rows are looked at when this one may open: its own, and what comes before it."""
    step = entry.step
    return frozenset({step.id, *step.formerly, *rules.parents.get(step.key, ())})


def _looked_at(due: DueFamily, rules: Rules) -> Looked:
    if due.steps is None:
        steps: Sequence[LiveStep] = rules.steps
    else:
        steps = [rules.live[key] for key in sorted(due.steps) if key in rules.live]
    look = looks(steps)
    asked = [(entry.step.to, entry.step.campaign, _names(entry, rules)) for entry in steps]
    return Looked(steps, look, asked, Reader(look, joined=False), Reader(look, joined=True))


def parent_names(step: Step, live: Sequence[LiveStep]) -> frozenset[str]:
    """What the parent of an `after` step is and was called; nothing for any other step."""
    if step.when.step is None:
        return frozenset()
    mine = [one.step for one in live if one.step.campaign == step.campaign]
    parent = next((one for one in mine if step.when.step in (one.id, *one.formerly)), None)
    named = frozenset({step.when.step})
    return named if parent is None else named | {parent.id, *parent.formerly}


def _now_called(row: Stored, rules: Rules) -> tuple[str, str]:
    """The key of a row's step today: `formerly` renames."""
    entry = rules.live.get((row.campaign, row.step))
    return (row.campaign, row.step) if entry is None else entry.step.key


def _comes_round(row: Stored, family: Family, timing_hash: str) -> bool:
    """Only what ended unsent, and only in a new epoch or under another timing (P4)."""
    return row.closed_unsent and (row.epoch < family.epoch or row.timing_hash != timing_hash)


def _stored(
    row: Stored,
    entry: LiveStep,
    family: Family,
    member: Member,
    parents: Mapping[tuple[str, str, str], date],
    rules: Rules,
) -> OpenRow:
    return OpenRow(
        id=row.id, member_id=member.id, step=entry.step, occurrence=row.occurrence,
        window=decide.window_for(entry.step, family, member, row.occurrence, rules.calendar, parents),
        kind=row.kind, state=row.state, reason=row.reason, words=entry.words,
        planned_on=hours.local_day(row.created_at), day=row.day, pregnancy_id=row.pregnancy_id,
        revision_id=entry.revision_id, root=rules.roots.get(entry.step.key),
    )  # fmt: skip


def _without_words(row: Stored, today: date) -> list[Planned]:
    """A row whose step may not be sent just now waits for it, until its window is over."""
    if row.closes_on is not None and row.closes_on <= today:
        return [Planned(row, _closed(State.EXPIRED, Reason.NOT_APPROVED))]
    return [Planned(row, _waits(Reason.NOT_APPROVED, today + timedelta(days=1)))]


def _same(before: Stored | None, values: Mapping[str, Any]) -> bool:
    """Whether a queued row is to stay just as it is: then the dispatcher is left in peace."""
    if before is None or before.state is not State.QUEUED or values["state"] != State.QUEUED.value:
        return False
    return bool(before.day == values["day"] and before.timing_hash == values["timing_hash"])


def _closed(state: State, reason: Reason) -> dict[str, Any]:
    return {
        "state": state.value, "reason": reason.value, "look_on": None, "day": None, "send_at": None,
        "not_after": None,
    }  # fmt: skip


def _waits(reason: Reason, look_on: date) -> dict[str, Any]:
    return _closed(State.WAITING, reason) | {"look_on": look_on}


def _values(decision: Decision, member: Member, family: Family, senders: Mapping[str, int]) -> dict[str, Any]:
    """The columns that a decision amounts to."""
    row = decision.row
    assert member.address is not None or isinstance(decision, Close)
    values: dict[str, Any] = {
        "epoch": family.epoch, "timing_hash": row.step.timing_hash, "revision_id": row.revision_id,
        "opens_on": row.window.opens if row.window is not None else None,
        "closes_on": row.window.closes if row.window is not None else None,
    }  # fmt: skip
    if row.id is None:
        values |= _birth(row, member, family, senders)
    match decision:
        case Queue():
            return values | {
                "state": State.QUEUED.value, "reason": None, "look_on": None, "language": decision.language,
                "day": decision.day, "send_at": decision.send_at, "not_after": decision.not_after,
                "in_first_days": decision.in_first_days,
            }  # fmt: skip
        case Wait():
            return values | _waits(decision.reason, decision.look_on)
        case Close():
            return values | _closed(decision.state, decision.reason)


def _birth(row: OpenRow, member: Member, family: Family, senders: Mapping[str, int]) -> dict[str, Any]:
    """What a new row is, beside what is decided of it."""
    assert member.address is not None  # nothing opens for one who cannot be written to
    return {
        "kind": row.kind.value, "family_id": family.id, "member_id": member.id,
        "address_id": member.address.id, "channel": member.address.channel.value,
        "sender_id": senders[member.address.channel.value], "campaign": row.step.campaign,
        "step": row.step.id, "occurrence": row.occurrence, "pregnancy_id": row.pregnancy_id,
        "purpose": row.step.purpose.value, "language": member.language,
        "in_first_days": False,
    }  # fmt: skip


def busy(planned: Planned, today: date) -> Planned:
    """The same row waiting: somebody else on this phone has today's message."""
    waits = _waits(Reason.ADDRESS_BUSY, today + timedelta(days=1)) | {"in_first_days": False}
    return Planned(planned.stored, planned.values | waits)


def is_staged(planned: Planned) -> bool:
    """Whether the row is one of those of which an address gets one a day."""
    kind = planned.stored.kind.value if planned.stored is not None else planned.values["kind"]
    return bool(kind == Kind.STAGED.value)


class RulesBook:
    """The rules of the latest moment: a plan of many batches goes by the same, and what they remember."""

    def __init__(self) -> None:
        self._latest: tuple[Sequence[LiveStep], Rules] | None = None

    def at(self, live: Sequence[LiveStep], calendar: Calendar, cap: CapRules, now: datetime) -> Rules:
        """What everybody is planned by at this moment."""
        latest = self._latest
        if latest is not None and latest[0] is live and latest[1].now == now:
            return latest[1]
        rules = rules_of(live, calendar, cap, now)
        self._latest = (live, rules)
        return rules
