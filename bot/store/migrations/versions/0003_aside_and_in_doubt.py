"""Work that a fault of ours stops is put aside; unread texts are counted; a day in doubt is kept."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.shapes import ID, MOMENT, columns, index

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "put_aside",
        *columns(ID, "family_id", autoincrement=False),
        *columns(sa.String(20), "work"),
        *columns(sa.Integer(), "tries"),
        *columns(sa.String(60), "error"),
        *columns(MOMENT, "since", "next_at"),
        sa.PrimaryKeyConstraint("family_id", "work", name="pk_put_aside"),
    )
    index("ix_inbox_unread", "inbox", ["inbound_id"], where="state IN ('unread', 'failed')")
    op.add_column("outbox", sa.Column("doubted_on", sa.Date(), nullable=True))
    index("ix_outbox_doubted", "outbox", ["address_id", "doubted_on"], where="doubted_on IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_outbox_doubted", "outbox")
    op.drop_column("outbox", "doubted_on")
    op.drop_index("ix_inbox_unread", "inbox")
    op.drop_table("put_aside")
