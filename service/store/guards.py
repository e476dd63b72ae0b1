"""The triggers that keep the audit record as it is; migrations make them, nothing drops them."""

from __future__ import annotations

from sqlalchemy import Connection, text

GUARDS = {
    "sqlite": (
        "audit_event_keeps",
        "audit_event_once",
        "audit_event_stays",
        "audit_head_advances",
        "audit_head_once",
        "audit_head_stays",
    ),
    "postgresql": ("audit_event_keeps", "audit_head_advances", "audit_head_stays"),
}
_THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND tgenabled <> 'D' AND relnamespace = current_schema()::regnamespace",
}


def missing(connection: Connection) -> tuple[str, ...]:
    """Guards that are not there, or are switched off."""
    dialect = connection.dialect.name
    there = set(connection.execute(text(_THERE[dialect])).scalars())
    return tuple(name for name in GUARDS[dialect] if name not in there)
