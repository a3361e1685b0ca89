"""An index of the rows that wait or are queued, by family: the planner need not read what left long ago."""

from alembic import op

from bot.store.migrations.shapes import index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index("ix_outbox_open", "outbox", ["family_id"], where="state IN ('waiting', 'queued')")


def downgrade() -> None:
    op.drop_index("ix_outbox_open", "outbox")
