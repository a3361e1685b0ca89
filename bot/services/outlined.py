"""Plain families, planned from their outlines: none is built whose members are all like ones before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from bot.domain.alike import Facts
from bot.services.alike import Alike, Ids
from bot.services.planned import Planned
from bot.services.planning import Rules, family_plan, staged_days
from bot.store import occurrences, outlines
from bot.store.due import DueFamily
from bot.store.occurrences import Key, Taken
from bot.store.outlines import ADDRESS, EPOCH, FAMILY, LANGUAGE, MEMBER, PREGNANCY, ROLE, Outline

Homes = dict[int, list[Outline]]  # by family, its members


def plain(conn: sa.Connection, due: Sequence[DueFamily], rules: Rules, *, trial: bool) -> Homes:
    """Those of these families, due for some steps and without open rows, of whom all that a plan looks at is
    in their outlines: no row of these steps is there, either."""
    ids = [one.family_id for one in due]
    homes = outlines.of_families(conn, ids, rules.today, rules.cap.daily_until_age, trial=trial)
    wanted = [
        key
        for one in due
        if (home := homes.get(one.family_id)) is not None
        for key in _rows_wanted(home, one, rules)
    ]
    for row in occurrences.of_steps(conn, wanted):
        homes.pop(row.family_id, None)
    return homes


def _rows_wanted(home: Sequence[Outline], due: DueFamily, rules: Rules) -> Iterator[Key]:
    """As `planning.rows_wanted`, of a family that has no open rows."""
    for roles, campaign, names in rules.looked(due).asked:
        for one in home:
            if one[ROLE] in roles:
                yield from [(one[FAMILY], one[MEMBER], campaign, name) for name in names]


def home_plan(
    home: Sequence[Outline],
    due: DueFamily,
    taken: Mapping[int, Sequence[Taken]],
    senders: Mapping[str, int],
    rules: Rules,
) -> list[Planned]:
    """As `planning.family_plan`, of a plain family."""
    keys = keys_of(home, due, taken, rules)
    recalled = _recalled(home, keys, rules.alike)
    if recalled is not None:
        return recalled
    return family_plan(outlines.family_of(home), due, (), taken, senders, rules, keys)


def keys_of(
    home: Sequence[Outline], due: DueFamily, taken: Mapping[int, Sequence[Taken]], rules: Rules
) -> dict[int, Facts]:
    """By member, what their decisions are remembered by; of those for whom anything can open."""
    looked = rules.looked(due)
    reader = looked.key_since if due.since < rules.today else looked.key
    keys: dict[int, Facts] = {}
    for one in home:
        if one[ADDRESS] is not None and one[ROLE] in looked.look.roles:
            days = taken.get(one[ADDRESS])
            history = tuple(staged_days(days)) if days else ()
            keys[one[MEMBER]] = (due.steps, due.since, history, reader.key(one))
    return keys


def _recalled(home: Sequence[Outline], keys: Mapping[int, Facts], alike: Alike) -> list[Planned] | None:
    """None where somebody is like none before."""
    changes: list[Planned] = []
    for one in home:
        if (key := keys.get(one[MEMBER])) is None:
            continue
        if (known := alike.recalled(key)) is None:
            return None
        if known:
            own = (one[PREGNANCY],)
            ids = Ids(one[FAMILY], one[EPOCH], one[MEMBER], one[ADDRESS], one[LANGUAGE], own)
            changes += [pattern.of(ids) for pattern in known]
    return changes
