"""Opening, migrating and checking a database of either kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

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


def test_a_database_of_the_first_version_keeps_its_proposals(own_store: Store) -> None:
    """SQLite makes a changed table anew; lines that refer to it must not notice."""
    with own_store.begin() as session:
        migrate.downgrade(session.connection(), "0001")
        for statement in FIRST_VERSION:
            session.execute(text(statement))
    own_store.migrate()
    own_store.ready()
    with own_store.begin() as session:
        found = session.execute(text("SELECT proposal_id, kind FROM proposal")).all()
        lines = session.execute(text("SELECT proposal_id FROM line")).scalars().all()
        with pytest.raises(IntegrityError):
            session.execute(text(FIRST_VERSION[2]))
    assert (found, lines) == ([("p1", "night")], ["p1"])


def test_a_second_proposal_of_a_night_is_refused_and_a_rollback_is_not(own_store: Store) -> None:
    with own_store.begin() as session:
        for statement in FIRST_VERSION[:2]:
            session.execute(text(statement))
        second = FIRST_VERSION[1].replace("'p1'", "'p2'")
        rollback = second.replace("(proposal_id,", "(kind, proposal_id,")
        session.execute(text(rollback.replace("VALUES (", "VALUES ('rollback', ")))
    with pytest.raises(IntegrityError), own_store.begin() as session:
        session.execute(text(second.replace("'p2'", "'p3'")))


FIRST_VERSION = (
    "INSERT INTO run (run_id, account_id, business_date, state, step, trigger, attempt, started_at, "
    "seed, counts, review) VALUES ('r1', 'shop', '2026-03-02', 'succeeded', 'save', 'cli', 1, "
    "'2026-03-02 00:30:00', 7, '{}', '[]')",
    "INSERT INTO proposal (proposal_id, run_id, account_id, business_date, state, review, status, "
    "totals, frontier, policy, breaches, content_hash, created_at, expires_at) VALUES ('p1', 'r1', "
    "'shop', '2026-03-02', 'open', 'PASS', 'optimal', '{}', '[]', '{}', '[]', '0', "
    "'2026-03-02 00:31:00', '2026-03-04 00:31:00')",
    "INSERT INTO line (proposal_id, account_id, keyword_id, adgroup_id, campaign_id, word, state, "
    "version, change_rate, reason, explore, expected, spend_after_fen, spend_before_fen, "
    "contribution_after_fen, contribution_before_fen) VALUES ('p1', 'shop', 'k1', 'g1', 'c1', '裙', "
    "'pending', 1, 0.1, 'hold_noise', false, '{}', 1, 1, 1, 1)",
)


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
