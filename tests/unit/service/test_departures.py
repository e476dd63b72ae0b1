"""Bids that leave by themselves: for whom, when, and what a failing account leaves alone."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from service.departures import DepartureSchedule
from service.errors import RunInProgressError, StoreError
from service.settings.models import Account

NINE = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)  # in Shanghai


def account(name="shop", **leaving):
    return Account.model_validate(
        {
            "id": name,
            "connector": {"kind": "sandbox"},
            "objective": "profit",
            "apply": leaving,
            "budgets": {"daily": 100},
            "economics": [{"margin_rate": 0.4}],
        }
    )


def schedule(*accounts, depart, now=NINE):
    return DepartureSchedule(accounts, depart, clock=lambda: now)


def ended(state="done", cause=None):
    return SimpleNamespace(state=state, cause=cause, counts={"applied": 3})


def test_only_accounts_that_say_so_have_a_time():
    by_itself = account("a", by="schedule", cron="0 10,22 * * *")
    made = schedule(by_itself, account("b", by="hand"), account("c"), depart=print)
    assert list(made.accounts) == ["a"]
    assert made.next_fire("a").isoformat() == "2026-03-04T10:00:00+08:00"


def test_without_times_of_its_own_it_is_every_ten_minutes():
    made = schedule(account(by="schedule"), depart=print, now=NINE + timedelta(seconds=1))
    assert made.next_fire("shop").isoformat() == "2026-03-04T09:10:00+08:00"


@pytest.mark.parametrize(
    ("what", "level", "said"),
    [
        (None, None, ""),
        (ended(), logging.INFO, "bids of a left: 3 applied"),
        (ended("halted", "the day's calls are used up"), logging.WARNING, "calls are used up"),
        (RunInProgressError("another is at it"), logging.INFO, "left alone: another is at it"),
        (StoreError("the disk is full"), logging.ERROR, "could not leave: the disk is full"),
        (ZeroDivisionError("a fault"), logging.ERROR, "bids of a broke"),
    ],
    ids=["nothing", "done", "halted", "another", "known fault", "unknown fault"],
)
def test_whatever_becomes_of_one_account_the_next_has_its_turn(caplog, what, level, said):
    seen = []

    def depart(one):
        seen.append(one.id)
        if one.id == "a" and isinstance(what, Exception):
            raise what
        return what if one.id == "a" else None

    caplog.set_level(logging.INFO, logger="service.departures")
    schedule(account("a", by="schedule"), account("b", by="schedule"), depart=depart).catch_up()
    assert seen == ["a", "b"]
    assert [record.levelno for record in caplog.records] == ([level] if level else [])
    assert said in caplog.text


@pytest.mark.parametrize(("late", "made_up"), [(0, True), (59, True), (60, False)])
def test_a_time_just_missed_is_made_up(late, made_up):
    seen = []
    once_a_day = account(by="schedule", cron="0 9 * * *")
    now = NINE + timedelta(minutes=late, seconds=1)
    schedule(once_a_day, depart=seen.append, now=now).catch_up()
    assert bool(seen) is made_up


def test_it_starts_by_itself_and_ends_after_the_walk_under_way():
    began, go_on, walks = threading.Event(), threading.Event(), []

    def depart(_):
        began.set()
        go_on.wait(10)
        walks.append("whole")

    made = schedule(account(by="schedule"), depart=depart)
    made.start()
    assert began.wait(10)
    go_on.set()
    made.stop()
    made.stop()
    assert walks == ["whole"]


def test_without_such_an_account_nothing_runs():
    made = schedule(account(), depart=print)
    made.start()
    assert not made.scheduler.running
    made.stop()
