"""the first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adgroup",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("adgroup_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("item_name", sa.String(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "adgroup_id", name=op.f("pk_adgroup")),
    )
    op.create_table(
        "audit_event",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("proposal_id", sa.String(length=36), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("keyword_id", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_line_id"), ["line_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_event_proposal_id"), ["proposal_id"], unique=False
        )

    op.create_table(
        "campaign",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("daily_budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("bid_type", sa.String(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "campaign_id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "keyword",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("keyword_id", sa.String(length=64), nullable=False),
        sa.Column("adgroup_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("match", sa.String(), nullable=True),
        sa.Column("bid_fen", sa.BigInteger(), nullable=True),
        sa.Column("quality_score", sa.Double(), nullable=True),
        sa.Column("biddable", sa.Boolean(), nullable=False),
        sa.Column("not_biddable_reason", sa.String(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "keyword_id", name=op.f("pk_keyword")),
    )
    op.create_table(
        "keyword_day",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("keyword_id", sa.String(length=64), nullable=False),
        sa.Column("adgroup_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("bid_fen", sa.BigInteger(), nullable=True),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("spend_fen", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("revenue_fen", sa.BigInteger(), nullable=False),
        sa.Column("carts", sa.BigInteger(), nullable=True),
        sa.Column("favourites", sa.BigInteger(), nullable=True),
        sa.Column("avg_rank", sa.Double(), nullable=True),
        sa.Column("budget_hit", sa.Boolean(), nullable=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "date", "keyword_id", name=op.f("pk_keyword_day")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("keyword_day", schema=None) as batch_op:
        batch_op.create_index(
            "ix_keyword_day_keyword", ["account_id", "keyword_id", "date"], unique=False
        )

    op.create_table(
        "pull_day",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pulled_on", sa.Date(), nullable=False),
        sa.Column("keywords", sa.BigInteger(), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("spend_fen", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("revenue_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "date", "pulled_at", name=op.f("pk_pull_day")),
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("inputs_hash", sa.String(), nullable=True),
        sa.Column("config_hash", sa.String(), nullable=True),
        sa.Column("code_version", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("review", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
        sa.UniqueConstraint("account_id", "business_date", name=op.f("uq_run_account_id")),
    )
    op.create_table(
        "settlement",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("keyword_id", sa.String(length=64), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pulled_on", sa.Date(), nullable=False),
        sa.Column("adgroup_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("bid_fen", sa.BigInteger(), nullable=True),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("spend_fen", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("revenue_fen", sa.BigInteger(), nullable=False),
        sa.Column("carts", sa.BigInteger(), nullable=True),
        sa.Column("favourites", sa.BigInteger(), nullable=True),
        sa.Column("avg_rank", sa.Double(), nullable=True),
        sa.Column("budget_hit", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint(
            "account_id", "date", "keyword_id", "pulled_at", name=op.f("pk_settlement")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "proposal",
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("review", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("totals", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("frontier", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("policy", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("breaches", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_proposal_run_id")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("run_id", name=op.f("uq_proposal_run_id")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_account_id"), ["account_id"], unique=False)

    op.create_table(
        "reject",
        sa.Column(
            "reject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("column", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_reject_run_id")),
        sa.PrimaryKeyConstraint("reject_id", name=op.f("pk_reject")),
    )
    with op.batch_alter_table("reject", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reject_run_id"), ["run_id"], unique=False)

    op.create_table(
        "run_input",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_run_input_run_id")),
        sa.PrimaryKeyConstraint("run_id", "kind", name=op.f("pk_run_input")),
    )
    op.create_table(
        "line",
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("keyword_id", sa.String(length=64), nullable=False),
        sa.Column("adgroup_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("match", sa.String(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bid_before_fen", sa.BigInteger(), nullable=True),
        sa.Column("bid_proposed_fen", sa.BigInteger(), nullable=True),
        sa.Column("bid_fen", sa.BigInteger(), nullable=True),
        sa.Column("change_rate", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("binding", sa.String(length=32), nullable=True),
        sa.Column("explore", sa.Boolean(), nullable=False),
        sa.Column("marginal_return", sa.Double(), nullable=True),
        sa.Column("expected", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("spend_after_fen", sa.BigInteger(), nullable=False),
        sa.Column("spend_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("contribution_after_fen", sa.BigInteger(), nullable=False),
        sa.Column("contribution_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.proposal_id"], name=op.f("fk_line_proposal_id")
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_line")),
        sa.UniqueConstraint("proposal_id", "keyword_id", name=op.f("uq_line_proposal_id")),
    )
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.create_index("ix_line_keyword", ["account_id", "keyword_id"], unique=False)
        batch_op.create_index("ix_line_state", ["proposal_id", "state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.drop_index("ix_line_state")
        batch_op.drop_index("ix_line_keyword")

    op.drop_table("line")
    op.drop_table("run_input")
    with op.batch_alter_table("reject", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reject_run_id"))

    op.drop_table("reject")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_account_id"))

    op.drop_table("proposal")
    op.drop_table("settlement")
    op.drop_table("run")
    op.drop_table("pull_day")
    with op.batch_alter_table("keyword_day", schema=None) as batch_op:
        batch_op.drop_index("ix_keyword_day_keyword")

    op.drop_table("keyword_day")
    op.drop_table("keyword")
    op.drop_table("idempotency_key")
    op.drop_table("campaign")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_proposal_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_line_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_at"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor"))
        batch_op.drop_index(batch_op.f("ix_audit_event_account_id"))

    op.drop_table("audit_event")
    op.drop_table("adgroup")
