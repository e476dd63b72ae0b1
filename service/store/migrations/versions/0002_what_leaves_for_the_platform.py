"""what leaves for the platform"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_state",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("applying_owner", sa.String(), nullable=True),
        sa.Column("applying_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unauthorised_since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unauthorised_cause", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_state")),
    )
    op.create_table(
        "alert",
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("message_zh", sa.String(), nullable=False),
        sa.Column("message_en", sa.String(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_account_id"), ["account_id"], unique=False)

    op.create_table(
        "application",
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("halt", sa.String(length=24), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_account_id"), ["account_id"], unique=False)

    op.create_table(
        "hands_off",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("keyword_id", sa.String(length=64), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bid_before_fen", sa.BigInteger(), nullable=True),
        sa.Column("bid_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "keyword_id", name=op.f("pk_hands_off")),
    )
    op.create_table(
        "stop_order",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_stop_order")),
    )
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.application_id"], name=op.f("fk_batch_application_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batch")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_batch_application_id")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index("ix_batch_account_state", ["account_id", "state"], unique=False)

    op.create_table(
        "rollback",
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("undoes", sa.String(length=36), nullable=False),
        sa.Column("left", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.proposal_id"], name=op.f("fk_rollback_proposal_id")
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_rollback")),
    )
    with op.batch_alter_table("rollback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rollback_undoes"), ["undoes"], unique=False)

    op.create_table(
        "batch_line",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("keyword_id", sa.String(length=64), nullable=False),
        sa.Column(
            "approval_event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("bid_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("bid_fen", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("told_set", sa.Boolean(), nullable=False),
        sa.Column("found_fen", sa.BigInteger(), nullable=True),
        sa.Column("first_read_fen", sa.BigInteger(), nullable=True),
        sa.Column("first_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["approval_event_id"],
            ["audit_event.event_id"],
            name=op.f("fk_batch_line_approval_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.batch_id"], name=op.f("fk_batch_line_batch_id")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["line.line_id"], name=op.f("fk_batch_line_line_id")),
        sa.PrimaryKeyConstraint("batch_id", "line_id", name=op.f("pk_batch_line")),
    )
    with op.batch_alter_table("batch_line", schema=None) as batch_op:
        batch_op.create_index("ix_batch_line_settled", ["account_id", "settled_at"], unique=False)
        batch_op.create_index("ix_batch_line_line", ["line_id"], unique=False)

    op.create_table(
        "undo",
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "undone_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(["line_id"], ["line.line_id"], name=op.f("fk_undo_line_id")),
        sa.ForeignKeyConstraint(
            ["undone_line_id"], ["line.line_id"], name=op.f("fk_undo_undone_line_id")
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_undo")),
    )
    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_undo_undone_line_id"), ["undone_line_id"], unique=False
        )

    op.create_index("ix_line_account_state", "line", ["account_id", "state"], unique=False)
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=16), server_default="night", nullable=False)
        )
        batch_op.drop_constraint(batch_op.f("uq_proposal_run_id"), type_="unique")
        batch_op.create_index("ix_proposal_run_id", ["run_id"], unique=False)
        batch_op.create_index(
            "uq_proposal_night",
            ["run_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'night'"),
            postgresql_where=sa.text("kind = 'night'"),
        )


def downgrade() -> None:
    op.drop_index("ix_line_account_state", "line")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_proposal_night",
            sqlite_where=sa.text("kind = 'night'"),
            postgresql_where=sa.text("kind = 'night'"),
        )
        batch_op.drop_index("ix_proposal_run_id")
        batch_op.create_unique_constraint(batch_op.f("uq_proposal_run_id"), ["run_id"])
        batch_op.drop_column("kind")

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_undo_undone_line_id"))

    op.drop_table("undo")
    with op.batch_alter_table("batch_line", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_line_line")
        batch_op.drop_index("ix_batch_line_settled")

    op.drop_table("batch_line")
    with op.batch_alter_table("rollback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rollback_undoes"))

    op.drop_table("rollback")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_account_state")

    op.drop_table("batch")
    op.drop_table("stop_order")
    op.drop_table("hands_off")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_account_id"))

    op.drop_table("application")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_account_id"))

    op.drop_table("alert")
    op.drop_table("account_state")
