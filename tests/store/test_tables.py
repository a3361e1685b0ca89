"""The schema's own promises: what the constraints refuse, and how moments are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.address import ChannelName
from bot.store.columns import Moment
from bot.store.ids import new_id, public_id
from bot.store.pace import sender_id
from bot.store.tables import metadata, outbox

if TYPE_CHECKING:
    from tests.store.conftest import Rows

GLOBAL = {
    "meta", "leases", "cursors", "audit", "addresses", "revisions", "approvals", "withdrawals", "planned",
    "senders", "outbox", "inbox", "conversations", "alerts", "code_tries",
}  # fmt: skip


@given(
    st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Europe/London"), timezone(timedelta(hours=-3))]))
)
def test_a_moment_is_kept_exactly(moment: datetime) -> None:
    """Compared in UTC: in an hour that comes twice Python calls no two zones' moments equal."""
    kind = Moment()
    dialect: Any = None
    kept = kind.process_result_value(kind.process_bind_param(moment, dialect), dialect)
    assert kept == moment.astimezone(UTC)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Moment().process_bind_param(datetime(2027, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001


def test_every_family_row_and_unique_holds_the_family() -> None:
    for table in metadata.sorted_tables:
        if table.name not in GLOBAL:
            assert "family_id" in table.primary_key.columns


def _row(rows: Rows, **columns: Any) -> dict[str, Any]:
    address_id = rows.address(1)
    sender = rows.database.write(lambda conn: sender_id(conn, ChannelName.SMS, "sender", rows.now))
    return {
        "outbox_id": new_id(), "public_id": public_id(), "kind": "staged", "state": "queued",
        "family_id": 1, "member_id": 2, "address_id": address_id, "channel": "sms", "sender_id": sender,
        "campaign": "flu", "step": "offer", "occurrence": "p3", "day": date(2027, 2, 2),
        "created_at": rows.now, "updated_at": rows.now, **columns,
    }  # fmt: skip


def _insert(rows: Rows, *given_rows: dict[str, Any]) -> None:
    rows.database.write(lambda conn: [conn.execute(sa.insert(outbox).values(row)) for row in given_rows])


def test_p4_a_step_has_one_row_an_occurrence(rows: Rows) -> None:
    _insert(rows, _row(rows))
    with pytest.raises(sa.exc.IntegrityError):
        _insert(rows, _row(rows, day=date(2027, 2, 9), state="cancelled"))


def test_p4_another_occurrence_is_another_row(rows: Rows) -> None:
    _insert(rows, _row(rows), _row(rows, occurrence="p4", day=date(2027, 2, 3)))


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "delivered", "uncertain"])
def test_p8_an_address_has_one_staged_message_a_day(rows: Rows, state: str) -> None:
    _insert(rows, _row(rows))
    with pytest.raises(sa.exc.IntegrityError):
        _insert(rows, _row(rows, step="nudge", state=state))


@pytest.mark.parametrize("columns", [{"state": "waiting"}, {"state": "failed"}, {"kind": "chosen"}])
def test_p8_what_does_not_go_or_is_not_staged_does_not_count(rows: Rows, columns: dict[str, str]) -> None:
    _insert(rows, _row(rows), _row(rows, step="nudge", **columns))


def test_a_reply_is_written_once_an_inbound_and_number(rows: Rows) -> None:
    reply = {"kind": "reply", "inbound_id": 5, "step": "help"}
    _insert(rows, _row(rows, **reply), _row(rows, **reply, n=1))
    with pytest.raises(sa.exc.IntegrityError):
        _insert(rows, _row(rows, **reply, n=1))


@pytest.mark.parametrize("wrong", [{"state": "lost"}, {"kind": "blast"}, {"channel": "fax"}])
def test_a_word_that_is_no_state_kind_or_channel_is_refused(rows: Rows, wrong: dict[str, str]) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        _insert(rows, _row(rows, **wrong))


def test_a_row_needs_an_address_that_is_there(rows: Rows) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        _insert(rows, _row(rows, address_id=77))
