"""The kinds of column, key and index that the tables are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Moment(sa.TypeDecorator[datetime]):
    """An aware moment, stored as UTC microseconds since 1970 (the same on both databases, and sortable)."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else as_number(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else as_moment(value)


def as_number(moment: datetime) -> int:
    """An aware moment as it is stored."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime reached the store; give an aware one")
    delta = moment - _EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def as_moment(number: int) -> datetime:
    """The moment that is stored so."""
    return _EPOCH + timedelta(microseconds=number)


def one_of(column: str, values: Iterable[StrEnum]) -> sa.CheckConstraint:
    """A CHECK that `column` holds one of the values."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def key(*names: str) -> Iterator[sa.Column[int]]:
    """Columns of the primary key; their values are made by store.ids."""
    return (sa.Column(name, Id, primary_key=True, autoincrement=False) for name in names)


def of_family() -> sa.Column[int]:
    """The first column of every family row's key."""
    return sa.Column("family_id", Id, sa.ForeignKey("families.family_id"), primary_key=True)


def member_key() -> sa.ForeignKeyConstraint:
    """The row belongs to a member of its family."""
    return sa.ForeignKeyConstraint(["family_id", "member_id"], ["members.family_id", "members.member_id"])


def may_be(kind: TypeEngine[Any], *names: str) -> Iterator[sa.Column[Any]]:
    """Columns that may be empty."""
    return (sa.Column(name, kind) for name in names)


def must(kind: TypeEngine[Any], *names: str) -> Iterator[sa.Column[Any]]:
    """Columns that are always filled."""
    return (sa.Column(name, kind, nullable=False) for name in names)


def counts(*names: str) -> Iterator[sa.Column[int]]:
    """Numbers that begin at 0."""
    return (sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in names)


def flags(*names: str) -> Iterator[sa.Column[bool]]:
    """Columns that are false unless said."""
    return (sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()) for name in names)


def codes(length: int, *names: str) -> Iterator[sa.Column[str]]:
    """Short texts that are '' unless said."""
    return (sa.Column(name, sa.String(length), nullable=False, server_default="") for name in names)


def partial(name: str, where: str, *columns: Any, unique: bool = False) -> sa.Index:
    """An index of only the rows that `where` names; queries must hold the same literal words."""
    rows = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)
