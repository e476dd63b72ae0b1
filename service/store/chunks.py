"""Many rows at once: pieces small enough for every database's limit of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Executable, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.errors import StoreError

T = TypeVar("T")

IN_CHUNK = 5_000  # values in one IN (…): well under SQLite's 32,766 and PostgreSQL's 65,535
ROW_CHUNK = 20_000  # rows held in memory by one bulk insert

ConflictInsert = sqlite.Insert | postgresql.Insert


def chunked(items: Iterable[T], size: int = IN_CHUNK) -> Iterator[Sequence[T]]:
    """Consecutive pieces of at most ``size`` items; none for no items."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


def insert_or(session: Session, table: Table) -> ConflictInsert:
    """An INSERT that knows ON CONFLICT, in the dialect of the session's database."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        return sqlite.insert(table)
    if dialect == "postgresql":
        return postgresql.insert(table)
    raise StoreError(f"{dialect} is not supported; use SQLite or PostgreSQL in `database`")


def written(session: Session, statement: Executable) -> int:
    """Carry out an INSERT, UPDATE or DELETE; returns how many rows it touched.

    Without the option the count of an INSERT is lost with the cursor on PostgreSQL.
    """
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount


def insert_many(session: Session, statement: Insert, rows: Iterable[dict[str, object]]) -> int:
    """Insert rows in pieces; returns how many were sent."""
    sent = 0
    for piece in chunked(rows, ROW_CHUNK):
        session.execute(statement, piece)
        sent += len(piece)
    return sent
