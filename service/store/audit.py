"""Audit events: appended in the transaction of what they record, listed, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, func, insert, select
from sqlalchemy.orm import Session

from service.store.chunks import chunked, insert_many
from service.store.rows import AuditRow, columns_of, fetch
from service.store.tables import AuditEvent

EVENTS: Table = AuditEvent.metadata.tables["audit_event"]
COLUMNS = tuple(column.name for column in EVENTS.c if column.name != "event_id")


class Recorded(Protocol):
    """What can be appended: a record with every column of the table but the id."""

    @property
    def at(self) -> datetime: ...  # noqa: D102 - the columns of AuditEvent
    @property
    def account_id(self) -> str | None: ...  # noqa: D102
    @property
    def run_id(self) -> str | None: ...  # noqa: D102
    @property
    def proposal_id(self) -> str | None: ...  # noqa: D102
    @property
    def line_id(self) -> int | None: ...  # noqa: D102
    @property
    def keyword_id(self) -> str | None: ...  # noqa: D102
    @property
    def actor(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def action(self) -> str: ...  # noqa: D102
    @property
    def before(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def after(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def reason(self) -> str | None: ...  # noqa: D102
    @property
    def request_id(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which events; every field that is set must hold. ``since`` is inclusive, ``until`` is not."""

    account_id: str | None = None
    run_id: str | None = None
    proposal_id: str | None = None
    line_id: int | None = None
    keyword_id: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def append(session: Session, events: Iterable[Recorded]) -> int:
    """Append events in the caller's transaction; returns how many."""
    rows = ({name: getattr(event, name) for name in COLUMNS} for event in events)
    return insert_many(session, insert(EVENTS), rows)


def page(
    session: Session, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
) -> list[AuditRow]:
    """Events, newest first; ``before`` = event_id of the last one seen."""
    query = columns_of(AuditRow, EVENTS).where(*_conditions(wanted))
    if before is not None:
        query = query.where(EVENTS.c.event_id < before)
    return fetch(session, AuditRow, query.order_by(EVENTS.c.event_id.desc()).limit(limit))


def approvals(session: Session, line_ids: Iterable[int]) -> Mapping[int, AuditRow]:
    """line_id → the newest approval of the line; a line that nobody approved is absent."""
    found: dict[int, AuditRow] = {}
    for piece in chunked(line_ids):
        newest = (
            select(func.max(EVENTS.c.event_id))
            .where(EVENTS.c.line_id.in_(piece), EVENTS.c.action == "approve")
            .group_by(EVENTS.c.line_id)
        )
        query = columns_of(AuditRow, EVENTS).where(EVENTS.c.event_id.in_(newest))
        found |= {row.line_id: row for row in fetch(session, AuditRow, query) if row.line_id}
    return found


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    equal = ("account_id", "run_id", "proposal_id", "line_id", "keyword_id", "actor", "action")
    conditions: list[ColumnElement[bool]] = [
        EVENTS.c[name] == getattr(wanted, name)
        for name in equal
        if getattr(wanted, name) is not None
    ]
    if wanted.since is not None:
        conditions.append(EVENTS.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(EVENTS.c.at < wanted.until)
    return conditions
