"""The first tables: what this database is, families, what was published."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.shapes import ID, MOMENT, columns, foreign, index, one_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for make in (
        _addresses, _approvals, _audit, _cursors, _due, _families, _leases, _meta, _planned,
        _revisions, _withdrawals, _family_events, _holds, _members, _pregnancies, _answers, _babies,
        _consent_states, _consents, _topics,
    ):  # fmt: skip
        make()


def downgrade() -> None:
    for table in (
        "topics", "consents", "consent_states", "babies", "answers", "pregnancies", "members",
        "holds", "family_events", "withdrawals", "revisions", "planned", "meta", "leases",
        "families", "due", "cursors", "audit", "approvals", "addresses",
    ):  # fmt: skip
        op.drop_table(table)


def _addresses() -> None:
    op.create_table(
        "addresses",
        *columns(ID, "address_id"),
        *columns(sa.String(10), "channel"),
        *columns(sa.LargeBinary(32), "lookup"),
        *columns(sa.String(16), "lookup_key"),
        *columns(sa.LargeBinary(), "sealed", null=True),
        *columns(MOMENT, "stopped_at", "suspended_at", null=True),
        *columns(sa.String(40), "suspended_reason", null=True),
        *columns(sa.Integer(), "failures", default="0"),
        *columns(sa.Date(), "failed_on", null=True),
        *columns(MOMENT, "free_at", null=True),
        *columns(sa.Boolean(), "guest", default=sa.false()),
        *columns(MOMENT, "told_off_at", null=True),
        *columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("address_id", name="pk_addresses"),
        one_of("addresses", "channel", "sms telegram"),
        sa.UniqueConstraint("channel", "lookup", name="uq_addresses_channel_lookup"),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        *columns(ID, "approval_id"),
        *columns(sa.String(60), "campaign", "step"),
        *columns(sa.String(64), "words_hash"),
        *columns(sa.String(12), "language"),
        *columns(sa.String(80), "approver", "role", "registration"),
        *columns(MOMENT, "at"),
        sa.PrimaryKeyConstraint("approval_id", name="pk_approvals"),
    )
    index("ix_approvals_words_hash", "approvals", ["words_hash"])


def _audit() -> None:
    op.create_table(
        "audit",
        *columns(ID, "audit_id"),
        *columns(MOMENT, "at"),
        *columns(sa.String(80), "who"),
        *columns(sa.String(60), "what"),
        *columns(sa.String(120), "subject", default=""),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit"),
    )


def _cursors() -> None:
    op.create_table(
        "cursors",
        *columns(sa.String(60), "name"),
        *columns(sa.Text(), "value"),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )


def _due() -> None:
    op.create_table(
        "due",
        *columns(ID, "family_id"),
        *columns(sa.String(60), "campaign", "step"),
        *columns(sa.Date(), "since"),
        sa.PrimaryKeyConstraint("family_id", "campaign", "step", name="pk_due"),
    )


def _families() -> None:
    op.create_table(
        "families",
        *columns(ID, "family_id"),
        *columns(sa.String(64), "reference", null=True),
        *columns(sa.Integer(), "epoch", default="0"),
        *columns(sa.Boolean(), "held", default=sa.false()),
        *columns(sa.Date(), "moved_on", "ended_on", null=True),
        *columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("family_id", name="pk_families"),
        sa.UniqueConstraint("reference", name="uq_families_reference"),
    )
    index("ix_families_ended_on", "families", ["ended_on"], where="ended_on IS NOT NULL")


def _leases() -> None:
    op.create_table(
        "leases",
        *columns(sa.String(40), "name"),
        *columns(sa.String(60), "holder"),
        *columns(MOMENT, "until"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        *columns(sa.String(40), "name"),
        *columns(sa.Text(), "value"),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )


def _planned() -> None:
    op.create_table(
        "planned",
        *columns(sa.String(60), "campaign", "step"),
        *columns(sa.String(64), "timing_hash"),
        *columns(sa.Date(), "through"),
        sa.PrimaryKeyConstraint("campaign", "step", name="pk_planned"),
    )


def _revisions() -> None:
    op.create_table(
        "revisions",
        *columns(ID, "revision_id"),
        *columns(sa.String(60), "campaign"),
        *columns(sa.JSON(), "files", "timing", "words"),
        *columns(sa.String(64), "content_hash"),
        *columns(MOMENT, "published_at"),
        *columns(sa.String(80), "published_by"),
        sa.PrimaryKeyConstraint("revision_id", name="pk_revisions"),
    )
    index("ix_revisions_campaign_revision_id", "revisions", ["campaign", "revision_id"])


def _withdrawals() -> None:
    op.create_table(
        "withdrawals",
        *columns(ID, "withdrawal_id"),
        *columns(sa.String(60), "campaign"),
        *columns(sa.String(60), "step", null=True),
        *columns(MOMENT, "at"),
        *columns(sa.String(80), "by"),
        *columns(MOMENT, "lifted_at", null=True),
        sa.PrimaryKeyConstraint("withdrawal_id", name="pk_withdrawals"),
    )


def _family_events() -> None:
    op.create_table(
        "family_events",
        *columns(ID, "family_id", "event_id"),
        *columns(MOMENT, "at"),
        *columns(sa.String(40), "kind"),
        *columns(ID, "member_id", null=True),
        *columns(sa.JSON(), "detail"),
        sa.PrimaryKeyConstraint("family_id", "event_id", name="pk_family_events"),
        foreign("family_events", "families.family_id"),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        *columns(ID, "family_id", "hold_id"),
        *columns(sa.String(16), "kind"),
        *columns(ID, "member_id", default="0"),
        *columns(MOMENT, "at"),
        *columns(MOMENT, "lifted_at", null=True),
        *columns(ID, "lifted_by", null=True),
        sa.PrimaryKeyConstraint("family_id", "hold_id", name="pk_holds"),
        one_of("holds", "kind", "loss unclear_loss silence mother_away"),
        foreign("holds", "families.family_id"),
    )
    index(
        "uq_holds_open", "holds", ["family_id", "kind", "member_id"], unique=True, where="lifted_at IS NULL"
    )


def _members() -> None:
    op.create_table(
        "members",
        *columns(ID, "family_id", "member_id"),
        *columns(sa.String(16), "role"),
        *columns(sa.String(12), "language"),
        *columns(sa.String(8), "link"),
        *columns(sa.Date(), "joined_on"),
        *columns(ID, "address_id", null=True),
        *columns(sa.Date(), "paused_until", null=True),
        *columns(sa.String(40), "area", null=True),
        *columns(sa.Boolean(), "essential_only", "under_20", "previous_loss", default=sa.false()),
        *columns(MOMENT, "left_at", null=True),
        sa.PrimaryKeyConstraint("family_id", "member_id", name="pk_members"),
        one_of("members", "link", "own code"),
        one_of("members", "role", "mother father partner grandparent sibling carer professional"),
        foreign("members", "addresses.address_id"),
        foreign("members", "families.family_id"),
    )
    index("ix_members_address_id", "members", ["address_id"])
    index("ix_members_joined_on", "members", ["joined_on"])


def _pregnancies() -> None:
    op.create_table(
        "pregnancies",
        *columns(ID, "family_id", "pregnancy_id"),
        *columns(sa.Date(), "due_on", "born_on", "corrected_on", "lost_on", null=True),
        *columns(sa.Boolean(), "neonatal", default=sa.false()),
        *columns(sa.JSON(), "resumed_for"),
        *columns(MOMENT, "checked_in_at", "check_in_answered_at", null=True),
        sa.PrimaryKeyConstraint("family_id", "pregnancy_id", name="pk_pregnancies"),
        foreign("pregnancies", "families.family_id"),
    )
    index("ix_pregnancies_born_on", "pregnancies", ["born_on"])
    index("ix_pregnancies_corrected_on", "pregnancies", ["corrected_on"])
    index("ix_pregnancies_due_on", "pregnancies", ["due_on"])
    index("ix_pregnancies_lost_on", "pregnancies", ["lost_on"])


def _answers() -> None:
    op.create_table(
        "answers",
        *columns(ID, "family_id", "member_id"),
        *columns(sa.String(60), "campaign"),
        *columns(sa.String(30), "meaning"),
        *columns(MOMENT, "at"),
        sa.PrimaryKeyConstraint("family_id", "member_id", "campaign", "meaning", name="pk_answers"),
        foreign("answers", "members.family_id", "members.member_id"),
    )


def _babies() -> None:
    op.create_table(
        "babies",
        *columns(ID, "family_id", "baby_id", "pregnancy_id"),
        *columns(sa.String(10), "status"),
        sa.PrimaryKeyConstraint("family_id", "baby_id", name="pk_babies"),
        one_of("babies", "status", "expected born died apart"),
        foreign("babies", "pregnancies.family_id", "pregnancies.pregnancy_id"),
    )


def _consent_states() -> None:
    op.create_table(
        "consent_states",
        *columns(ID, "family_id", "member_id"),
        *columns(sa.String(24), "purpose"),
        *columns(sa.String(10), "channel"),
        *columns(sa.Boolean(), "live"),
        *columns(ID, "consent_id"),
        sa.PrimaryKeyConstraint("family_id", "member_id", "purpose", "channel", name="pk_consent_states"),
        foreign("consent_states", "members.family_id", "members.member_id"),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        *columns(ID, "family_id", "consent_id", "member_id"),
        *columns(sa.String(24), "purpose"),
        *columns(sa.String(10), "channel"),
        *columns(sa.Boolean(), "given"),
        *columns(MOMENT, "at"),
        *columns(sa.String(16), "how"),
        *columns(sa.String(64), "words_version"),
        sa.PrimaryKeyConstraint("family_id", "consent_id", name="pk_consents"),
        one_of("consents", "channel", "sms telegram"),
        one_of(
            "consents",
            "purpose",
            "pregnancy_and_baby support_after_loss next_pregnancy reminders professional evaluation",
        ),
        foreign("consents", "members.family_id", "members.member_id"),
    )


def _topics() -> None:
    op.create_table(
        "topics",
        *columns(ID, "family_id", "member_id"),
        *columns(sa.String(40), "topic"),
        *columns(sa.Boolean(), "wanted"),
        *columns(MOMENT, "at"),
        sa.PrimaryKeyConstraint("family_id", "member_id", "topic", name="pk_topics"),
        foreign("topics", "members.family_id", "members.member_id"),
    )
