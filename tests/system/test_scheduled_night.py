"""The clock, the wiring and a real night together: planned once, by the schedule."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from service.cli.processes import night_schedule
from service.errors import StaleDataError
from service.settings.loader import load
from service.store import runs
from service.wiring import wire

SHOP = """\
accounts:
  - id: shop
    connector: {kind: sandbox, keywords: 40, history_days: 14}
    objective: profit
    budgets: {daily: 100}
    economics: [{margin_rate: 0.3}]
"""
TEN_PAST_NINE = datetime(2026, 3, 4, 1, 10, tzinfo=UTC)  # in Shanghai; the night was due at 08:30


@pytest.fixture
def wiring(tmp_path):
    path = Path(tmp_path, "kaiche.yaml")
    path.write_text(SHOP, encoding="utf-8")
    made = wire(load(path, {}), clock=lambda: TEN_PAST_NINE, migrate=True)
    yield made
    made.store.close()


def nights(wiring):
    with wiring.store.read() as session:
        return runs.page(session)


def test_a_missed_night_is_planned_once(wiring):
    schedule = night_schedule(wiring)
    schedule.catch_up()
    (night,) = nights(wiring)
    assert (night.business_date, night.state) == (date(2026, 3, 4), "succeeded")
    assert (night.trigger, night.attempt) == ("schedule", 1)
    schedule.catch_up()
    assert nights(wiring) == [night]


def test_a_night_that_failed_is_left_to_a_person(wiring, monkeypatch):
    def stale(*_, **__):
        raise StaleDataError("yesterday is missing")

    monkeypatch.setattr("service.freshness.check", stale)
    schedule = night_schedule(wiring)
    schedule.catch_up()
    (night,) = nights(wiring)
    assert (night.state, night.cause) == ("failed", "yesterday is missing")
    schedule.catch_up()
    assert nights(wiring) == [night]
