"""Runs: a night happens once, whoever starts it and whoever dies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.platform import Reject
from service.errors import NotFoundError, RunInProgressError
from service.store import Store, runs
from service.store.rows import RunRow

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
MakeRun = Callable[..., RunRow]


def alive(_: str) -> bool:
    return False


def dead(_: str) -> bool:
    return True


def take(store: Store, run: RunRow, is_gone: Callable[[str], bool] = alive) -> tuple[RunRow, bool]:
    with store.begin() as session:
        return runs.open_run(session, run, is_gone=is_gone)


def test_a_night_is_opened_once(store: Store, make_run: MakeRun) -> None:
    first = make_run()
    assert take(store, first) == (first, True)
    with pytest.raises(RunInProgressError, match="being worked on by me"):
        take(store, make_run(lease_owner="other"))
    assert take(store, make_run(account_id="second"))[1]
    assert take(store, make_run(business_date=date(2026, 3, 3)))[1]


def test_a_finished_night_is_left_alone(store: Store, make_run: MakeRun) -> None:
    first = make_run()
    take(store, first)
    with store.begin() as session:
        done = runs.finish(session, first, "succeeded", at=NOW, counts={"lines": 3})
    assert take(store, make_run(lease_owner="other"), dead) == (done, False)
    assert (done.lease_owner, done.finished_at, done.counts) == (None, NOW, {"lines": 3})


@pytest.mark.parametrize(
    ("is_gone", "later"), [(dead, timedelta()), (alive, timedelta(minutes=31))]
)
def test_a_dead_runs_figures_are_taken_over(
    store: Store, make_run: MakeRun, is_gone: Callable[[str], bool], later: timedelta
) -> None:
    first = make_run()
    take(store, first)
    with store.begin() as session:
        until = runs.lease_until(NOW)
        first = runs.advance(session, first, "store", until_at=until, cutoff_at=NOW)
    taken, ours = take(store, make_run(lease_owner="next", started_at=NOW + later), is_gone)
    assert ours
    assert (taken.run_id, taken.attempt, taken.lease_owner) == (first.run_id, 2, "next")
    assert (taken.cutoff_at, taken.step) == (NOW, "store")


def test_the_one_who_lost_the_lease_can_write_no_more(store: Store, make_run: MakeRun) -> None:
    first = make_run()
    take(store, first)
    take(store, make_run(lease_owner="next"), dead)
    with pytest.raises(RunInProgressError, match="taken over"), store.begin() as session:
        runs.advance(session, first, "save", until_at=NOW)
    with pytest.raises(RunInProgressError), store.begin() as session:
        runs.finish(session, first, "succeeded", at=NOW)


def test_a_failed_night_starts_from_the_beginning(store: Store, make_run: MakeRun) -> None:
    first = make_run()
    take(store, first)
    with store.begin() as session:
        until = runs.lease_until(NOW)
        first = runs.advance(session, first, "gate", until_at=until, cutoff_at=NOW, review=[{}])
        runs.finish(session, first, "failed", at=NOW, cause="yesterday is missing")
    again, ours = take(store, make_run(lease_owner="next", trigger="rest"))
    assert ours
    assert (again.attempt, again.state, again.trigger) == (2, "running", "rest")
    assert (again.cutoff_at, again.cause, again.review, again.finished_at) == (None, None, (), None)


def test_inputs_are_kept_packed_and_replaced(store: Store, make_run: MakeRun) -> None:
    run = make_run()
    take(store, run)
    with store.begin() as session:
        old = runs.save_input(session, run.run_id, "roster", b"old" * 1000)
        new = runs.save_input(session, run.run_id, "roster", b"new")
        assert runs.load_input(session, run.run_id, "roster") == b"new"
        assert runs.load_input(session, run.run_id, "policy") is None
    assert old != new


def test_rejects_are_those_of_the_last_attempt(store: Store, make_run: MakeRun) -> None:
    run = make_run()
    take(store, run)
    some = [Reject(source="a.csv", row=n, column="花费", value="x", reason="坏") for n in (2, 3, 4)]
    with store.begin() as session:
        runs.save_rejects(session, run.run_id, some[:1])
        assert runs.save_rejects(session, run.run_id, some) == 3
        first = runs.rejects(session, run.run_id, limit=2)
        rest = runs.rejects(session, run.run_id, after=first[-1].reject_id)
        assert runs.count_rejects(session, run.run_id) == 3
    assert [row.row for row in [*first, *rest]] == [2, 3, 4]


def test_runs_are_listed_newest_night_first(store: Store, make_run: MakeRun) -> None:
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(5)]
    for day in days:
        take(store, make_run(business_date=day))
    take(store, make_run(account_id="other"))
    with store.begin() as session:
        found = runs.find(session, "shop", days[0])
        assert found is not None
        runs.finish(session, found, "failed", at=NOW)
        page = runs.page(session, account_id="shop", limit=3)
        last = (page[-1].business_date, page[-1].run_id)
        rest = runs.page(session, account_id="shop", before=last)
        assert [run.business_date for run in [*page, *rest]] == days[::-1]
        assert [run.run_id for run in runs.page(session, state="failed")] == [found.run_id]
        assert len(runs.page(session)) == 6
        assert runs.count_by_state(session)["shop", "running"] == 4
        assert runs.get(session, found.run_id).state == "failed"
        assert runs.find(session, "shop", date(2020, 1, 1)) is None
        with pytest.raises(NotFoundError, match="no run x"):
            runs.get(session, "x")
