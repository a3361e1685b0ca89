"""Codes of an organisation are found by an index, and which key a code was hashed with is known."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.shapes import index

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("codes", sa.Column("lookup_key", sa.String(16)))
    index("ix_codes_label", "codes", ["label"])
    index("ix_audit_invited", "audit", ["what", "subject"], where="what = 'invite_professionals'")


def downgrade() -> None:
    op.drop_index("ix_audit_invited", "audit")
    op.drop_index("ix_codes_label", "codes")
    op.drop_column("codes", "lookup_key")
