from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimizer.lag import maturity


def triangle(curve: np.ndarray, *, dates: int, orders: int, ages: list[int]) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = []
    for day in range(dates):
        arrival = np.searchsorted(curve, rng.random(orders))
        date = pd.Timestamp("2026-01-01") + pd.Timedelta(days=day)
        rows += [(date, age, int((arrival <= age).sum())) for age in ages]
    return pd.DataFrame(rows, columns=["date", "age", "orders"])


SLOW = np.array(
    [0.2, 0.4, 0.55, 0.65, 0.72, 0.78, 0.83, 0.87, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 1.0]
)


def test_without_settlement_the_documented_curve_stands() -> None:
    share = maturity(None, 15, 0).share
    assert share[[1, 3, 7, 15]] == pytest.approx([0.75, 0.89, 0.96, 1.0], abs=0.035)
    assert np.all(np.diff(share) >= 0)


def test_a_slower_shop_is_learned() -> None:
    rows = triangle(SLOW, dates=40, orders=60, ages=list(range(16)))
    assert maturity(rows, 15, 0).share == pytest.approx(SLOW, abs=0.03)


def test_pulls_with_days_between_are_enough() -> None:
    rows = triangle(SLOW, dates=60, orders=60, ages=[1, 3, 5, 9, 15])
    found = maturity(rows, 15, 0).share
    assert found[[1, 3, 5, 9]] == pytest.approx(SLOW[[1, 3, 5, 9]], abs=0.05)


def test_a_few_orders_move_the_prior_little() -> None:
    rows = triangle(SLOW, dates=1, orders=4, ages=list(range(16)))
    assert maturity(rows, 15, 0).share[1] > 0.55


def test_zero_attribution_means_final_at_once() -> None:
    lag = maturity(None, 0, 0)
    assert lag.at(np.array([0, 1, 99])).tolist() == [1.0, 1.0, 1.0]


def test_past_the_last_age_orders_are_final_and_the_table_has_intervals() -> None:
    lag = maturity(None, 7, 0)
    assert lag.at(np.array([7, 8, 400])).tolist() == [1.0, 1.0, 1.0]
    table = lag.table()
    assert list(table.columns) == ["share", "share_p05", "share_p95"]
    assert np.all(table["share_p05"] <= table["share"] + 1e-9)
    assert np.all(table["share_p95"] >= table["share"] - 0.01)


def test_more_orders_narrow_the_interval() -> None:
    width = []
    for orders in (5, 500):
        table = maturity(
            triangle(SLOW, dates=20, orders=orders, ages=list(range(16))), 15, 0
        ).table()
        width.append(table["share_p95"][1] - table["share_p05"][1])
    assert width[1] < 0.5 * width[0]


def test_empty_settlement_and_foreign_ages_are_ignored() -> None:
    assert np.array_equal(
        maturity(pd.DataFrame({"date": ["a"], "age": [40], "orders": [3]}), 15, 0).share[1:],
        maturity(None, 15, 0).share[1:],
    )
    rowless = maturity(pd.DataFrame(columns=["date", "age", "orders"]), 15, 0)
    assert np.array_equal(rowless.share, maturity(None, 15, 0).share)


def test_a_date_that_was_pulled_once_tells_nothing() -> None:
    once = pd.DataFrame({"date": ["a", "b", "b"], "age": [3, 1, 2], "orders": [50, 10, 10]})
    without = once[once["date"] == "b"]
    assert maturity(once, 15, 0).share == pytest.approx(maturity(without, 15, 0).share)


CURVES = {
    "documented": np.interp(np.arange(16), [0, 1, 3, 7, 15], [0.45, 0.75, 0.89, 0.96, 1.0]),
    "slow": np.interp(np.arange(16), [0, 1, 3, 7, 15], [0.25, 0.5, 0.7, 0.88, 1.0]),
    "fast": np.interp(np.arange(16), [0, 1, 3, 7, 15], [0.7, 0.92, 0.97, 0.99, 1.0]),
}


@pytest.mark.parametrize("name", list(CURVES))
@pytest.mark.parametrize("orders", [4, 40])
def test_intervals_cover_other_curves_from_few_orders(name: str, orders: int) -> None:
    inside = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        steps = np.diff(np.append(0.0, CURVES[name]))
        known = np.cumsum(rng.multinomial(rng.poisson(orders, 30), steps), axis=1)
        rows = [
            (f"d{day:02d}", age, known[day, age])
            for day in range(30)
            for age in range(1, min(30 - day, 15) + 1)
        ]
        table = maturity(pd.DataFrame(rows, columns=["date", "age", "orders"]), 15, seed).table()
        low, high = table["share_p05"].to_numpy(), table["share_p95"].to_numpy()
        inside.append(((low <= CURVES[name]) & (CURVES[name] <= high))[1:15].mean())
    assert np.mean(inside) > 0.76


def grown(rows: pd.DataFrame) -> pd.DataFrame:
    """What the pulls up to the newest date's first one could show."""
    pulled = rows["date"] + pd.to_timedelta(rows["age"], unit="D")
    return rows[pulled <= rows["date"].max() + pd.Timedelta(days=1)]


def test_late_orders_of_the_newest_week_are_counted_against_the_curve() -> None:
    rows = grown(triangle(SLOW, dates=60, orders=60, ages=list(range(16))))
    growth = maturity(rows, 15, 0).growth
    assert growth.expected > 100
    assert abs(growth.seen - growth.expected) < 3 * growth.sd


def test_a_pace_that_changed_shows_in_the_newest_week() -> None:
    before = grown(triangle(SLOW, dates=60, orders=60, ages=list(range(16))))
    pulled = before["date"] + pd.to_timedelta(before["age"], unit="D")
    late = pulled > pulled.max() - pd.Timedelta(days=7)
    stuck = before.sort_values(["date", "age"])
    held = stuck["orders"].where(~late.loc[stuck.index]).groupby(stuck["date"]).ffill()
    growth = maturity(stuck.assign(orders=held.fillna(stuck["orders"])), 15, 0).growth
    assert growth.seen < growth.expected - 5 * growth.sd


def test_pulls_that_are_never_of_two_days_in_a_row_show_no_growth() -> None:
    rows = triangle(SLOW, dates=20, orders=60, ages=[1, 3, 5])
    assert maturity(rows, 15, 0).growth.expected == 0.0
    assert maturity(None, 15, 0).growth.expected == 0.0


def test_days_that_have_only_names_show_no_growth_but_teach_the_curve() -> None:
    rows = triangle(SLOW, dates=40, orders=60, ages=list(range(16)))
    named = rows.assign(date="d" + rows["date"].astype(str))
    found = maturity(named, 15, 0)
    assert found.share == pytest.approx(maturity(rows, 15, 0).share)
    assert found.growth.expected == 0.0
