"""When the duty is to be told of an alert, by which ways it was, and that it could not be."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.shapes import MOMENT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENTS = ("ring_at", "rung_at", "given_up_at")


def upgrade() -> None:
    """What was open before rings nobody: whoever is on duty has looked, or is to look at the list."""
    for name in _MOMENTS:
        op.add_column("alerts", sa.Column(name, MOMENT))
    op.add_column("alerts", sa.Column("rings", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("rung_by", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("rung_by", "rings", *_MOMENTS):
        op.drop_column("alerts", name)
