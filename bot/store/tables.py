"""The schema, on one page. Constraints carry the invariants; every family row carries family_id.

Conventions: ids are 64-bit and made here or by the database; `public_id` is random, for URLs. Moments
are UTC and aware (`Moment`), days are local dates of Europe/London. Sealed columns hold AEAD ciphertext
made by store.sealed; `lookup` is its keyed HMAC. No column holds a name.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.code import CodeFor
from bot.domain.family import BabyStatus, HoldKind, Link, Purpose, Role
from bot.domain.inbound import InboundKind
from bot.domain.outbox import Kind, State
from bot.store.columns import Id as Id
from bot.store.columns import Moment as Moment
from bot.store.columns import codes, counts, flags, key, may_be, member_key, must, of_family, one_of, partial

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    "audit", metadata, sa.Column("audit_id", Id, primary_key=True), sa.Column("at", Moment, nullable=False),
    sa.Column("who", sa.String(80), nullable=False), sa.Column("what", sa.String(60), nullable=False),
    *codes(120, "subject"),
)  # fmt: skip
partial("ix_audit_invited", "what = 'invite_professionals'", audit.c.what, audit.c.subject)

# --- families --------------------------------------------------------------------------------------

families = sa.Table(
    "families",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("reference", sa.String(64), unique=True),  # keyed hash of an import's own reference
    sa.Column("reference_key", sa.String(16)),  # the key that made it
    *counts("epoch"),
    *flags("held"),  # any open hold
    sa.Column("moved_on", sa.Date),
    sa.Column("ended_on", sa.Date),  # nothing more can be sent: dates go 30 days after it (P11)
    sa.Column("created_at", Moment, nullable=False),
)
partial("ix_families_ended_on", "ended_on IS NOT NULL", families.c.ended_on)
family_events = sa.Table(  # append-only, dated: explains any absence
    "family_events",
    metadata,
    of_family(),
    *key("event_id"),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),  # joined, due, born, hold, lift, stop, start, pause ...
    sa.Column("member_id", Id),
    sa.Column("detail", sa.JSON, nullable=False),
)
pregnancies = sa.Table(
    "pregnancies",
    metadata,
    of_family(),
    *key("pregnancy_id"),
    *may_be(sa.Date(), "due_on", "born_on", "corrected_on", "lost_on"),
    *flags("neonatal"),
    sa.Column("resumed_for", sa.JSON, nullable=False),  # ids of members
    *may_be(Moment(), "checked_in_at", "check_in_answered_at"),  # the neutral check-in after the due date
    sa.Index("ix_pregnancies_due_on", "due_on"),
    sa.Index("ix_pregnancies_born_on", "born_on"),
    sa.Index("ix_pregnancies_corrected_on", "corrected_on"),
    sa.Index("ix_pregnancies_lost_on", "lost_on"),
)
babies = sa.Table(
    "babies",
    metadata,
    *key("family_id", "baby_id"),
    sa.Column("pregnancy_id", Id, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.ForeignKeyConstraint(
        ["family_id", "pregnancy_id"], ["pregnancies.family_id", "pregnancies.pregnancy_id"]
    ),
    one_of("status", BabyStatus),
)
holds = sa.Table(
    "holds",
    metadata,
    of_family(),
    *key("hold_id"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("member_id", Id, nullable=False, server_default="0"),  # 0: staff or the clock, -1: one who left
    sa.Column("at", Moment, nullable=False),
    sa.Column("lifted_at", Moment),
    sa.Column("lifted_by", Id),
    one_of("kind", HoldKind),
)
partial("uq_holds_open", "lifted_at IS NULL", holds.c.family_id, holds.c.kind, holds.c.member_id, unique=True)
addresses = sa.Table(  # global: belongs to the phone. A forgotten one keeps only its lookup, for the STOP
    "addresses",
    metadata,
    sa.Column("address_id", Id, primary_key=True),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("lookup", sa.LargeBinary(32), nullable=False),
    sa.Column("lookup_key", sa.String(16), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    *may_be(Moment(), "stopped_at", "suspended_at"),
    sa.Column("suspended_reason", sa.String(40)),
    *counts("failures"),  # at most one a day counts
    sa.Column("failed_on", sa.Date),
    sa.Column("free_at", Moment),  # the chat's own pace
    *flags("guest"),
    sa.Column("told_off_at", Moment),  # answered once: not a mobile, unknown
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("channel", "lookup"),
    one_of("channel", ChannelName),
)
members = sa.Table(
    "members",
    metadata,
    of_family(),
    *key("member_id"),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("language", sa.String(12), nullable=False),
    sa.Column("link", sa.String(8), nullable=False),
    sa.Column("joined_on", sa.Date, nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id")),  # the one preferred
    sa.Column("paused_until", sa.Date),
    *may_be(sa.String(40), "area", "preferred_time"),
    sa.Column("sees_pregnancy_id", Id),  # came by a code: the newest one they were invited to
    *flags("essential_only", "private", "under_20", "previous_loss"),
    sa.Column("left_at", Moment),
    sa.Index("ix_members_joined_on", "joined_on"),
    sa.Index("ix_members_address_id", "address_id"),
    one_of("role", Role),
    one_of("link", Link),
)
topics = sa.Table(  # STOP FLU, or a topic asked for
    "topics",
    metadata,
    *key("family_id", "member_id"),
    sa.Column("topic", sa.String(40), primary_key=True),
    sa.Column("wanted", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
    member_key(),
)
answers = sa.Table(  # DONE, BOOKED: what `unless` looks at
    "answers",
    metadata,
    *key("family_id", "member_id"),
    sa.Column("campaign", sa.String(60), primary_key=True),
    sa.Column("meaning", sa.String(30), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    member_key(),
)
consents = sa.Table(  # the ledger: append-only
    "consents",
    metadata,
    *key("family_id", "consent_id"),
    sa.Column("member_id", Id, nullable=False),
    sa.Column("purpose", sa.String(24), nullable=False),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("given", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("how", sa.String(16), nullable=False),
    sa.Column("words_version", sa.String(64), nullable=False),
    member_key(),
    one_of("purpose", Purpose),
    one_of("channel", ChannelName),
)
consent_states = sa.Table(  # one row a key, written with each entry, proved equal to the ledger
    "consent_states",
    metadata,
    *key("family_id", "member_id"),
    sa.Column("purpose", sa.String(24), primary_key=True),
    sa.Column("channel", sa.String(10), primary_key=True),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("consent_id", Id, nullable=False),
    member_key(),
)
due = sa.Table(  # work for the planner: a row written with the change, deleted by the plan that reads it
    "due",
    metadata,
    sa.Column("family_id", Id, primary_key=True),
    sa.Column("campaign", sa.String(60), primary_key=True),  # '' and '': look at everything
    sa.Column("step", sa.String(60), primary_key=True),
    sa.Column("since", sa.Date, nullable=False),  # the first day not yet looked at
)
put_aside = sa.Table(  # work that a fault of ours keeps from being done for one family: tried again later
    "put_aside",
    metadata,
    sa.Column("family_id", Id, primary_key=True, autoincrement=False),
    sa.Column("work", sa.String(20), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("error", sa.String(60), nullable=False),  # its type, never its words
    *must(Moment(), "since", "next_at"),
)

# --- what was published ----------------------------------------------------------------------------

revisions = sa.Table(  # immutable: one campaign (or 'replies', 'crisis') as its authors wrote it
    "revisions",
    metadata,
    sa.Column("revision_id", Id, primary_key=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    # path -> text; step -> timing hash; [[step or reply key, language, words hash], ...]
    *must(sa.JSON(), "files", "timing", "words"),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("published_at", Moment, nullable=False),
    sa.Column("published_by", sa.String(80), nullable=False),
    sa.Index("ix_revisions_campaign_revision_id", "campaign", "revision_id"),
)
approvals = sa.Table(  # append-only
    "approvals",
    metadata,
    sa.Column("approval_id", Id, primary_key=True),
    *must(sa.String(60), "campaign", "step"),
    sa.Column("words_hash", sa.String(64), nullable=False),
    sa.Column("language", sa.String(12), nullable=False),
    *must(sa.String(80), "approver", "role", "registration"),
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
    *may_be(Moment(), "halted_at"),
    sa.Column("halted_reason", sa.String(60)),
    sa.UniqueConstraint("channel", "name"),
)
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
    # what it is: a step's occurrence, or a reply (`step` is then its template's key)
    *codes(60, "campaign", "step", "occurrence"),
    sa.Column("pregnancy_id", Id),
    *codes(24, "purpose"),
    sa.Column("revision_id", Id),
    *codes(64, "timing_hash", "words_hash"),
    sa.Column("language", sa.String(12), nullable=False, server_default="en"),
    sa.Column("inbound_id", Id),
    *counts("n", "epoch", "attempts"),  # the n-th reply to that inbound; the family's epoch
    sa.Column("sealed", sa.LargeBinary),  # a reply's body; staged words are rendered at the claim
    # when; `look_on`: waiting until the planner looks again; `day`: queued for it, or left on it
    *may_be(sa.Date(), "opens_on", "closes_on", "look_on", "day"),
    sa.Column("doubted_on", sa.Date),  # goes again, and may have left on that day: P8 counts it
    *may_be(Moment(), "send_at", "not_after"),
    *flags("in_first_days"),  # P8: not counted
    # the sending
    sa.Column("claimed_by", sa.String(60)),
    *may_be(Moment(), "claimed_until", "attempted_at"),
    *may_be(sa.String(64), "provider_id", "provider_code"),
    sa.Column("parts", sa.Integer),
    *may_be(Moment(), "sent_at", "delivered_at", "shown_at"),
    *must(Moment(), "created_at", "updated_at"),
    sa.Index("ix_outbox_family_id", "family_id"),
    sa.Index("ix_outbox_address_id_created_at", "address_id", "created_at"),
    sa.Index("ix_outbox_parent", "campaign", "step", "day"),  # `after` steps: the parent's day
    one_of("kind", Kind),
    one_of("state", State),
    one_of("channel", ChannelName),
)
_out = outbox.c
partial(  # P4: once per family, member, step and occurrence, for ever
    "uq_outbox_delivery", "kind IN ('staged', 'chosen', 'check_in')",
    _out.family_id, _out.member_id, _out.campaign, _out.step, _out.occurrence, unique=True,
)  # fmt: skip
partial(  # P8: one staged message an address and day
    "uq_outbox_address_day",
    "kind = 'staged' AND state IN ('queued', 'sending', 'sent', 'delivered', 'uncertain')",
    _out.address_id, _out.day, unique=True,
)  # fmt: skip
partial("ix_outbox_doubted", "doubted_on IS NOT NULL", _out.address_id, _out.doubted_on)
partial("uq_outbox_reply", "inbound_id IS NOT NULL", _out.inbound_id, _out.n, unique=True)
partial(  # the claim goes kind by kind: a reply never sorts behind a morning's staged rows
    "ix_outbox_queued", "state = 'queued'", _out.sender_id, _out.kind, _out.send_at, _out.outbox_id
)
partial("ix_outbox_open", "state IN ('waiting', 'queued')", _out.family_id)  # what a plan of a family needs
partial("ix_outbox_waiting", "state = 'waiting'", _out.look_on, _out.family_id)
partial("ix_outbox_in_flight", "state IN ('sending', 'uncertain')", _out.claimed_until)
partial("ix_outbox_provider_id", "provider_id IS NOT NULL", _out.provider_id)
partial("ix_outbox_sealed", "sealed IS NOT NULL", _out.created_at)  # retention of replies

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
    *codes(120, "taken_as"),  # codes, never words
    *counts("attempts"),
    sa.Column("done_at", Moment),
    sa.UniqueConstraint("channel", "provider_id"),
    sa.Index("ix_inbox_address_id_at", "address_id", "at"),
    sa.CheckConstraint("state IN ('stored', 'done', 'failed', 'unread', 'closed')", name="state"),
    one_of("kind", InboundKind),
    one_of("channel", ChannelName),
)
partial("ix_inbox_stored", "state = 'stored'", inbox.c.address_id, inbox.c.inbound_id)
partial("ix_inbox_unread", "state IN ('unread', 'failed')", inbox.c.inbound_id)
partial("ix_inbox_sealed", "sealed IS NOT NULL", inbox.c.at)  # retention of texts
conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id"), primary_key=True, autoincrement=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # the Talk: its name and its small data
    *must(Moment(), "since", "updated_at"),
)
code_book = sa.Table(  # invitations, moves to another phone: hashes of the digits and of her word for whom
    "codes", metadata, *key("family_id", "code_id"),
    sa.Column("purpose", sa.String(10), nullable=False),
    *may_be(Id, "member_id", "taken_by"),  # who came by it, or moves; the address it is for by now
    sa.Column("lookup", sa.String(64), nullable=False, unique=True), *codes(64, "label"),
    *must(Moment(), "created_at", "expires_at"), *may_be(Moment(), "taken_at", "ended_at"),
    sa.Column("lookup_key", sa.String(16)),  # the key that made both hashes
    *(sa.Index(f"ix_codes_{name}", name) for name in ("taken_by", "label")), one_of("purpose", CodeFor),
)  # fmt: skip
code_tries = sa.Table(  # wrong codes, so that nobody finds one by trying
    "code_tries", metadata, *key("try_id"),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.address_id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False, index=True),
)  # fmt: skip
alerts = sa.Table(  # what staff must see; ids and kinds only. `ring_at`: the duty is to be told of it then
    "alerts",
    metadata,
    sa.Column("alert_id", Id, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", Moment, nullable=False),
    *may_be(Id, "family_id", "inbound_id", "outbox_id"),
    *may_be(Moment(), "closed_at", "ring_at", "rung_at", "given_up_at"), *counts("rings"),
    *codes(40, "rung_by"),
)  # fmt: skip
partial("ix_alerts_open", "closed_at IS NULL", alerts.c.at)
