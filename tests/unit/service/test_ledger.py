"""The ledger of the slight loss and the budget of a day."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import (
    DayBudget,
    Interval,
    LedgerState,
    assess,
    course,
    daily_budget_tonight,
    from_record,
    permitted,
)
from service.settings.models import Allowance, Budgets
from service.store.rows import LedgerDay, StatedDay

FIRST = date(2026, 3, 1)
DAY = timedelta(days=1)


def allowance(**changed: Any) -> Allowance:
    values = {
        "amount": "100.00",
        "window_days": 10,
        "window_cap": "500.00",
        "start_date": FIRST,
        "end_date": date(2026, 12, 31),
    } | changed
    return Allowance.model_validate(values)


def lost(*losses: int, first: date = FIRST) -> list[LedgerDay]:
    return [
        LedgerDay(date=first + i * DAY, spend_fen=50_000 + loss, contribution_fen=50_000)
        for i, loss in enumerate(losses)
    ]


def on(day: int, *losses: int, **changed: Any) -> LedgerState:
    """The state on the ``day``-th day (1 = the first) after days with these losses, fen."""
    return assess(lost(*losses), allowance(**changed), FIRST + (day - 1) * DAY)


def test_the_cap_is_spread_over_the_days_of_the_window() -> None:
    state = on(1)
    assert (state.tonight_fen, state.limit) == (5_000, "window")
    assert (state.window_first, state.window_last) == (FIRST, date(2026, 3, 10))
    assert (state.days_left, state.days_known) == (10, 0)
    assert (state.used_fen, state.left_fen, state.window_cap_fen) == (0, 50_000, 50_000)


def test_what_was_not_used_is_spread_over_fewer_days() -> None:
    state = on(6, 0, 0, 0, 0, 10_000)
    assert (state.window_loss_fen, state.left_fen, state.days_left) == (10_000, 40_000, 5)
    assert (state.tonight_fen, state.days_known) == (8_000, 5)


def test_a_day_never_gets_more_than_the_amount() -> None:
    assert (on(10).tonight_fen, on(10).limit) == (10_000, "amount")
    assert on(1, window_cap="100000").tonight_fen == 10_000


def test_a_window_that_is_used_up_leaves_nothing() -> None:
    for loss in (50_000, 70_000):
        state = on(3, loss, 0)
        assert (state.tonight_fen, state.left_fen, state.used_fen) == (0, 0, loss)


def test_an_uneven_rest_is_rounded_down() -> None:
    assert on(8, 49_999).tonight_fen == 0
    assert on(8, 49_900).tonight_fen == 33


def test_a_profit_gives_back_but_is_never_lent() -> None:
    assert on(3, 20_000, -5_000).used_fen == 15_000
    state = on(3, -900_000, 0)
    assert (state.used_fen, state.left_fen, state.window_loss_fen) == (0, 50_000, -900_000)
    assert state.tonight_fen == 50_000 // 8
    assert on(10, -900_000).tonight_fen == 10_000


def test_a_late_loss_keeps_the_next_window_from_an_early_one() -> None:
    late = [0] * 5 + [10_000] * 5
    state = on(11, *late)
    assert (state.window_first, state.window_loss_fen) == (date(2026, 3, 11), 0)
    assert (state.row_loss_fen, state.left_fen) == (50_000, 0)
    assert (state.tonight_fen, state.limit) == (0, "days_in_a_row")
    freed = on(16, *late, 0, 0, 0, 0, 0)
    assert (freed.row_loss_fen, freed.tonight_fen) == (40_000, 10_000)


def test_before_its_start_the_allowance_is_nothing() -> None:
    state = on(1, start_date=FIRST + DAY)
    assert (state.tonight_fen, state.left_fen, state.limit) == (0, 0, "not_started")
    assert on(1).tonight_fen > 0


@pytest.mark.parametrize("start", [FIRST, None])
def test_after_its_end_the_allowance_is_nothing(start: date | None) -> None:
    assert on(1, start_date=start, end_date=FIRST).tonight_fen == 10_000
    state = on(2, 5, start_date=start, end_date=FIRST)
    assert (state.tonight_fen, state.left_fen, state.limit) == (0, 0, "ended")
    assert (state.window_first, state.window_last, state.days_left) == (None, None, 0)
    assert (state.amount_fen, state.window_cap_fen, state.end_date) == (10_000, 50_000, FIRST)


def test_the_last_window_ends_with_the_allowance() -> None:
    state = on(11, end_date=date(2026, 3, 12))
    assert (state.window_first, state.window_last, state.days_left) == (
        date(2026, 3, 11),
        date(2026, 3, 12),
        2,
    )
    assert state.tonight_fen == 10_000


def test_without_a_start_windows_are_counted_back_from_the_end() -> None:
    state = on(1, start_date=None, end_date=date(2026, 3, 14))
    assert (state.window_first, state.window_last) == (date(2026, 2, 23), date(2026, 3, 4))
    assert state.days_left == 4
    last = on(14, start_date=None, end_date=date(2026, 3, 14))
    assert (last.window_first, last.window_last) == (date(2026, 3, 5), date(2026, 3, 14))


def test_only_days_before_count() -> None:
    days = lost(1_000, 2_000, 40_000)
    assert assess(days, allowance(), FIRST + 2 * DAY).window_loss_fen == 3_000
    assert assess(reversed(days), allowance(), FIRST + 2 * DAY).window_loss_fen == 3_000
    before_the_window = lost(9_000, first=FIRST - DAY)
    state = assess(before_the_window, allowance(), FIRST)
    assert (state.window_loss_fen, state.row_loss_fen, state.used_fen) == (0, 9_000, 9_000)


def test_two_records_of_a_day_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two records of 2026-03-01"):
        assess([*lost(1), *lost(2)], allowance(), FIRST + DAY)


LOSS = st.integers(-30_000, 30_000)


@given(
    losses=st.lists(LOSS, max_size=60),
    amount=st.integers(0, 20_000),
    window=st.integers(1, 31),
    extra=st.integers(0, 200_000),
    length=st.integers(0, 90),
    with_start=st.booleans(),
)
def test_no_state_ever_promises_too_much(
    losses: list[int], amount: int, window: int, extra: int, length: int, with_start: bool
) -> None:
    rule = allowance(
        amount=Decimal(amount) / 100,
        window_days=window,
        window_cap=Decimal(amount + extra) / 100,
        start_date=FIRST if with_start else None,
        end_date=FIRST + length * DAY,
    )
    day = FIRST + len(losses) * DAY
    state = assess(lost(*losses), rule, day)
    assert 0 <= state.tonight_fen <= min(amount, state.left_fen)
    assert 0 <= state.left_fen <= amount + extra
    if day > rule.end_date:
        assert state.tonight_fen == 0
    else:
        assert state.window_first is not None
        assert state.window_last is not None
        assert state.window_first <= day <= state.window_last <= rule.end_date
        assert (state.window_last - state.window_first).days < window
        assert state.tonight_fen * state.days_left <= max(
            0, amount + extra - max(0, state.window_loss_fen)
        )


@given(
    window=st.integers(1, 12),
    amount=st.integers(1, 10_000),
    factor=st.integers(100, 1500),
    use=st.lists(st.integers(0, 100), min_size=1, max_size=60),
    with_start=st.booleans(),
)
def test_losses_within_tonights_allowance_never_break_the_cap_in_any_row_of_days(
    window: int, amount: int, factor: int, use: list[int], with_start: bool
) -> None:
    cap = amount * factor // 100
    rule = allowance(
        amount=Decimal(amount) / 100,
        window_days=window,
        window_cap=Decimal(cap) / 100,
        start_date=FIRST if with_start else None,
    )
    losses: list[int] = []
    for percent in use:
        state = assess(lost(*losses), rule, FIRST + len(losses) * DAY)
        losses.append(state.tonight_fen * percent // 100)
    for first in range(len(losses)):
        assert sum(losses[first : first + window]) <= cap


def budgets(daily: str, monthly: str | None) -> Budgets:
    return Budgets(daily=Decimal(daily), monthly=None if monthly is None else Decimal(monthly))


def test_a_day_without_a_monthly_cap_has_the_daily_budget() -> None:
    found = daily_budget_tonight(budgets("300", None), 999_999, date(2026, 2, 1))
    assert (found.tonight_fen, found.limit, found.left_this_month_fen) == (30_000, "daily", None)


def test_what_is_left_of_the_month_is_spread_over_its_days() -> None:
    found = daily_budget_tonight(budgets("300", "8000"), 500_001, date(2026, 2, 19))
    assert (found.days_left, found.left_this_month_fen) == (10, 299_999)
    assert (found.tonight_fen, found.limit) == (29_999, "monthly")
    roomy = daily_budget_tonight(budgets("300", "8000"), 0, date(2026, 2, 19))
    assert (roomy.tonight_fen, roomy.limit) == (30_000, "daily")


def test_a_month_that_is_spent_leaves_nothing() -> None:
    for spent in (800_000, 900_000):
        found = daily_budget_tonight(budgets("300", "8000"), spent, date(2026, 2, 28))
        assert (found.tonight_fen, found.left_this_month_fen) == (0, 0)


@given(
    daily=st.integers(0, 100_000),
    more=st.integers(0, 2_000_000),
    day=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
)
def test_spending_every_budget_keeps_the_month(daily: int, more: int, day: date) -> None:
    caps = budgets(str(Decimal(daily) / 100), str(Decimal(daily + more) / 100))
    spent = 0
    today = day
    while today.month == day.month:
        found = daily_budget_tonight(caps, spent, today)
        assert 0 <= found.tonight_fen <= daily
        spent += found.tonight_fen
        today += DAY
    assert spent <= daily + more


def stated(*losses: int, first: date = FIRST, own: int = 0, shared: int = 0) -> list[StatedDay]:
    return [
        StatedDay(
            date=first + i * DAY,
            stated_on=FIRST,
            spend_fen=50_000 + loss,
            contribution_fen=50_000,
            own_sd_fen=own,
            shared_sd_fen=shared,
        )
        for i, loss in enumerate(losses)
    ]


def test_the_course_sums_up_the_window_and_begins_anew_with_the_next() -> None:
    days = stated(*([4_000] * 9), 1_000, 2_000)
    entries = course(days, on(12))
    assert [entry.loss_so_far.fen for entry in entries[-3:]] == [36_000, 37_000, 2_000]
    assert [entry.since for entry in entries[-2:]] == [FIRST, date(2026, 3, 11)]
    assert (entries[8].used_fen, entries[8].left_fen) == (36_000, 14_000)
    assert entries[10].used_fen == 7 * 4_000 + 1_000 + 2_000  # nine days in a row, across windows
    assert entries[10].left_fen == 50_000 - 31_000


def test_a_profit_never_leaves_more_than_the_cap() -> None:
    (entry,) = course(stated(-9_000), on(2))
    assert (entry.loss_so_far.fen, entry.used_fen, entry.left_fen) == (-9_000, 0, 50_000)


def test_without_an_allowance_the_course_is_the_month() -> None:
    entries = course(stated(100, 200, 400, first=date(2026, 3, 30)), None)
    assert [entry.loss_so_far.fen for entry in entries] == [100, 300, 400]
    assert [(entry.used_fen, entry.left_fen) for entry in entries] == [(None, None)] * 3


def test_days_outside_the_allowance_are_in_no_window() -> None:
    before, after = course(stated(100, 200, first=date(2026, 2, 28)), on(1))
    assert (before.since, before.used_fen, before.left_fen) == (date(2026, 2, 1), None, None)
    assert (after.since, after.loss_so_far.fen) == (FIRST, 200)
    assert after.used_fen == 300  # as ``assess``: days in a row, whatever their alignment


def test_own_errors_average_out_and_shared_ones_add_up() -> None:
    entries = course(stated(0, 0, 0, 0, own=100, shared=0), on(5))
    assert entries[0].loss == Interval(fen=0, p05_fen=-165, p95_fen=165)
    assert entries[3].loss_so_far == Interval(fen=0, p05_fen=-329, p95_fen=329)
    assert entries[3].contribution == Interval(fen=50_000, p05_fen=49_835, p95_fen=50_165)
    entries = course(stated(0, 0, 0, 0, own=0, shared=100), on(5))
    assert entries[3].loss_so_far == Interval(fen=0, p05_fen=-658, p95_fen=658)


@given(
    losses=st.lists(st.integers(-20_000, 20_000), min_size=1, max_size=25),
    length=st.integers(1, 12),
)
def test_the_course_ends_where_the_next_morning_begins(losses: list[int], length: int) -> None:
    """The last entry's used and left are tonight's, as long as tonight lies in its window."""
    state = on(len(losses) + 1, *losses, window_days=length)
    last = course(stated(*losses), state)[-1]
    if last.since == state.window_first:
        assert (last.used_fen, last.left_fen) == (state.used_fen, state.left_fen)
        assert last.loss_so_far.fen == state.window_loss_fen


def test_what_a_proposal_keeps_is_read_back() -> None:
    for found in (on(3, 100), on(3, end_date="2026-03-02"), on(1, start_date="2026-03-05")):
        assert from_record(LedgerState, as_json(found)) == found
    budget = daily_budget_tonight(Budgets.model_validate({"daily": "100"}), 5, FIRST)
    assert from_record(DayBudget, as_json(budget) | {"of_another_version": 1}) == budget


def as_json(record: LedgerState | DayBudget) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(asdict(record), default=date.isoformat))
    return loaded


@pytest.mark.parametrize(
    ("days", "fen"),
    # 100 a day, 500 in ten days: the cap is reached on the fifth, the next ten begin with the eleventh
    [
        (0, 0),
        (1, 10_000),
        (4, 40_000),
        (5, 50_000),
        (9, 50_000),
        (10, 50_000),
        (11, 60_000),
        (31, 160_000),
    ],
)
def test_days_in_a_row_may_lose_a_day_s_amount_and_the_windows_caps(days: int, fen: int) -> None:
    assert permitted(days, on(1)) == fen


def test_where_a_day_s_amount_never_fills_the_window_it_alone_binds() -> None:
    assert permitted(25, on(1, amount="10.00")) == 25_000


def test_outside_the_dates_nothing_may_be_lost() -> None:
    assert permitted(7, on(1, end_date=FIRST - DAY, start_date=None)) == 0
