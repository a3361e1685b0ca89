"""Outlines: each member of plain families as one row, whole; what a plan looks at first.

A family is plain that has one pregnancy at most, no loss, no death and no hold. Of such a row the planner
makes a key (`Reader`), and where one of that key was decided this morning no family is built at all.
Where it was not, the family is built from these very rows (`families_of`): so what is remembered under a
key was decided of what the key was made of, though an address changed meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from bot.domain.alike import Facts, Looks
from bot.domain.family import Baby, BabyStatus, Family, Pregnancy
from bot.store import household
from bot.store.bulk import among_ids
from bot.store.columns import as_moment
from bot.store.given import as_list
from bot.store.prepared import Query
from bot.store.tables import (
    addresses,
    answers,
    babies,
    consent_states,
    families,
    holds,
    members,
    pregnancies,
    topics,
)

Outline = tuple[Any, ...]
NAMES = (
    *household.PERSON_NAMES, "epoch", "moved_on", "pregnancy_id", "due_on", "born_on", "corrected_on",
    "neonatal", "consents", "topics", "answers", "babies", "by_itself", "reached", "unseen", "dated",
    "uncorrected", "first_days",
)  # fmt: skip
_AT = {name: place for place, name in enumerate(NAMES)}
FAMILY, MEMBER, ADDRESS, ROLE, LANGUAGE, EPOCH, PREGNANCY = (
    _AT[name]
    for name in ("family_id", "member_id", "address_id", "role", "language", "epoch", "pregnancy_id")
)  # fmt: skip
_AREA, _TOPICS, _ANSWERS, _BABIES, _BY_ITSELF = (
    _AT[name] for name in ("area", "topics", "answers", "babies", "by_itself")
)
_PERSON = len(household.PERSON_NAMES)
_DAY = timedelta(days=1)
_EMPTY = (None, "[]")  # SQLite says so, and PostgreSQL so
_m, _f, _a, _p = members.c, families.c, addresses.c, pregnancies.c


def _theirs(table: sa.Table, where: Sequence[Any], *columns: sa.Column[Any]) -> sa.ColumnElement[str]:
    """What a table holds for this member or pregnancy, in the order of its key: a JSON list, as text."""
    rows = sa.select(*columns).where(*where).order_by(*table.primary_key.columns)
    rows = rows.correlate(members, pregnancies)
    kept = rows.subquery()
    return sa.cast(sa.select(as_list(*kept.c)).select_from(kept).scalar_subquery(), sa.Text)


def _of_member(table: sa.Table) -> tuple[Any, ...]:
    return table.c.family_id == _m.family_id, table.c.member_id == _m.member_id


_OF_CLOCK = (babies.c.family_id == _p.family_id, babies.c.pregnancy_id == _p.pregnancy_id)
_STATES = (*_of_member(consent_states), consent_states.c.live)
_HELD = sa.exists().where(holds.c.family_id == _m.family_id, holds.c.lifted_at.is_(None))
_COLUMNS = (
    *household.PERSON, _f.epoch, _f.moved_on, _p.pregnancy_id, _p.due_on, _p.born_on, _p.corrected_on,
    _p.neonatal,
    _theirs(consent_states, _STATES, consent_states.c.purpose, consent_states.c.channel),
    _theirs(topics, _of_member(topics), topics.c.topic, topics.c.wanted, topics.c.at),
    _theirs(answers, _of_member(answers), answers.c.campaign, answers.c.meaning),
    _theirs(babies, _OF_CLOCK, babies.c.status),
    sa.or_(_p.lost_on.is_not(None), sa.cast(_p.resumed_for, sa.Text) != "[]", _HELD),
    sa.or_(_a.guest, sa.bindparam("everyone", type_=sa.Boolean)),
    sa.func.coalesce(_m.sees_pregnancy_id < _p.pregnancy_id, sa.false()),
    _p.due_on.is_not(None),
    sa.case((_p.corrected_on.is_(None), _p.due_on)),
    _p.born_on.between(sa.bindparam("young", type_=sa.Date), sa.bindparam("today", type_=sa.Date)),
)  # fmt: skip
_OUTLINES = Query(
    sa.select(*[column.label(f"c{place}") for place, column in enumerate(_COLUMNS)])
    .join_from(members, families, _f.family_id == _m.family_id)
    .outerjoin(addresses, _a.address_id == _m.address_id)
    .outerjoin(pregnancies, _p.family_id == _m.family_id)
    .where(among_ids(_m.family_id), _m.left_at.is_(None))
    .order_by(_m.family_id, _m.member_id)
)


def of_families(
    conn: sa.Connection, family_ids: Sequence[int], today: date, first_days: int, *, trial: bool = False
) -> dict[int, list[Outline]]:
    """The members of those of these families that are plain. `first_days`: for so many days from the birth,
    today seen, a baby has a message each."""
    bound = {
        "ids": family_ids,
        "everyone": not trial,
        "young": today - (first_days - 1) * _DAY,
        "today": today,
    }
    found: dict[int, list[Outline]] = {family_id: [] for family_id in family_ids}
    for row in _OUTLINES.rows(conn, bound) if family_ids else ():
        home = found.get(row[FAMILY])
        if home is None:
            continue
        again = bool(home) and home[-1][MEMBER] == row[MEMBER]  # there is a second pregnancy
        if again or row[_BY_ITSELF] or '"died"' in (row[_BABIES] or ""):
            del found[row[FAMILY]]
        else:
            home.append(row)
    return found


class Reader:
    """Makes a member's key: all that `domain.alike.facts` may look at for these looks, from an outline.

    The columns of which facts are made, whole, so that of two members of one key all facts are the same
    (`tests/services/test_alike.py` tries each). Left out are ids, and what facts leaves out for these looks:
    a day that nobody counts from would make everybody's key another; that there was a birth is in
    `first_days`, which is empty before. `joined`: the day counts that somebody
    joined.
    """

    def __init__(self, look: Looks, joined: bool) -> None:
        names = [
            "link", "paused_until", "essential_only", "preferred_time", "consents", "channel",
            "stopped", "suspended", "reached", "moved_on", "unseen", "dated", "first_days",
            "neonatal", "babies",
        ]  # fmt: skip
        seen = {
            "under_20": look.young, "previous_loss": look.earlier_loss,
            "joined_on": joined or look.joined, "due_on": look.due, "born_on": look.birth,
            "corrected_on": look.corrected, "uncorrected": look.corrected,
        }  # fmt: skip
        names += [name for name, wanted in seen.items() if wanted]
        self._look = look
        self._persons: dict[tuple[Any, ...], Facts] = {}
        self._get = itemgetter(*[_AT[name] for name in names])

    def key(self, row: Outline) -> tuple[Any, ...]:
        """Equal for two only when their facts are."""
        who = (row[ROLE], row[LANGUAGE], row[_AREA])
        if (person := self._persons.get(who)) is None:
            person = self._persons[who] = self._look.person(*who)
        said, wished = row[_ANSWERS], row[_TOPICS]
        key = (person, self._get(row))
        if said in _EMPTY and wished in _EMPTY:
            return key
        wishes = tuple([(name, on) for name, on, _ in _list(wished) if name in self._look.topics])
        answered = frozenset(_answered(said)) & self._look.answers
        return (*key, wishes, answered) if wishes or answered else key


def family_of(rows: Sequence[Outline]) -> Family:
    """The family whose members these are: as `household.load` builds it, but that its babies are numbered
    from 1."""
    first = rows[0]
    pregnancy_id = first[PREGNANCY]
    clocks = () if pregnancy_id is None else (_pregnancy(first),)
    return Family(
        id=first[FAMILY], epoch=first[EPOCH], members=tuple([_member(row) for row in rows]),
        pregnancies=clocks, moved_on=first[_AT["moved_on"]],
    )  # fmt: skip


def _pregnancy(row: Outline) -> Pregnancy:
    due_on, born_on, corrected_on, neonatal = row[PREGNANCY + 1 : PREGNANCY + 5]
    statuses = [BabyStatus(status) for (status,) in _list(row[_BABIES])]
    everyone = tuple([Baby(number, status) for number, status in enumerate(statuses, 1)])
    return Pregnancy(row[PREGNANCY], due_on, born_on, corrected_on, None, neonatal, everyone)


def _member(row: Outline) -> Any:
    agreed = household.given(tuple([(purpose, on) for purpose, on in _list(row[_AT["consents"]])]))
    wishes = [(name, bool(on), as_moment(at)) for name, on, at in _list(row[_TOPICS])]
    guest = (*row[: _PERSON - 1], row[_AT["reached"]])
    return household.member(guest, True, wishes, frozenset(_answered(row[_ANSWERS])), agreed)


def _answered(text: str | None) -> list[tuple[str, str]]:
    return [(campaign, meaning) for campaign, meaning in _list(text)]


@lru_cache(maxsize=1000)
def _list(text: str | None) -> Sequence[Any]:
    return tuple(json.loads(text)) if text else ()
