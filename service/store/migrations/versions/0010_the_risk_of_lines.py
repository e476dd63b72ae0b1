"""the risk of lines"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("risk", sa.String(length=16), server_default="unknown", nullable=False)
        )
        batch_op.add_column(sa.Column("at_stake_fen", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.drop_column("at_stake_fen")
        batch_op.drop_column("risk")
