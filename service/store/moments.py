"""What time it is where everybody agrees: in the database.

Leases of replicas on several machines run out by this clock, whatever the machines' own clocks say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

# Not the moment at which the transaction began: it may have waited for a lock since.
_SERVER: Final = text("SELECT clock_timestamp()")
_FILE: Final = text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")


def now(session: Session) -> datetime:
    """The database's clock, aware, UTC. A file's is that of this machine."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.fromisoformat(session.execute(_FILE).scalar_one()).replace(tzinfo=UTC)
    found: datetime = session.execute(_SERVER).scalar_one()
    return found.astimezone(UTC)
