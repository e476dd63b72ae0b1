"""Very many rows in and out at the database's own speed: SQLAlchemy writes the statements and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Connection, Date, Float, Select, String, Table, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.store.chunks import ROW_CHUNK, chunked
from service.store.scope import narrowed

Rows = Iterable[Sequence[Any]]

# What PostgreSQL calls the types of columns that may be sent to it as they are in memory.
_SENT_AS: Final = (
    (Date, "date"),
    (String, "text"),
    (BigInteger, "int8"),
    (Float, "float8"),
    (Boolean, "bool"),
)


def insert_rows(session: Session, table: Table, rows: Rows) -> None:
    """Insert rows, each in the order of the table's columns: COPY on PostgreSQL, tuples elsewhere."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        _insert(connection, table, rows)


def rows_of(session: Session, query: Select[Any], size: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a query as the driver tells them, ``size`` at a time.

    SQLite tells dates as ISO text and truth as 0 or 1. Memory grows with the piece only. A session
    that sees some accounts only sees no others here.
    """
    connection = session.connection()
    told = narrowed(session, query).compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    )
    driver: Any = connection.connection.driver_connection
    named = {"name": "kaiche_rows"} if connection.dialect.name == "postgresql" else {}
    with _told(connection, str(told)), closing(driver.cursor(**named)) as cursor:
        cursor.execute(str(told), ())  # with parameters, none, so that %% is read as %
        while piece := cursor.fetchmany(size):
            yield piece


@contextmanager
def _told(connection: Connection, statement: str) -> Iterator[None]:
    """An error of the driver, which SQLAlchemy has not seen, is raised as SQLAlchemy's."""
    dialect = connection.dialect
    raised: Any = dialect.loaded_dbapi.Error
    try:
        yield
    except raised as error:
        raise DBAPIError.instance(statement, None, error, raised, dialect=dialect) from error


def _copy(connection: Connection, table: Table, rows: Rows) -> None:
    names = ", ".join(connection.dialect.identifier_preparer.quote(c.name) for c in table.columns)
    statement = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
    kinds = [
        next(sent for kind, sent in _SENT_AS if isinstance(column.type, kind))
        for column in table.columns
    ]
    with (
        _told(connection, statement),
        closing(connection.connection.cursor()) as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)


def _insert(connection: Connection, table: Table, rows: Rows) -> None:
    dialect = connection.dialect
    statement = str(insert(table).compile(dialect=dialect))
    readers = [
        column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns
    ]
    changed = [(place, reader) for place, reader in enumerate(readers) if reader is not None]

    def written(row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for place, reader in changed:
            values[place] = reader(values[place])
        return tuple(values)

    for piece in chunked(map(written, rows), ROW_CHUNK):
        connection.exec_driver_sql(statement, list(piece))
