"""The meter that every process shares."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from service.store import Store
from service.store.platform_calls import StoredQuotaMeter

DAY = date(2026, 3, 2)


def test_calls_are_counted_by_app_and_day(store: Store) -> None:
    meter = StoredQuotaMeter(store, "12345678")
    assert meter.used(DAY) == 0
    meter.add(DAY, 1)
    meter.add(DAY, 4)
    meter.add(DAY + timedelta(days=1), 2)
    StoredQuotaMeter(store, "87654321").add(DAY, 9)
    again = StoredQuotaMeter(store, "12345678")
    assert (again.used(DAY), again.used(DAY + timedelta(days=1))) == (5, 2)


def test_no_call_is_lost_between_threads(store: Store) -> None:
    meter = StoredQuotaMeter(store, "12345678")
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda _: meter.add(DAY, 1), range(40)):
            pass
    assert meter.used(DAY) == 40
