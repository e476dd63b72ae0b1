"""raises and links"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standing_limits",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("limits", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_standing_limits")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("linked_as", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("linked_subject", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_person_linked_as"), ["linked_as"])
        batch_op.create_unique_constraint(op.f("uq_person_linked_subject"), ["linked_subject"])


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_person_linked_subject"), type_="unique")
        batch_op.drop_constraint(op.f("uq_person_linked_as"), type_="unique")
        batch_op.drop_column("linked_subject")
        batch_op.drop_column("linked_as")
    op.drop_table("standing_limits")
