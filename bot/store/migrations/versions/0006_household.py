"""Codes, what members prefer, and two kinds of message more: a reminder, and a removal from a chat."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.shapes import ID, MOMENT, columns, foreign, index, one_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BEFORE = "staged chosen check_in reply crisis staff"
_AFTER = "staged chosen check_in reminder reply crisis staff removal"
_STATES = "waiting queued sending sent delivered failed uncertain expired cancelled skipped"


def upgrade() -> None:
    _codes()
    for column in (
        sa.Column("preferred_time", sa.String(40)),
        sa.Column("sees_pregnancy_id", ID),
        sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("members", column)
    op.add_column("outbox", sa.Column("shown_at", MOMENT))
    _kinds(_AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind IN ('reminder', 'removal')")
    _kinds(_BEFORE)
    op.drop_column("outbox", "shown_at")
    for name in ("private", "sees_pregnancy_id", "preferred_time"):
        op.drop_column("members", name)
    for table in ("code_tries", "codes"):
        op.drop_table(table)


def _codes() -> None:
    op.create_table(
        "codes",
        *columns(ID, "family_id", "code_id", autoincrement=False),
        *columns(sa.String(10), "purpose"),
        *columns(ID, "member_id", "taken_by", null=True),
        *columns(sa.String(64), "lookup"),
        *columns(sa.String(64), "label", default=""),
        *columns(MOMENT, "created_at", "expires_at"),
        *columns(MOMENT, "taken_at", "ended_at", null=True),
        sa.PrimaryKeyConstraint("family_id", "code_id", name="pk_codes"),
        sa.UniqueConstraint("lookup", name="uq_codes_lookup"),
        one_of("codes", "purpose", "join newphone"),
    )
    index("ix_codes_taken_by", "codes", ["taken_by"])
    op.create_table(
        "code_tries",
        *columns(ID, "try_id", autoincrement=False),
        *columns(ID, "address_id"),
        *columns(MOMENT, "at"),
        sa.PrimaryKeyConstraint("try_id", name="pk_code_tries"),
        foreign("code_tries", "addresses.address_id"),
    )
    index("ix_code_tries_address_id", "code_tries", ["address_id"])
    index("ix_code_tries_at", "code_tries", ["at"])


def _kinds(kinds: str) -> None:
    """The CHECK on `kind` names these; SQLite cannot change one, so there the table is made anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_outbox_kind"), "outbox", type_="check")
        listed = ", ".join(f"'{kind}'" for kind in kinds.split())
        op.create_check_constraint(op.f("ck_outbox_kind"), "outbox", f"kind IN ({listed})")
        return
    op.rename_table("outbox", "outbox_before")
    _outbox(kinds)
    op.execute("INSERT INTO outbox SELECT * FROM outbox_before")
    op.drop_table("outbox_before")
    _indexes()


def _outbox(kinds: str) -> None:
    """The columns stand in the order in which they came, for the copy."""
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
        *columns(sa.Date(), "doubted_on", null=True),
        *columns(MOMENT, "shown_at", null=True),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_outbox"),
        one_of("outbox", "channel", "sms telegram"),
        one_of("outbox", "kind", kinds),
        one_of("outbox", "state", _STATES),
        foreign("outbox", "addresses.address_id"),
        foreign("outbox", "senders.sender_id"),
        sa.UniqueConstraint("public_id", name="uq_outbox_public_id"),
    )


def _indexes() -> None:
    index("ix_outbox_address_id_created_at", "outbox", ["address_id", "created_at"])
    index("ix_outbox_doubted", "outbox", ["address_id", "doubted_on"], where="doubted_on IS NOT NULL")
    index("ix_outbox_family_id", "outbox", ["family_id"])
    index("ix_outbox_open", "outbox", ["family_id"], where="state IN ('waiting', 'queued')")
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
