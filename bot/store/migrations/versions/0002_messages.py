"""What leaves and what comes in."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.shapes import ID, MOMENT, columns, foreign, index, one_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for make in (
        _alerts, _senders, _conversations, _inbox, _outbox,
    ):  # fmt: skip
        make()


def downgrade() -> None:
    for table in (
        "outbox", "inbox", "conversations", "senders", "alerts",
    ):  # fmt: skip
        op.drop_table(table)


def _alerts() -> None:
    op.create_table(
        "alerts",
        *columns(ID, "alert_id"),
        *columns(sa.String(40), "kind"),
        *columns(MOMENT, "at"),
        *columns(ID, "family_id", "inbound_id", "outbox_id", null=True),
        *columns(MOMENT, "closed_at", null=True),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alerts"),
    )
    index("ix_alerts_open", "alerts", ["at"], where="closed_at IS NULL")


def _senders() -> None:
    op.create_table(
        "senders",
        *columns(ID, "sender_id"),
        *columns(sa.String(10), "channel"),
        *columns(sa.String(60), "name"),
        *columns(MOMENT, "free_at"),
        *columns(MOMENT, "halted_at", null=True),
        *columns(sa.String(60), "halted_reason", null=True),
        sa.PrimaryKeyConstraint("sender_id", name="pk_senders"),
        sa.UniqueConstraint("channel", "name", name="uq_senders_channel_name"),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        *columns(ID, "address_id", autoincrement=False),
        *columns(sa.LargeBinary(), "sealed"),
        *columns(MOMENT, "since", "updated_at"),
        sa.PrimaryKeyConstraint("address_id", name="pk_conversations"),
        foreign("conversations", "addresses.address_id"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        *columns(ID, "inbound_id"),
        *columns(sa.String(10), "channel"),
        *columns(sa.String(80), "provider_id"),
        *columns(sa.String(10), "kind"),
        *columns(ID, "address_id", null=True),
        *columns(sa.LargeBinary(), "sealed", null=True),
        *columns(MOMENT, "at"),
        *columns(sa.String(10), "state"),
        *columns(sa.String(120), "taken_as", default=""),
        *columns(sa.Integer(), "attempts", default="0"),
        *columns(MOMENT, "done_at", null=True),
        sa.PrimaryKeyConstraint("inbound_id", name="pk_inbox"),
        one_of("inbox", "channel", "sms telegram"),
        one_of(
            "inbox", "kind", "text start tap media edit block unblock group opt_out opt_in opt_help unknown"
        ),
        one_of("inbox", "state", "stored done failed unread closed"),
        foreign("inbox", "addresses.address_id"),
        sa.UniqueConstraint("channel", "provider_id", name="uq_inbox_channel_provider_id"),
    )
    index("ix_inbox_address_id_at", "inbox", ["address_id", "at"])
    index("ix_inbox_sealed", "inbox", ["at"], where="sealed IS NOT NULL")
    index("ix_inbox_stored", "inbox", ["address_id", "inbound_id"], where="state = 'stored'")


def _outbox() -> None:
    op.create_table(
        "outbox",
        *columns(ID, "outbox_id"),
        *columns(sa.String(32), "public_id"),
        *columns(sa.String(10), "kind", "state"),
        *columns(sa.String(24), "reason", null=True),
        *columns(ID, "family_id", "member_id", default="0"),
        *columns(ID, "address_id"),
        *columns(sa.String(10), "channel"),
        *columns(ID, "sender_id"),
        *columns(sa.String(60), "campaign", "step", "occurrence", default=""),
        *columns(ID, "pregnancy_id", null=True),
        *columns(sa.String(24), "purpose", default=""),
        *columns(ID, "revision_id", null=True),
        *columns(sa.String(64), "timing_hash", "words_hash", default=""),
        *columns(sa.String(12), "language", default="en"),
        *columns(ID, "inbound_id", null=True),
        *columns(sa.Integer(), "n", "epoch", "attempts", default="0"),
        *columns(sa.LargeBinary(), "sealed", null=True),
        *columns(sa.Date(), "opens_on", "closes_on", "look_on", "day", null=True),
        *columns(MOMENT, "send_at", "not_after", null=True),
        *columns(sa.Boolean(), "in_first_days", default=sa.false()),
        *columns(sa.String(60), "claimed_by", null=True),
        *columns(MOMENT, "claimed_until", "attempted_at", null=True),
        *columns(sa.String(64), "provider_id", "provider_code", null=True),
        *columns(sa.Integer(), "parts", null=True),
        *columns(MOMENT, "sent_at", "delivered_at", null=True),
        *columns(MOMENT, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_outbox"),
        one_of("outbox", "channel", "sms telegram"),
        one_of("outbox", "kind", "staged chosen check_in reply crisis staff"),
        one_of(
            "outbox",
            "state",
            "waiting queued sending sent delivered failed uncertain expired cancelled skipped",
        ),
        foreign("outbox", "addresses.address_id"),
        foreign("outbox", "senders.sender_id"),
        sa.UniqueConstraint("public_id", name="uq_outbox_public_id"),
    )
    index("ix_outbox_address_id_created_at", "outbox", ["address_id", "created_at"])
    index("ix_outbox_family_id", "outbox", ["family_id"])
    index("ix_outbox_in_flight", "outbox", ["claimed_until"], where="state IN ('sending', 'uncertain')")
    index("ix_outbox_parent", "outbox", ["campaign", "step", "day"])
    index("ix_outbox_provider_id", "outbox", ["provider_id"], where="provider_id IS NOT NULL")
    index(
        "ix_outbox_queued", "outbox", ["sender_id", "kind", "send_at", "outbox_id"], where="state = 'queued'"
    )
    index("ix_outbox_sealed", "outbox", ["created_at"], where="sealed IS NOT NULL")
    index("ix_outbox_waiting", "outbox", ["look_on", "family_id"], where="state = 'waiting'")
    index(
        "uq_outbox_address_day",
        "outbox",
        ["address_id", "day"],
        unique=True,
        where="kind = 'staged' AND state IN ('queued', 'sending', 'sent', 'delivered', 'uncertain')",
    )
    index(
        "uq_outbox_delivery",
        "outbox",
        ["family_id", "member_id", "campaign", "step", "occurrence"],
        unique=True,
        where="kind IN ('staged', 'chosen', 'check_in')",
    )
    index("uq_outbox_reply", "outbox", ["inbound_id", "n"], unique=True, where="inbound_id IS NOT NULL")
