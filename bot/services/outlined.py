"""Plain families, planned from their outlines: none is built whose members are all like ones before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from bot.domain.alike import Facts
from bot.domain.family import Family
from bot.services.alike import Alike, Ids
from bot.services.planned import Planned
from bot.services.planning import Rules, family_plan, staged_days
from bot.store import occurrences, outlines
from bot.store.due import DueFamily
from bot.store.occurrences import Key, Stored, Taken
from bot.store.outlines import ADDRESS, EPOCH, FAMILY, LANGUAGE, MEMBER, PREGNANCY, ROLE, Outline

Homes = dict[int, list[Outline]]  # by family, its members


def plain(
    conn: sa.Connection,
    due: Sequence[DueFamily],
    stored: Mapping[int, Sequence[Stored]],
    rules: Rules,
    *,
    trial: bool,
) -> tuple[Homes, dict[int, Family]]:
    """Of these families, due for some steps: those of whom all that a plan looks at is in their outlines;
    and others that are plain, but have rows of these steps or, as `stored` says, open ones."""
    ids = [one.family_id for one in due]
    homes = outlines.of_families(conn, ids, rules.today, rules.cap.daily_until_age, trial=trial)
    wanted = [
        key
        for one in due
        if (home := homes.get(one.family_id)) is not None and one.family_id not in stored
        for key in _rows_wanted(home, one, rules)
    ]
    written = {row.family_id for row in occurrences.of_steps(conn, wanted)}
    with_rows = [one for one in ids if one in homes and (one in stored or one in written)]
    built = {}
    for family_id in with_rows:
        if home := homes.pop(family_id):
            built[family_id] = outlines.family_of(home)
    return homes, built


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
