"""Which key an import's reference was hashed with, so that a key can be known to be no longer needed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("families", sa.Column("reference_key", sa.String(16)))


def downgrade() -> None:
    op.drop_column("families", "reference_key")
