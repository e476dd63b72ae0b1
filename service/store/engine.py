"""Opening the database, its transactions, and its migrations.

SQLite (WAL) by default; any SQLAlchemy URL by one setting, tested on PostgreSQL with psycopg.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFreeError
from sqlalchemy.orm import Session

from service.errors import StoreError
from service.settings.database import Database
from service.store import audit, failures, guards, migrate
from service.store.scope import ACCOUNTS, ScopedSession

MIGRATION_LOCK = 5_217_001  # any number, the same in every process


class Store:
    """One database. Safe to share between threads; every transaction has its own connection."""

    def __init__(self, engine: Engine, limits: Database) -> None:
        self._engine, self._limits = engine, limits
        reading: dict[str, Any] = {"kaiche_reading": True}
        if engine.dialect.name == "postgresql":
            reading |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine.execution_options(**reading)
        self._within: frozenset[str] | None = None

    def within(self, accounts: frozenset[str] | None) -> Store:
        """The same database, of which only rows of these accounts are seen or changed; None = all."""
        narrowed = copy.copy(self)
        narrowed._within = accounts
        return narrowed

    @property
    def name(self) -> str:
        """The address for people, without the password."""
        return self._engine.url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``, or another of SQLAlchemy's dialects."""
        return self._engine.dialect.name

    @property
    def file(self) -> str:
        """The path of an SQLite database."""
        return str(self._engine.url.database)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back by any exception.

        What was appended to the audit record is chained just before the commit.
        Raises StoreError when the database cannot be reached or has no tables yet.
        """
        with self._transaction(self._engine) as session:
            audit.collect(session)
            yield session
            audit.seal(session)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One reading transaction that sees a single moment and never blocks a writer."""
        with self._transaction(self._reader) as session:
            yield session

    @contextmanager
    def connection(self, *, writing: bool = False) -> Iterator[Connection]:
        """One transaction without a session, for what is done to whole tables."""
        engine = self._engine if writing else self._reader
        with self._reached(), engine.begin() as connection:
            yield connection

    def tables(self) -> tuple[str, ...]:
        """The names of all tables that are there, anybody's."""
        with self.connection() as connection:
            return tuple(sorted(inspect(connection).get_table_names()))

    def migrate(self) -> None:
        """Bring the tables to the newest version; does nothing when they are there."""
        with (
            self._reached(),
            self._engine.connect() as connection,
            _references_unchecked(connection),
            connection.begin(),
        ):
            _lock_out_other_migrations(connection)
            migrate.upgrade(connection)
            _check_references(connection)

    def revision(self) -> str | None:
        """The version that the tables are at, None for an empty database."""
        with self._reached(), self._reader.begin() as connection:
            return migrate.current(connection)

    def ready(self) -> None:
        """Raise StoreError unless the database answers and its tables are at the newest version."""
        found, wanted = self.revision(), migrate.newest()
        if found != wanted:
            raise StoreError(
                f"the tables of {self.name} are at version {found or 'none'}, this kaiche needs "
                f"{wanted}; run `kaiche database migrate`"
            )

    def check(self) -> tuple[str, ...]:
        """Where migrated tables and ``tables.py`` differ, in words; empty when they are in step."""
        with self._reached(), self._reader.begin() as connection:
            lost = (f"the trigger {name} is not there" for name in guards.missing(connection))
            return (*migrate.differences(connection), *lost)

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        with self._reached(), self._session(engine) as session, session.begin():
            yield session

    def _session(self, engine: Engine) -> Session:
        if self._within is None:
            return Session(engine, expire_on_commit=False)
        return ScopedSession(engine, expire_on_commit=False, info={ACCOUNTS: self._within})

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, NoneFreeError) as error:
            raise failures.told(error, self.name, self._limits) from error
        except DBAPIError as error:
            if failures.is_missing_table(error):
                raise failures.told(error, self.name, self._limits) from error
            raise


def exists(url: str) -> bool:
    """Whether there may be a database at a SQLAlchemy URL: a file, or any server."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return False
    named = address.database not in (None, "", ":memory:")
    return address.get_backend_name() != "sqlite" or (
        named and Path(str(address.database)).exists()
    )


def open_store(database: Database | str) -> Store:
    """Open a database, by its settings or by a SQLAlchemy URL; for SQLite its folder is created.

    Raises StoreError for an address that no driver understands.
    """
    limits = Database(address=database) if isinstance(database, str) else database
    try:
        address = make_url(limits.address)
        kind = _sqlite if address.get_backend_name() == "sqlite" else _server
        engine = kind(address, limits)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, OSError) as error:
        place = limits.address.rsplit("@", maxsplit=1)[-1]
        raise StoreError(
            f"`database: {place}` cannot be opened: {error}; write for example "
            "sqlite:///var/kaiche.db or postgresql+psycopg://user:password@host/name"
        ) from error
    return Store(engine, limits)


def _server(address: URL, limits: Database) -> Engine:
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address, pool_pre_ping=True, **_pool(limits))
    if address.get_backend_name() == "postgresql":
        event.listen(engine, "connect", partial(_configure_postgresql, limits))
    return engine


def _configure_postgresql(limits: Database, connection: Any, _record: Any) -> None:
    connection.execute(f"SET statement_timeout = '{limits.statement_seconds}s'")
    connection.commit()


def _sqlite(address: URL, limits: Database) -> Engine:
    waiting: dict[str, Any] = {"connect_args": {"timeout": limits.busy_seconds}}
    if address.database not in (None, "", ":memory:"):
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
        if address.query.get("mode") != "memory" and ":memory:" not in str(address.database):
            waiting |= _pool(limits)
    engine = create_engine(address, **waiting)
    event.listen(engine, "connect", partial(_configure_sqlite, limits))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _pool(limits: Database) -> dict[str, Any]:
    return {
        "pool_size": limits.pool_size,
        "max_overflow": limits.max_overflow,
        "pool_timeout": limits.pool_wait_seconds,
    }


def _configure_sqlite(limits: Database, connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"busy_timeout = {limits.busy_seconds * 1000}",
        "cache_size = -65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer cannot wait for one."""
    reading = connection.get_execution_options().get("kaiche_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _references_unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew; rows that refer to it must not notice."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise StoreError(
            f"a row of {broken[0]} refers to a row of {broken[2]} that is not there; the migration "
            "was undone. Restore the database from a backup, or mend that row"
        )


def _lock_out_other_migrations(connection: Connection) -> None:
    """The lock, and the changing of large tables, may take as long as they take."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
