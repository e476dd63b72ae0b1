"""Who may send: one walk at a time, whatever the clocks say and however long a walk has slept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from apply_desk import Desk

from service import applying, leases
from service.applying import Who
from service.errors import EndingError, RunInProgressError
from service.night import NightContext, open_night
from service.store import Store, applications, moments
from service.wiring import optimizer_door

WHO = Who(actor="li", source="rest")


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Iterator[Desk]:
    """On either database."""
    return Desk(store.name, tmp_path, opened=store)


def wanted(desk: Desk) -> dict[str, int]:
    return {word: bid + 5 for word, bid in list(desk.live().items())[:3]}


def test_a_walk_that_has_slept_past_its_lease_leaves_it_to_its_neighbour(desk: Desk) -> None:
    """Both are of one process, a computer that was closed for an hour: no name may fit them both."""
    approved = desk.night(wanted(desk))

    def sleep(point: str) -> None:
        if point == "compared":
            desk.later(minutes=61)
            asleep.set()
            assert awake.wait(30)

    asleep, awake = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(desk.apply, after=sleep, owner=leases.token(), is_gone=leases.is_gone)
        assert asleep.wait(30)

        def meanwhile(point: str) -> None:
            if point == "compared":
                awake.set()
                assert isinstance(first.exception(30), RunInProgressError)

        done = desk.apply(after=meanwhile, owner=leases.token(), is_gone=leases.is_gone)
    assert done.counts["applied"] == 3
    assert len(desk.platform.effects) == 3
    assert set(desk.states(approved).values()) == {"applied"}


def test_a_service_whose_clock_is_ahead_waits_like_all_others(desk: Desk) -> None:
    desk.night(wanted(desk))

    def another(point: str) -> None:
        if point == "opened":
            with pytest.raises(RunInProgressError, match="being applied"):
                desk.apply(owner="ahead", clock=lambda: desk.now + timedelta(hours=1), **shared)

    shared = {"is_gone": lambda _: False, "lease_clock": moments.now}
    done = desk.apply(owner="first", after=another, **shared)
    assert done.counts["applied"] == 3


def test_a_night_too_is_held_by_the_databases_clock(desk: Desk) -> None:
    def opened(owner: str, ahead: timedelta) -> bool:
        context = NightContext(
            store=desk.store,
            door=optimizer_door(),
            platform=lambda *_: desk.platform,
            clock=lambda: desk.now + ahead,
            owner=owner,
            is_gone=lambda _: False,
            lease_clock=moments.now,
        )
        return open_night(context, desk.account, desk.today, desk.origin())[1]

    assert opened("first", timedelta())
    with pytest.raises(RunInProgressError, match="worked on by first"):
        opened("ahead", timedelta(hours=1))


def test_a_process_that_is_about_to_end_begins_nothing(desk: Desk) -> None:
    approved = desk.night(wanted(desk))
    context = desk.context(asked_to_end=lambda: True)
    assert applying.apply_if_due(context, desk.account) is None
    row = applying.apply(context, desk.account, WHO)
    assert (row.state, row.halt, row.counts["still_approved"]) == ("halted", "ending", 3)
    night = NightContext(
        store=desk.store,
        door=optimizer_door(),
        platform=lambda *_: desk.platform,
        clock=lambda: desk.now,
        asked_to_end=lambda: True,
    )
    with pytest.raises(EndingError):
        open_night(night, desk.account, desk.today + timedelta(days=1), desk.origin())
    assert desk.apply().counts["applied"] == len(approved)


def test_what_nobody_will_carry_out_does_not_stay_queued(desk: Desk) -> None:
    context = desk.context()
    with desk.store.begin() as session:
        queued = applying.queue(session, context, desk.account, WHO)
    for cause in ("another process has it", "too late to change"):
        applying.decline(context, desk.account, WHO, queued.application_id, "busy", cause)
    with desk.store.read() as session:
        row = applications.get(session, queued.application_id)
    assert (row.state, row.halt, row.cause) == ("halted", "busy", "another process has it")
    assert row.finished_at == desk.now
