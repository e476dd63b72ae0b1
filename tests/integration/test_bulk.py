"""Many rows past SQLAlchemy: nothing is changed on the way, and errors are told like any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError
from sqlalchemy.schema import CreateTable

from service.errors import StoreError
from service.settings.database import Database
from service.store import Store, bulk, facts, open_store
from service.store.pulls import PULLED

DAY = date(2026, 2, 23)
FULL = (DAY, "7228150098312345678", "单元'一%", "c,1", 2**52, 1, 2, 3, 4, 5, 6, 7, 0.1 + 0.2, True)
BARE = (DAY, "k\\2", 'g"1', "c1", None, 0, 0, 0, 0, 0, None, None, None, None)


def test_rows_come_back_as_they_went(store: Store) -> None:
    with store.begin() as session:
        session.execute(CreateTable(PULLED))
        bulk.insert_rows(session, PULLED, [FULL, BARE])
        everything = select(PULLED).order_by(PULLED.c.avg_rank.is_(None))
        assert session.execute(everything).all() == [FULL, BARE]
        one = select(PULLED).where(PULLED.c.adgroup_id == FULL[2])
        told = [list(piece) for piece in bulk.rows_of(session, one, 10)]
        pieces = [len(piece) for piece in bulk.rows_of(session, select(PULLED), 1)]
        session.execute(text("DROP TABLE pulled_keyword_day"))
    day = DAY.isoformat() if store.dialect == "sqlite" else DAY
    assert told == [[(day, *FULL[1:])]]
    assert pieces == [1, 1]


def test_nothing_at_all_may_come(store: Store) -> None:
    with store.begin() as session:
        session.execute(CreateTable(PULLED))
        bulk.insert_rows(session, PULLED, [])
        assert list(bulk.rows_of(session, select(PULLED), 10)) == []
        session.execute(text("DROP TABLE pulled_keyword_day"))


@pytest.fixture
def server(empty_database: Callable[[], str]) -> Store:
    """A PostgreSQL database with tables, whose statements may take a second."""
    opened = open_store(Database(address=empty_database(), statement_seconds=1))
    opened.migrate()
    return opened


def test_what_the_server_refuses_is_told_like_any_other_error(server: Store) -> None:
    def send() -> None:
        with server.begin() as session:
            session.execute(CreateTable(PULLED))
            bulk.insert_rows(session, PULLED, [(DAY, "k\x00", *FULL[2:])])

    with pytest.raises(DataError, match="COPY pulled_keyword_day"):
        send()
    server.close()


def test_a_read_that_takes_too_long_is_ended_plainly(server: Store) -> None:
    with server.begin() as session:
        session.execute(text("LOCK TABLE keyword_day"))
        with pytest.raises(StoreError, match="statement_seconds"), server.read() as late:
            list(facts.iter_facts(late, "shop", DAY, DAY))
    server.close()
