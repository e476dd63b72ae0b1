"""people"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
    )
    op.create_table(
        "person_role",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name=op.f("fk_person_role_name")),
        sa.PrimaryKeyConstraint("name", "scope", name=op.f("pk_person_role")),
    )
    op.create_table(
        "api_token",
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("label", sa.String(length=48), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("accounts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name=op.f("fk_api_token_name")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index("ix_api_token_name", "api_token", ["name"], unique=False)
    op.create_table(
        "browser_session",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name=op.f("fk_browser_session_name")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_browser_session")),
    )
    op.create_index("ix_browser_session_name", "browser_session", ["name"], unique=False)
    op.create_index(
        "ix_browser_session_expires_at", "browser_session", ["expires_at"], unique=False
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_since_at", "sign_in_attempts", ["since_at"], unique=False)
    op.add_column("line", sa.Column("author", sa.String(length=64), nullable=True))
    # A line that waits although somebody has decided on it was edited, opened or taken back.
    op.execute(
        "UPDATE line SET author = decided_by WHERE state = 'pending' AND decided_by IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.drop_column("author")
    for table in ("sign_in_attempts", "browser_session", "api_token", "person_role", "person"):
        op.drop_table(table)
