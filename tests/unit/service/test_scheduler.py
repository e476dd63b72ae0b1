"""Nights by the clock: which one is due, which are made up, and what a failing one leaves alone."""

import logging
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from service.errors import ConfigError, RunInProgressError, StaleDataError
from service.scheduler import (
    CATCHING_UP,
    LOOK_AGAIN,
    Night,
    NightSchedule,
    last_fire,
    trigger,
)
from service.settings.models import Account

SHANGHAI_0830 = datetime(2026, 3, 4, 0, 30, tzinfo=UTC)


def account(account_id="shop", cron="30 8 * * *", timezone="Asia/Shanghai", misfire_hours=12):
    return Account.model_validate(
        {
            "id": account_id,
            "connector": {"kind": "sandbox"},
            "objective": "profit",
            "timezone": timezone,
            "schedule": {"cron": cron, "misfire_hours": misfire_hours},
            "budgets": {"daily": 100},
            "economics": [{"margin_rate": 0.4}],
        }
    )


class Nights:
    """Records what is planned; ``errors`` are raised instead."""

    def __init__(self):
        self.done = set()
        self.planned = []
        self.errors = {}

    def plan(self, account_id, night):
        if account_id in self.errors:
            raise self.errors[account_id]
        self.planned.append((account_id, night))
        self.done.add((account_id, night))

    def door(self):
        return Night(plan=self.plan, is_done=lambda *key: key in self.done)


class EventSet(set):
    """Tells a waiting thread that something was added."""

    def __init__(self, event):
        super().__init__()
        self._event = event

    def add(self, item):
        super().add(item)
        self._event.set()


def schedule(accounts, nights, now):
    return NightSchedule(accounts, nights.door(), clock=lambda: now)


def fires(cron, start, count, timezone="Asia/Shanghai"):
    rule = trigger(cron, timezone)
    found = []
    for _ in range(count):
        start = rule.get_next_fire_time(None, start) + timedelta(seconds=1)
        found.append((start - timedelta(seconds=1)).strftime("%a %H:%M"))
    return found


@pytest.mark.parametrize(
    ("weekday", "expected"),
    [
        ("1-5", ["Mon", "Tue", "Wed", "Thu", "Fri"]),
        ("0", ["Sun"]),
        ("7", ["Sun"]),
        ("5-7", ["Fri", "Sat", "Sun"]),
        ("*/2", ["Tue", "Thu", "Sat", "Sun"]),
        ("2,6", ["Tue", "Sat"]),
        ("fri-SUN,wed", ["Wed", "Fri", "Sat", "Sun"]),
        ("0-6/3", ["Wed", "Sat", "Sun"]),
    ],
)
def test_weekdays_are_counted_as_cron_counts_them(weekday, expected):
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    found = fires(f"30 8 * * {weekday}", monday, len(expected))
    assert [day[:3] for day in found] == expected


@pytest.mark.parametrize(
    ("cron", "timezone", "words"),
    [
        ("30 8 * *", "Asia/Shanghai", "4 fields"),
        ("30 8 1 * 1", "Asia/Shanghai", "write [*] for one"),
        ("30 8 * * *", "Asia/Nowhere", "Asia/Nowhere"),
        ("30 8 * * *", "../etc", "such as"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_in_words(cron, timezone, words):
    with pytest.raises(ConfigError, match=words):
        trigger(cron, timezone)


@pytest.mark.parametrize(
    ("minutes_after", "expected"),
    [(-1, None), (0, date(2026, 3, 4)), (11 * 60, date(2026, 3, 4)), (12 * 60 + 1, None)],
)
def test_a_night_is_due_from_its_hour_until_its_patience_ends(minutes_after, expected):
    now = SHANGHAI_0830 + timedelta(minutes=minutes_after)
    assert schedule([account()], Nights(), now).due("shop") == expected


def test_the_business_date_is_the_accounts_own_day():
    nights = Nights()
    late = account("late", cron="30 23 * * *")
    after_midnight_in_shanghai = datetime(2026, 3, 4, 16, 10, tzinfo=UTC)
    schedule([late], nights, after_midnight_in_shanghai).fire("late")
    assert nights.planned == [("late", date(2026, 3, 4))]


def test_the_newest_of_several_missed_fires_counts():
    rule = trigger("0 * * * *", "UTC")
    now = datetime(2026, 3, 4, 5, 59, tzinfo=UTC)
    assert last_fire(rule, now, timedelta(hours=4)) == datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_a_missed_night_is_made_up_once():
    nights = Nights()
    nights.done.add(("done", date(2026, 3, 4)))
    made = schedule([account("missed"), account("done")], nights, SHANGHAI_0830)
    made.catch_up()
    made.catch_up()
    assert nights.planned == [("missed", date(2026, 3, 4))]


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (RunInProgressError("another process"), logging.INFO),
        (StaleDataError("yesterday is missing"), logging.ERROR),
        (ZeroDivisionError("bug"), logging.ERROR),
    ],
)
def test_one_accounts_trouble_leaves_the_others_alone(error, level, caplog):
    nights = Nights()
    nights.errors["bad"] = error
    with caplog.at_level(logging.INFO, "service.scheduler"):
        schedule([account("bad"), account("good")], nights, SHANGHAI_0830).catch_up()
    assert nights.planned == [("good", date(2026, 3, 4))]
    assert (level, str(error) in caplog.text) == (
        next(r.levelno for r in caplog.records if "bad" in r.message and "starts" not in r.message),
        True,
    )


def test_jobs_follow_the_yaml_and_never_overlap():
    made = schedule(
        [account(misfire_hours=3), account("b", "0 2 * * *", "UTC")], Nights(), SHANGHAI_0830
    )
    jobs = {job.id: job for job in made.scheduler.get_jobs()}
    assert set(jobs) == {"shop", "b", CATCHING_UP}
    assert jobs[CATCHING_UP].trigger.interval == LOOK_AGAIN
    assert (jobs["shop"].coalesce, jobs["shop"].max_instances) == (True, 1)
    assert jobs["shop"].misfire_grace_time == 3 * 3600
    assert str(made.next_fire("shop")) == "2026-03-04 08:30:00+08:00"
    assert made.next_fire("b") == datetime(2026, 3, 4, 2, tzinfo=UTC)


def test_starting_in_the_background_makes_up_the_night_and_stops_cleanly():
    nights = Nights()
    planned = threading.Event()
    nights.done = EventSet(planned)
    made = schedule([account()], nights, SHANGHAI_0830)
    made.start()
    assert planned.wait(timeout=30)
    made.stop()
    made.stop()
    assert nights.planned == [("shop", date(2026, 3, 4))]
    assert not made.scheduler.running
