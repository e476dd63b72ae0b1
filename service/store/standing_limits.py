"""The limits of budget and allowance that stand, an account each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from service.store.applied_tables import StandingLimits
from service.store.chunks import insert_or

LIMITS: Table = StandingLimits.metadata.tables["standing_limits"]


def get(session: Session, account_id: str, *, for_update: bool = False) -> dict[str, Any] | None:
    """name → value as it was put; None before the first night. ``for_update`` holds others up."""
    query = select(LIMITS.c.limits).where(LIMITS.c.account_id == account_id)
    found: dict[str, Any] | None = session.scalar(query.with_for_update() if for_update else query)
    return found


def put(session: Session, account_id: str, limits: Mapping[str, Any], *, at: datetime) -> None:
    """Write down an account's limits."""
    row = insert_or(session, LIMITS).values(account_id=account_id, limits=dict(limits), since_at=at)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[LIMITS.c.account_id],
            set_={"limits": row.excluded.limits, "since_at": row.excluded.since_at},
        )
    )
