"""lines by spend"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_line_spend", "line", ["proposal_id", "spend_after_fen", "line_id"])


def downgrade() -> None:
    op.drop_index("ix_line_spend", "line")
