"""the chain: audit events are hashed in order, and the database refuses to change them"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PIECE = 5_000
EVENTS = sa.table(
    "audit_event",
    sa.column("event_id", sa.BigInteger),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("account_id", sa.String),
    sa.column("run_id", sa.String),
    sa.column("proposal_id", sa.String),
    sa.column("line_id", sa.BigInteger),
    sa.column("keyword_id", sa.String),
    sa.column("actor", sa.String),
    sa.column("source", sa.String),
    sa.column("action", sa.String),
    sa.column("before", sa.JSON(none_as_null=True)),
    sa.column("after", sa.JSON(none_as_null=True)),
    sa.column("reason", sa.String),
    sa.column("request_id", sa.String),
)
CONTENT = tuple(column.name for column in EVENTS.c)
CHAINED = sa.table(
    "audit_event",
    sa.column("event_id", sa.BigInteger),
    sa.column("prev_hash", sa.String),
    sa.column("hash", sa.String),
)
HEAD = sa.table(
    "audit_head",
    sa.column("head_id", sa.Integer),
    sa.column("event_id", sa.BigInteger),
    sa.column("hash", sa.String),
)

SQLITE_GUARDS = {
    "audit_event_keeps": "BEFORE UPDATE ON audit_event BEGIN "
    "SELECT RAISE(ABORT, 'audit events are never changed'); END",
    "audit_event_stays": "BEFORE DELETE ON audit_event BEGIN "
    "SELECT RAISE(ABORT, 'audit events are never deleted'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "audit_event_once": "BEFORE INSERT ON audit_event "
    "WHEN EXISTS (SELECT 1 FROM audit_event WHERE event_id = NEW.event_id) BEGIN "
    "SELECT RAISE(ABORT, 'audit events are never replaced'); END",
    "audit_head_advances": "BEFORE UPDATE ON audit_head "
    "WHEN NEW.head_id <> OLD.head_id OR NEW.event_id <= OLD.event_id BEGIN "
    "SELECT RAISE(ABORT, 'the head of the audit record only advances'); END",
    "audit_head_stays": "BEFORE DELETE ON audit_head BEGIN "
    "SELECT RAISE(ABORT, 'the head of the audit record is never deleted'); END",
    "audit_head_once": "BEFORE INSERT ON audit_head "
    "WHEN EXISTS (SELECT 1 FROM audit_head) BEGIN "
    "SELECT RAISE(ABORT, 'the audit record has one head'); END",
}
REFUSE = """\
CREATE FUNCTION kaiche_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed by %', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$"""
POSTGRESQL_GUARDS = {
    "audit_event_keeps": "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event "
    "FOR EACH STATEMENT EXECUTE FUNCTION kaiche_refuse()",
    "audit_head_advances": "BEFORE UPDATE ON audit_head FOR EACH ROW "
    "WHEN (NEW.head_id <> OLD.head_id OR NEW.event_id <= OLD.event_id) "
    "EXECUTE FUNCTION kaiche_refuse()",
    "audit_head_stays": "BEFORE DELETE OR TRUNCATE ON audit_head "
    "FOR EACH STATEMENT EXECUTE FUNCTION kaiche_refuse()",
}


def upgrade() -> None:
    with op.batch_alter_table("audit_event") as batch_op:
        batch_op.add_column(sa.Column("prev_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
    op.create_table(
        "audit_head",
        sa.Column("head_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("head_id", name=op.f("pk_audit_head")),
    )
    _chain(op.get_bind())
    with op.batch_alter_table("audit_event") as batch_op:
        batch_op.alter_column("prev_hash", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("hash", existing_type=sa.String(length=64), nullable=False)
    if _dialect() == "postgresql":
        op.execute(REFUSE)
    for name, guard in _guards().items():
        op.execute(f"CREATE TRIGGER {name} {guard}")


def downgrade() -> None:
    for name, guard in _guards().items():
        table = "audit_head" if " ON audit_head" in guard else "audit_event"
        op.execute(
            f"DROP TRIGGER {name} ON {table}"
            if _dialect() == "postgresql"
            else f"DROP TRIGGER {name}"
        )
    if _dialect() == "postgresql":
        op.execute("DROP FUNCTION kaiche_refuse()")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_event") as batch_op:
        batch_op.drop_column("hash")
        batch_op.drop_column("prev_hash")


def _dialect() -> str:
    return op.get_bind().dialect.name


def _guards() -> Mapping[str, str]:
    return POSTGRESQL_GUARDS if _dialect() == "postgresql" else SQLITE_GUARDS


def _chain(connection: sa.Connection) -> None:
    """Hash the events there are, in their order."""
    last_id, last_hash = 0, "0" * 64
    change = (
        sa.update(CHAINED)
        .where(CHAINED.c.event_id == sa.bindparam("of"))
        .values(prev_hash=sa.bindparam("before"), hash=sa.bindparam("own"))
    )
    while True:
        piece = sa.select(EVENTS).where(EVENTS.c.event_id > last_id)
        rows = connection.execute(piece.order_by(EVENTS.c.event_id).limit(PIECE)).mappings().all()
        if not rows:
            break
        links = []
        for row in rows:
            own = _hash(dict(row), last_hash)
            links.append({"of": row["event_id"], "before": last_hash, "own": own})
            last_id, last_hash = row["event_id"], own
        connection.execute(change, links)
    if last_id:
        connection.execute(sa.insert(HEAD).values(head_id=1, event_id=last_id, hash=last_hash))


def _hash(row: Mapping[str, Any], prev_hash: str) -> str:
    """As service.store.chain had it when this was written."""
    content = {name: row[name] for name in CONTENT}
    at = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=UTC)
    content["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(f"{prev_hash}\n{text}".encode()).hexdigest()
