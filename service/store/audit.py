"""Audit events: appended in the transaction of what they record, listed, never changed.

``append`` only collects. ``seal``, the last thing before the commit, takes the lock of the chain's
head, gives the events their numbers and hashes, and inserts them. Nothing is locked after the head,
so writers wait for each other there but never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, func, insert, select, update
from sqlalchemy.orm import Session

from service.errors import StoreError
from service.store.chain import GENESIS, Head, hash_of
from service.store.chunks import chunked, insert_many, insert_or
from service.store.rows import AuditRow, ChainedRow, columns_of, fetch
from service.store.tables import AuditEvent, AuditHead

EVENTS: Table = AuditEvent.metadata.tables["audit_event"]
HEAD: Table = AuditHead.metadata.tables["audit_head"]
COLUMNS = tuple(
    column.name for column in EVENTS.c if column.name not in ("event_id", "prev_hash", "hash")
)
HEAD_QUERY = select(HEAD.c.event_id, HEAD.c.hash)
WAITING = "kaiche_audit"  # in Session.info
THE_HEAD = 1
PIECE = 2_000


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


def collect(session: Session) -> None:
    """Let ``append`` take events in this transaction; whoever calls it calls ``seal`` at its end."""
    session.info[WAITING] = []


def append(session: Session, events: Iterable[Recorded]) -> int:
    """Append events in the caller's transaction; returns how many. They are there once it commits."""
    waiting: list[Recorded] | None = session.info.get(WAITING)
    if waiting is None:
        raise StoreError("audit events are appended in Store.begin(), whose commit chains them")
    before = len(waiting)
    waiting.extend(events)
    return len(waiting) - before


def seal(session: Session) -> None:
    """Chain and insert what was appended; nothing may be locked after it but by the commit."""
    waiting: list[Recorded] = session.info.pop(WAITING, [])
    if not waiting:
        return
    head = _locked_head(session)
    last = head

    def chained() -> Iterator[dict[str, object]]:
        nonlocal last
        for event in waiting:
            row = {name: getattr(event, name) for name in COLUMNS}
            row["event_id"] = last.event_id + 1
            row["prev_hash"] = last.hash
            row["hash"] = hash_of(row, last.hash)
            last = Head(last.event_id + 1, row["hash"])
            yield row

    insert_many(session, insert(EVENTS), chained())
    session.execute(update(HEAD).values(event_id=last.event_id, hash=last.hash))


def head(session: Session) -> Head | None:
    """The end of the chain, None before the first event."""
    row = session.execute(HEAD_QUERY).first()
    return None if row is None else Head(*row)


def _locked_head(session: Session) -> Head:
    query = HEAD_QUERY.with_for_update()
    row = session.execute(query).first()
    if row is None:
        begun = session.execute(select(EVENTS.c.event_id).limit(1)).first() is not None
        row = session.execute(query).first()  # another writer may just have begun the record
        if row is not None:
            return Head(*row)
        if begun:
            raise StoreError(
                "the audit record has lost its head, nothing can be recorded; see "
                "`kaiche audit verify`, and restore the database from a backup"
            )
        genesis = {"head_id": THE_HEAD, "event_id": 0, "hash": GENESIS}
        session.execute(insert_or(session, HEAD).values(genesis).on_conflict_do_nothing())
        row = session.execute(query).one()
    return Head(*row)


def chained(
    session: Session, wanted: AuditFilter, *, after: int, until: int, limit: int = PIECE
) -> list[ChainedRow]:
    """Events with their hashes, oldest first: ``after`` < event_id <= ``until``."""
    query = columns_of(ChainedRow, EVENTS).where(
        EVENTS.c.event_id > after, EVENTS.c.event_id <= until, *_conditions(wanted)
    )
    return fetch(session, ChainedRow, query.order_by(EVENTS.c.event_id).limit(limit))


def newest_id(session: Session) -> int:
    """The largest event_id, 0 without events."""
    return int(session.execute(select(func.coalesce(func.max(EVENTS.c.event_id), 0))).scalar_one())


def with_hash(session: Session, digest: str) -> int | None:
    """The event_id of the event that bears this hash; looks through all of them."""
    query = select(EVENTS.c.event_id).where(EVENTS.c.hash == digest)
    return session.execute(query.limit(1)).scalar_one_or_none()


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
