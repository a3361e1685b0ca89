"""The schema, on one page. Constraints carry the invariants; every family row carries family_id.

Conventions: ids are 64-bit and made here or by the database; `public_id` is random, for URLs. Moments
are UTC and aware (`Moment`), days are local dates of Europe/London. Sealed columns hold AEAD ciphertext
made by store.sealed; `lookup` is its keyed HMAC. No column holds a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import BabyStatus, HoldKind, Link, Purpose, Role
from bot.domain.inbound import InboundKind
from bot.domain.outbox import Kind, State

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Moment(sa.TypeDecorator[datetime]):
    """An aware moment, stored as UTC microseconds since 1970 (the same on both databases, and sortable)."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the store; give an aware one")
        delta = value.astimezone(UTC) - _EPOCH
        return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _one_of(column: str, values: Iterable[StrEnum]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value.value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _family_key(*columns: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["family_id", "member_id"], ["members.family_id", "members.member_id"])


# --- what this database is -------------------------------------------------------------------------

meta = sa.Table(  # one row a fact: 'reality' is 'rehearsal' or 'real', from creation and for ever
    "meta",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
leases = sa.Table(  # who may do what only one process may do
    "leases",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("holder", sa.String(60), nullable=False),
    sa.Column("until", Moment, nullable=False),
)
cursors = sa.Table(  # how far something was read: Telegram's offset, Twilio's list
    "cursors",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("audit_id", Id, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("what", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False, server_default=""),
)

# --- families ------------------------------------------------------------------------------------

families = sa.Table(
    "families",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("reference", sa.String(64), unique=True),  # keyed hash of an import's own reference
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),  # any open hold
    sa.Column("moved_on", sa.Date),
    sa.Column("created_at", Moment, nullable=False),
)
family_events = sa.Table(  # append-only, dated: explains any absence
    "family_events",
    metadata,
    sa.Column("family_id", Id, sa.ForeignKey("families.family_id"), primary_key=True),
    sa.Column("event_id", Id, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),  # joined, due, born, hold, lift, stop, start, pause ...
    sa.Column("member_id", Id),
    sa.Column("detail", sa.JSON, nullable=False),
)
pregnancies = sa.Table(
    "pregnancies",
    metadata,
    sa.Column("family_id", Id, sa.ForeignKey("families.family_id"), primary_key=True),
    sa.Column("pregnancy_id", Id, primary_key=True, autoincrement=False),
    sa.Column("due_on", sa.Date),
    sa.Column("born_on", sa.Date),
    sa.Column("corrected_on", sa.Date),
    sa.Column("lost_on", sa.Date),
    sa.Column("neonatal", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("resumed_for", sa.JSON, nullable=False),  # ids of members
    sa.Column("checked_in_at", Moment),  # the neutral check-in after the due date was queued
    sa.Column("check_in_answered_at", Moment),
    sa.Index("ix_pregnancies_due_on", "due_on"),
    sa.Index("ix_pregnancies_born_on", "born_on"),
    sa.Index("ix_pregnancies_corrected_on", "corrected_on"),
    sa.Index("ix_pregnancies_lost_on", "lost_on"),
)
babies = sa.Table(
    "babies",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("baby_id", Id, primary_key=True, autoincrement=False),
    sa.Column("pregnancy_id", Id, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.ForeignKeyConstraint(
        ["family_id", "pregnancy_id"], ["pregnancies.family_id", "pregnancies.pregnancy_id"]
    ),
    _one_of("status", BabyStatus),
)
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("family_id", Id, sa.ForeignKey("families.family_id"), primary_key=True),
    sa.Column("hold_id", Id, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("member_id", Id),
    sa.Column("at", Moment, nullable=False),
    sa.Column("lifted_at", Moment),
    sa.Column("lifted_by", Id),
    _one_of("kind", HoldKind),
)
sa.Index(
    "uq_holds_open",
    holds.c.family_id,
    holds.c.kind,
    sa.func.coalesce(holds.c.member_id, 0),
    unique=True,
    sqlite_where=holds.c.lifted_at.is_(None),
    postgresql_where=holds.c.lifted_at.is_(None),
)
addresses = sa.Table(  # global: belongs to the phone. A forgotten one keeps only its lookup, for the STOP
    "addresses",
    metadata,
    sa.Column("address_id", Id, primary_key=True),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("lookup", sa.LargeBinary(32), nullable=False),
    sa.Column("lookup_key", sa.String(16), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("stopped_at", Moment),
    sa.Column("suspended_at", Moment),
    sa.Column("suspended_reason", sa.String(40)),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # at most one a day counts
    sa.Column("failed_on", sa.Date),
    sa.Column("free_at", Moment),  # the chat's own pace
    sa.Column("guest", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("told_off_at", Moment),  # answered once: not a mobile, unknown
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("channel", "lookup"),
    _one_of("channel", ChannelName),
)
members = sa.Table(
    "members",
    metadata,
    sa.Column("family_id", Id, sa.ForeignKey("families.family_id"), primary_key=True),
    sa.Column("member_id", Id, primary_key=True, autoincrement=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("language", sa.String(12), nullable=False),
    sa.Column("link", sa.String(8), nullable=False),
    sa.Column("joined_on", sa.Date, nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id")),  # the one preferred
    sa.Column("paused_until", sa.Date),
    sa.Column("essential_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("area", sa.String(40)),
    sa.Column("under_20", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("previous_loss", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("left_at", Moment),
    sa.Index("ix_members_joined_on", "joined_on"),
    sa.Index("ix_members_address_id", "address_id"),
    _one_of("role", Role),
    _one_of("link", Link),
)
topics = sa.Table(  # STOP FLU, or a topic asked for
    "topics",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("member_id", Id, primary_key=True, autoincrement=False),
    sa.Column("topic", sa.String(40), primary_key=True),
    sa.Column("wanted", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
    _family_key(),
)
answers = sa.Table(  # DONE, BOOKED: what `unless` looks at
    "answers",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("member_id", Id, primary_key=True, autoincrement=False),
    sa.Column("campaign", sa.String(60), primary_key=True),
    sa.Column("meaning", sa.String(30), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    _family_key(),
)
consents = sa.Table(  # the ledger: append-only
    "consents",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("consent_id", Id, primary_key=True, autoincrement=False),
    sa.Column("member_id", Id, nullable=False),
    sa.Column("purpose", sa.String(24), nullable=False),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("given", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("how", sa.String(16), nullable=False),
    sa.Column("words_version", sa.String(64), nullable=False),
    _family_key(),
    _one_of("purpose", Purpose),
    _one_of("channel", ChannelName),
)
consent_states = sa.Table(  # one row a key, written with each entry, proved equal to the ledger
    "consent_states",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("member_id", Id, primary_key=True, autoincrement=False),
    sa.Column("purpose", sa.String(24), primary_key=True),
    sa.Column("channel", sa.String(10), primary_key=True),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("consent_id", Id, nullable=False),
    _family_key(),
)
due = sa.Table(  # work for the planner: a row written with the change, deleted by the plan that reads it
    "due",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("campaign", sa.String(60), primary_key=True),  # '' and '': look at everything
    sa.Column("step", sa.String(60), primary_key=True),
    sa.Column("since", sa.Date, nullable=False),  # the first day not yet looked at
)

# --- what was published ----------------------------------------------------------------------------

revisions = sa.Table(  # immutable: one campaign (or 'replies', 'crisis') as its authors wrote it
    "revisions",
    metadata,
    sa.Column("revision_id", Id, primary_key=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    sa.Column("files", sa.JSON, nullable=False),  # path -> text
    sa.Column("timing", sa.JSON, nullable=False),  # step -> timing hash
    sa.Column("words", sa.JSON, nullable=False),  # [[step or reply key, language, words hash], ...]
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("published_at", Moment, nullable=False),
    sa.Column("published_by", sa.String(80), nullable=False),
    sa.Index("ix_revisions_campaign_revision_id", "campaign", "revision_id"),
)
approvals = sa.Table(  # append-only
    "approvals",
    metadata,
    sa.Column("approval_id", Id, primary_key=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    sa.Column("step", sa.String(60), nullable=False),
    sa.Column("words_hash", sa.String(64), nullable=False),
    sa.Column("language", sa.String(12), nullable=False),
    sa.Column("approver", sa.String(80), nullable=False),
    sa.Column("role", sa.String(80), nullable=False),
    sa.Column("registration", sa.String(80), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_approvals_words_hash", "words_hash"),
)
withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("withdrawal_id", Id, primary_key=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    sa.Column("step", sa.String(60)),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("lifted_at", Moment),
)
planned = sa.Table(  # the planner's watermark: each step, as timed, is planned through this day
    "planned",
    metadata,
    sa.Column("campaign", sa.String(60), primary_key=True),
    sa.Column("step", sa.String(60), primary_key=True),
    sa.Column("timing_hash", sa.String(64), nullable=False),
    sa.Column("through", sa.Date, nullable=False),
)

# --- what leaves -----------------------------------------------------------------------------------

senders = sa.Table(  # a number or a bot; its pace is shared by every process
    "senders",
    metadata,
    sa.Column("sender_id", Id, primary_key=True),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),  # never the token
    sa.Column("free_at", Moment, nullable=False),
    sa.Column("halted_at", Moment),
    sa.Column("halted_reason", sa.String(60)),
    sa.UniqueConstraint("channel", "name"),
)
_ONE_A_DAY = sa.text("kind = 'staged' AND state IN ('queued', 'sending', 'sent', 'delivered', 'uncertain')")
_QUEUED = sa.text("state = 'queued'")
_WAITING = sa.text("state = 'waiting'")
_IN_FLIGHT = sa.text("state IN ('sending', 'uncertain')")
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("outbox_id", Id, primary_key=True),
    sa.Column("public_id", sa.String(32), nullable=False, unique=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(24)),
    sa.Column("family_id", Id, nullable=False, server_default="0"),  # 0: an address no family has
    sa.Column("member_id", Id, nullable=False, server_default="0"),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id"), nullable=False),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("sender_id", Id, sa.ForeignKey("senders.sender_id"), nullable=False),
    # what it is: a step's occurrence, or a reply
    sa.Column("campaign", sa.String(60), nullable=False, server_default=""),
    sa.Column("step", sa.String(60), nullable=False, server_default=""),  # or the reply's template key
    sa.Column("occurrence", sa.String(60), nullable=False, server_default=""),
    sa.Column("pregnancy_id", Id),
    sa.Column("purpose", sa.String(24), nullable=False, server_default=""),
    sa.Column("revision_id", Id),
    sa.Column("timing_hash", sa.String(64), nullable=False, server_default=""),
    sa.Column("words_hash", sa.String(64), nullable=False, server_default=""),
    sa.Column("language", sa.String(12), nullable=False, server_default="en"),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("inbound_id", Id),
    sa.Column("n", sa.Integer, nullable=False, server_default="0"),  # the n-th reply to that inbound
    sa.Column("sealed", sa.LargeBinary),  # a reply's body; staged words are rendered at the claim
    # when
    sa.Column("opens_on", sa.Date),
    sa.Column("closes_on", sa.Date),
    sa.Column("look_on", sa.Date),  # waiting: the day the planner looks again
    sa.Column("day", sa.Date),  # the local day it is queued for or left on
    sa.Column("send_at", Moment),
    sa.Column("not_after", Moment),
    sa.Column("in_first_days", sa.Boolean, nullable=False, server_default=sa.false()),  # P8: not counted
    # the sending
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("claimed_by", sa.String(60)),
    sa.Column("claimed_until", Moment),
    sa.Column("attempted_at", Moment),
    sa.Column("provider_id", sa.String(64)),
    sa.Column("provider_code", sa.String(40)),
    sa.Column("parts", sa.Integer),
    sa.Column("sent_at", Moment),
    sa.Column("delivered_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    _one_of("kind", Kind),
    _one_of("state", State),
    _one_of("channel", ChannelName),
)
_IS_STEP = sa.text("kind IN ('staged', 'chosen', 'check_in')")
sa.Index(  # P4: once per family, member, step and occurrence, for ever
    "uq_outbox_delivery", outbox.c.family_id, outbox.c.member_id, outbox.c.campaign, outbox.c.step,
    outbox.c.occurrence, unique=True, sqlite_where=_IS_STEP, postgresql_where=_IS_STEP,
)  # fmt: skip
sa.Index(  # P8: one staged message an address and day
    "uq_outbox_address_day", outbox.c.address_id, outbox.c.day, unique=True,
    sqlite_where=_ONE_A_DAY, postgresql_where=_ONE_A_DAY,
)  # fmt: skip
_IS_REPLY = sa.text("inbound_id IS NOT NULL")
sa.Index(
    "uq_outbox_reply", outbox.c.inbound_id, outbox.c.n, unique=True,
    sqlite_where=_IS_REPLY, postgresql_where=_IS_REPLY,
)  # fmt: skip
sa.Index(
    "ix_outbox_queued", outbox.c.send_at, outbox.c.outbox_id, sqlite_where=_QUEUED, postgresql_where=_QUEUED
)
sa.Index(
    "ix_outbox_waiting",
    outbox.c.look_on,
    outbox.c.family_id,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)
sa.Index("ix_outbox_in_flight", outbox.c.claimed_until, sqlite_where=_IN_FLIGHT, postgresql_where=_IN_FLIGHT)
_HAS_PROVIDER_ID = sa.text("provider_id IS NOT NULL")
sa.Index(
    "ix_outbox_provider_id",
    outbox.c.provider_id,
    sqlite_where=_HAS_PROVIDER_ID,
    postgresql_where=_HAS_PROVIDER_ID,
)
sa.Index(
    "ix_outbox_parent", outbox.c.campaign, outbox.c.step, outbox.c.day
)  # `after` steps: the parent's day

# --- what comes in ---------------------------------------------------------------------------------

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("inbound_id", Id, primary_key=True),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("provider_id", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id")),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # stored | done | failed | unread | closed
    sa.Column("taken_as", sa.String(120), nullable=False, server_default=""),  # codes, never words
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("done_at", Moment),
    sa.UniqueConstraint("channel", "provider_id"),
    sa.CheckConstraint("state IN ('stored', 'done', 'failed', 'unread', 'closed')", name="state"),
    _one_of("kind", InboundKind),
    _one_of("channel", ChannelName),
)
_STORED = sa.text("state = 'stored'")
sa.Index(
    "ix_inbox_stored", inbox.c.address_id, inbox.c.inbound_id, sqlite_where=_STORED, postgresql_where=_STORED
)
conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id"), primary_key=True, autoincrement=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # the Talk: its name and its small data
    sa.Column("since", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
alerts = sa.Table(  # what staff must see; ids and kinds only
    "alerts",
    metadata,
    sa.Column("alert_id", Id, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("family_id", Id),
    sa.Column("inbound_id", Id),
    sa.Column("outbox_id", Id),
    sa.Column("closed_at", Moment),
)
