"""Opening, migrating and checking a database of either kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from service.errors import StoreError
from service.store import Store, exists, migrate, open_store


def test_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    assert store.check() == ()
    store.ready()


def test_a_missing_column_is_named(own_store: Store) -> None:
    with own_store.begin() as session:
        session.execute(text("ALTER TABLE run DROP COLUMN cause"))
    (difference,) = own_store.check()
    assert "add_column" in difference
    assert "cause" in difference


def test_migrating_twice_changes_nothing_and_down_leaves_no_table(own_store: Store) -> None:
    own_store.migrate()
    assert own_store.revision() == migrate.newest()
    with own_store.begin() as session:
        migrate.downgrade(session.connection(), "base")
    assert own_store.revision() is None


def test_whether_a_database_is_there_is_told_without_making_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kaiche.db"
    assert not exists(f"sqlite:///{path}")
    assert not path.parent.exists()
    open_store(f"sqlite:///{path}").migrate()
    assert exists(f"sqlite:///{path}")
    assert not exists("sqlite://")
    assert exists("postgresql://somewhere/kaiche")
    assert not exists("sqlite:/no address")


def test_an_empty_database_is_not_ready_and_says_what_to_do(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'new' / 'kaiche.db'}")
    with pytest.raises(StoreError, match="kaiche database migrate"):
        store.ready()
    with pytest.raises(StoreError, match="no tables of kaiche yet"), store.read() as session:
        session.execute(text("SELECT * FROM run"))
    store.close()


@pytest.mark.parametrize("address", ["nonsense", "oracle9://x/y", "mysql+nothing://u:p@h/d"])
def test_an_address_nobody_understands_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as refused:
        open_store(address)
    assert "u:p@" not in str(refused.value)


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    store = open_store("postgresql://u:secret@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="cannot be used") as refused:
        store.ready()
    assert "secret" not in str(refused.value) + store.name
    store.close()


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def write_and_fail() -> None:
        with store.begin() as session:
            row = "('a', 'c', 'n', NULL, 'custom_bid', true, '2026-01-01')"
            session.execute(text(f"INSERT INTO campaign VALUES {row}"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM campaign")).scalar_one() == 0


def test_sqlite_waits_for_another_writer_and_lets_readers_pass(sqlite_url: str) -> None:
    one, other = open_store(sqlite_url), open_store(sqlite_url)
    with one.begin() as writing:
        writing.execute(text("DELETE FROM campaign"))
        with other.read() as reading:
            assert reading.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert reading.execute(text("SELECT count(*) FROM campaign")).scalar_one() == 0
    one.close()
    other.close()
