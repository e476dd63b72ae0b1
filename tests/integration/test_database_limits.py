"""What one process may use of a database, and how long it waits: plain errors at every limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from service.cli.root import main
from service.errors import StoreBusyError, StoreError
from service.settings.database import Database
from service.store import Store, migrate, open_store

WRITE = text("DELETE FROM campaign")
YAML = """\
database: {address: "sqlite:///unused.db", statement_seconds: 1, busy_seconds: 1}
accounts:
  - id: shop
    connector: {kind: reports, path: exports}
    objective: profit
    budgets: {daily: 300}
    economics: [{margin_rate: 0.35}]
"""


@contextmanager
def held(store: Store, table: str) -> Iterator[None]:
    """Somebody writes, and is not done."""
    with store.begin() as session:
        session.connection()
        if store.dialect == "postgresql":
            session.execute(text(f"LOCK TABLE {table}"))
        yield


def impatient(store: Store) -> Store:
    return open_store(Database(address=store.name, statement_seconds=1, busy_seconds=1))


def test_a_writer_waits_for_another_no_longer_than_it_may(store: Store) -> None:
    other = impatient(store)
    named = {"sqlite": "busy_seconds", "postgresql": "statement_seconds"}[store.dialect]
    with (
        held(store, "campaign"),
        pytest.raises(StoreError, match=f"database.{named}") as refused,
        other.begin() as late,
    ):
        late.execute(WRITE)
    assert isinstance(refused.value, StoreBusyError) == (store.dialect == "sqlite")
    with other.begin() as session:
        session.execute(WRITE)
    other.close()


def test_a_connection_that_is_not_free_in_time_is_missed_plainly(store: Store) -> None:
    tight = open_store(
        Database(address=store.name, pool_size=1, max_overflow=1, pool_wait_seconds=1)
    )
    with (
        tight.connection(),
        tight.connection(),
        pytest.raises(StoreBusyError, match="all 2 connections"),
        tight.read() as session,
    ):
        session.connection()
    with tight.read() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    tight.close()


def test_the_command_line_says_so_without_a_traceback(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "kaiche.yaml").write_text(YAML, encoding="utf-8")
    monkeypatch.setenv("KAICHE_DATABASE_URL", store.name)
    command = ["--config", str(tmp_path / "kaiche.yaml"), "stop", "--reason", "x"]
    with held(store, "stop_order"), pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 7
    said = capsys.readouterr().err
    assert "seconds`" in said
    assert "Traceback" not in said


def test_migrations_take_as_long_as_they_take(
    empty_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "SHOW statement_timeout"
    seen: list[str] = []

    def note(connection: Connection) -> None:
        seen.append(connection.exec_driver_sql(asked).scalar_one())

    monkeypatch.setattr(migrate, "upgrade", note)
    fresh = open_store(Database(address=empty_database(), statement_seconds=1))
    fresh.migrate()
    with fresh.read() as session:
        seen.append(session.execute(text(asked)).scalar_one())
    fresh.close()
    assert seen == ["0", "1s"]
