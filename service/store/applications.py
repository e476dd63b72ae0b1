"""Applications and their batches: what was meant to leave, what left, what was found of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.applied_tables import Application, Batch, BatchLine
from service.store.chunks import chunked, insert_many, written
from service.store.rows import columns_of, fetch, fetch_one

APPLICATIONS: Table = Application.metadata.tables["application"]
BATCHES: Table = Batch.metadata.tables["batch"]
BATCH_LINES: Table = BatchLine.metadata.tables["batch_line"]

OPEN = ("prepared", "dispatching", "unknown")
REACHED = ("applied", "unknown", "sent", "conflict")  # may have changed the word's bid that day


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRow:
    """One walk over the approved lines of an account; ``counts`` are its figures by name."""

    application_id: str
    account_id: str
    business_date: date
    state: str
    halt: str | None
    cause: str | None
    actor: str
    source: str
    counts: Mapping[str, Any]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """Up to 200 bids that are set in one call."""

    batch_id: str
    application_id: str
    account_id: str
    number: int
    business_date: date
    state: str
    cause: str | None
    created_at: datetime
    dispatched_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLineRow:
    """One bid of a batch, fen, and what was found of it on the platform."""

    batch_id: str
    line_id: int
    account_id: str
    keyword_id: str
    approval_event_id: int
    bid_before_fen: int
    bid_fen: int
    outcome: str
    told_set: bool = False
    found_fen: int | None = None
    first_read_fen: int | None = None
    first_read_at: datetime | None = None
    settled_at: datetime | None = None


def add(session: Session, application: ApplicationRow) -> None:
    """Insert an application."""
    session.execute(insert(APPLICATIONS), [asdict(application)])


def change(session: Session, application_id: str, **values: Any) -> None:
    """Set columns of an application."""
    statement = update(APPLICATIONS).where(APPLICATIONS.c.application_id == application_id)
    session.execute(statement.values(**values))


def get(session: Session, application_id: str) -> ApplicationRow:
    """One application; raises NotFoundError."""
    query = columns_of(ApplicationRow, APPLICATIONS).where(
        APPLICATIONS.c.application_id == application_id
    )
    row = fetch_one(session, ApplicationRow, query)
    if row is None:
        raise NotFoundError.of("application_unknown", application_id=application_id)
    return row


def page(
    session: Session,
    *,
    account_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[ApplicationRow]:
    """Applications, newest first; ``before`` = (created_at, application_id) of the last one seen."""
    column, query = APPLICATIONS.c, columns_of(ApplicationRow, APPLICATIONS)
    if account_id is not None:
        query = query.where(column.account_id == account_id)
    if before is not None:
        at, last = before
        older = (column.created_at == at) & (column.application_id < last)
        query = query.where(or_(column.created_at < at, older))
    order = (column.created_at.desc(), column.application_id.desc())
    return fetch(session, ApplicationRow, query.order_by(*order).limit(limit))


def running(session: Session, account_id: str) -> list[ApplicationRow]:
    """Applications of the account that are said to be under way."""
    query = columns_of(ApplicationRow, APPLICATIONS).where(
        APPLICATIONS.c.account_id == account_id, APPLICATIONS.c.state == "running"
    )
    return fetch(session, ApplicationRow, query)


def end_queued(session: Session, application_id: str, halt: str, cause: str, at: datetime) -> bool:
    """End an application that nobody has begun; False when it was begun, or is not there."""
    statement = update(APPLICATIONS).where(
        APPLICATIONS.c.application_id == application_id, APPLICATIONS.c.state == "queued"
    )
    values = {"state": "halted", "halt": halt, "cause": cause, "finished_at": at}
    return written(session, statement.values(**values)) == 1


def add_batch(session: Session, batch: BatchRow, lines: Sequence[BatchLineRow]) -> None:
    """Insert a batch and its lines."""
    session.execute(insert(BATCHES), [asdict(batch)])
    insert_many(session, insert(BATCH_LINES), (asdict(line) for line in lines))


def change_batch(session: Session, batch_id: str, **values: Any) -> None:
    """Set columns of a batch."""
    session.execute(update(BATCHES).where(BATCHES.c.batch_id == batch_id).values(**values))


def batch(session: Session, batch_id: str) -> BatchRow:
    """One batch; raises NotFoundError."""
    query = columns_of(BatchRow, BATCHES).where(BATCHES.c.batch_id == batch_id)
    row = fetch_one(session, BatchRow, query)
    if row is None:
        raise NotFoundError.of("batch_unknown", batch_id=batch_id)
    return row


def batches(
    session: Session,
    *,
    application_id: str | None = None,
    account_id: str | None = None,
    states: Sequence[str] = (),
) -> list[BatchRow]:
    """Batches, oldest first."""
    query = columns_of(BatchRow, BATCHES)
    if application_id is not None:
        query = query.where(BATCHES.c.application_id == application_id)
    if account_id is not None:
        query = query.where(BATCHES.c.account_id == account_id)
    if states:
        query = query.where(BATCHES.c.state.in_(states))
    return fetch(session, BatchRow, query.order_by(BATCHES.c.created_at, BATCHES.c.number))


def named(session: Session, undone: str) -> list[BatchRow]:
    """The batches that an id stands for: one batch, or all of an application. NotFoundError."""
    found = batches(session, application_id=undone)
    return found or [batch(session, undone)]


def batch_lines(
    session: Session, batch_ids: Iterable[str], *, outcomes: Sequence[str] = ()
) -> list[BatchLineRow]:
    """Lines of batches, by line id."""
    found: list[BatchLineRow] = []
    for piece in chunked(batch_ids):
        query = columns_of(BatchLineRow, BATCH_LINES).where(BATCH_LINES.c.batch_id.in_(piece))
        if outcomes:
            query = query.where(BATCH_LINES.c.outcome.in_(outcomes))
        found += fetch(session, BatchLineRow, query)
    return sorted(found, key=lambda row: row.line_id)


def settle(session: Session, lines: Iterable[BatchLineRow]) -> None:
    """Write outcome and reads of batch lines."""
    names = ("outcome", "told_set", "found_fen", "first_read_fen", "first_read_at", "settled_at")
    rows = [
        {"b_batch": line.batch_id, "b_line": line.line_id}
        | {f"b_{name}": getattr(line, name) for name in names}
        for line in lines
    ]
    statement = (
        update(BATCH_LINES)
        .where(BATCH_LINES.c.batch_id == bindparam("b_batch"))
        .where(BATCH_LINES.c.line_id == bindparam("b_line"))
        .values(**{name: bindparam(f"b_{name}") for name in names})
    )
    if rows:
        session.connection().execute(statement, rows)


def sends(session: Session, line_ids: Iterable[int]) -> Mapping[int, int]:
    """line_id → how many dispatched batches it was in."""
    found: dict[int, int] = {}
    for piece in chunked(line_ids):
        query = (
            select(BATCH_LINES.c.line_id, func.count())
            .join(BATCHES, BATCHES.c.batch_id == BATCH_LINES.c.batch_id)
            .where(BATCH_LINES.c.line_id.in_(piece), BATCHES.c.dispatched_at.is_not(None))
            .group_by(BATCH_LINES.c.line_id)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def words_changed(session: Session, account_id: str, business_date: date) -> set[str]:
    """Words that a batch of that day has, or may have, given a bid."""
    query = (
        select(BATCH_LINES.c.keyword_id)
        .join(BATCHES, BATCHES.c.batch_id == BATCH_LINES.c.batch_id)
        .where(
            BATCHES.c.account_id == account_id,
            BATCHES.c.business_date == business_date,
            BATCHES.c.dispatched_at.is_not(None),
            BATCH_LINES.c.outcome.in_(REACHED),
        )
    )
    return set(session.execute(query).scalars())


def bids_before(session: Session, account_id: str, business_date: date) -> Mapping[str, int]:
    """keyword_id → the bid, fen, that stood before the day's first change of it by kaiche."""
    query = (
        select(BATCH_LINES.c.keyword_id, BATCH_LINES.c.bid_before_fen)
        .join(BATCHES, BATCHES.c.batch_id == BATCH_LINES.c.batch_id)
        .where(
            BATCHES.c.account_id == account_id,
            BATCHES.c.business_date == business_date,
            BATCH_LINES.c.outcome == "applied",
        )
        .order_by(BATCHES.c.created_at.desc())
    )
    return {row.keyword_id: row.bid_before_fen for row in session.execute(query)}  # first wins


def settled_since(session: Session, account_id: str, since: datetime) -> Mapping[str, int]:
    """keyword_id → the bid found, newest last, of words that were settled at or after ``since``."""
    query = (
        select(BATCH_LINES.c.keyword_id, BATCH_LINES.c.found_fen)
        .where(
            BATCH_LINES.c.account_id == account_id,
            BATCH_LINES.c.settled_at >= since,
            BATCH_LINES.c.found_fen.is_not(None),
        )
        .order_by(BATCH_LINES.c.settled_at)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def outcomes(session: Session, batch_ids: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    """batch_id → outcome → number of lines."""
    found: dict[str, dict[str, int]] = {}
    for piece in chunked(batch_ids):
        key = (BATCH_LINES.c.batch_id, BATCH_LINES.c.outcome)
        query = select(*key, func.count()).where(BATCH_LINES.c.batch_id.in_(piece)).group_by(*key)
        for batch_id, outcome, number in session.execute(query):
            found.setdefault(batch_id, {})[outcome] = number
    return found
