"""Several services on one database: of processes that want the same work at once, one gets it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from service.errors import RunInProgressError
from service.store import Store, account_states, runs
from service.store.rows import RunRow

SCRIPT = Path(__file__).parent / "contender.py"
CONTENDERS = 4
NEW, LEFT = "2026-03-02", "2026-03-03"


@pytest.fixture
def contenders(store: Store) -> Iterator[list[Any]]:
    """Processes that are ready to be let loose."""
    command, pipe = [sys.executable, str(SCRIPT), store.name], subprocess.PIPE
    started: list[Any] = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(CONTENDERS)
    ]
    assert [one.stdout.readline() for one in started] == ["ready\n"] * CONTENDERS
    yield started
    for one in started:
        one.communicate()
    assert [one.returncode for one in started] == [0] * CONTENDERS


def contend(contenders: list[Any], wanted: str) -> list[str]:
    """What each of them got, all let loose together."""
    for one in contenders:
        one.stdin.write(f"{wanted}\n")
        one.stdin.flush()
    return sorted(one.stdout.readline().strip() for one in contenders)


def test_of_processes_that_want_the_same_work_one_gets_it(
    store: Store, contenders: list[Any], make_run: Callable[..., RunRow]
) -> None:
    with store.begin() as session:  # a night whose holder has given up its lease
        left = make_run(business_date=date.fromisoformat(LEFT), lease_until_at=None)
        runs.open_run(session, left, is_gone=lambda _: False)
    for wanted in (NEW, LEFT, "apply"):
        assert contend(contenders, wanted) == ["ours"] + ["refused"] * (CONTENDERS - 1), wanted
    with store.read() as session:
        assert runs.get(session, left.run_id).attempt == 2


def test_two_threads_of_one_process_do_not_both_take_what_it_let_run_out(
    store: Store, origin: Any
) -> None:
    """Their owner is the same, so only the locked row tells them apart."""
    life = timedelta(minutes=5)

    def take(now: Any) -> str:
        with store.begin() as session:
            try:
                account_states.take(
                    session, "shop", "me", now=now, until_at=now + life, is_gone=lambda _: False
                )
            except RunInProgressError:
                return "refused"
            return "ours"

    assert take(origin.at) == "ours"
    later = origin.at + 2 * life
    with ThreadPoolExecutor(2) as pool:
        with store.begin() as session:  # both get as far as the row, then it is let go
            session.execute(select(account_states.STATES).with_for_update())
            both = [pool.submit(take, later) for _ in range(2)]
            wait_for_two_waiters(store)
        assert sorted(one.result() for one in both) == ["ours", "refused"]


def wait_for_two_waiters(store: Store) -> None:
    """Until two wait for a lock; on SQLite a writer cannot even begin beside another."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    waiting = 2 if store.dialect == "sqlite" else 0
    while waiting < 2:
        with store.read() as session:
            waiting = session.execute(query).scalar_one()
