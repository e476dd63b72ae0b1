"""the ledger"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_day",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("spend_fen", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("contribution_fen", sa.BigInteger(), nullable=False),
        sa.Column("waiting_fen", sa.BigInteger(), nullable=False),
        sa.Column("reported_share", sa.Double(), nullable=False),
        sa.Column("own_sd_fen", sa.BigInteger(), nullable=False),
        sa.Column("shared_sd_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "date", "stated_on", name=op.f("pk_ledger_day")),
    )


def downgrade() -> None:
    op.drop_table("ledger_day")
