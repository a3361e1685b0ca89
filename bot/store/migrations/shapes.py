"""Short forms for migrations. Old migrations read this file: add to it, and never change what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # UTC microseconds since 1970


def columns(
    kind: Any, *names: str, null: bool = False, default: Any = None, autoincrement: Any = "auto"
) -> Iterator[sa.Column[Any]]:
    """Columns of one kind."""
    return (
        sa.Column(name, kind, nullable=null, server_default=default, autoincrement=autoincrement)
        for name in names
    )


def index(name: str, table: str, names: list[str], *, unique: bool = False, where: str = "") -> None:
    """Make an index, of the rows that `where` names if it is given."""
    only: dict[str, Any] = {}
    if where:
        only = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    op.create_index(name, table, names, unique=unique, **only)


def one_of(table: str, column: str, values: str) -> sa.CheckConstraint:
    """A CHECK that the column holds one of the words in `values`."""
    listed = ", ".join(f"'{value}'" for value in values.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def foreign(table: str, *others: str) -> sa.ForeignKeyConstraint:
    """A foreign key to `others` (table.column), from the columns of the same names."""
    here = [other.partition(".")[2] for other in others]
    name = "_".join(["fk", table, *here, others[0].partition(".")[0]])
    return sa.ForeignKeyConstraint(here, list(others), name=name)
