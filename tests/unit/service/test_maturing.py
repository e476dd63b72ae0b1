"""What a day's orders will have brought: restated, and with an interval that keeps its word."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from connectors.platform import AdgroupRow
from service.maturing import Reported, restate
from service.settings.models import Account
from service.store.rows import DayTotals, LedgerDay

NIGHT = date(2026, 3, 10)
P95 = 1.6448536269514722


def account(*economics: dict[str, Any]) -> Account:
    return Account.model_validate(
        {
            "id": "shop",
            "connector": {"kind": "sandbox"},
            "budgets": {"daily": "300"},
            "economics": economics
            or [{"margin_rate": 0.4}, {"item": "i2", "margin_rate": 0.2, "organic_rate": 0.1}],
            "objective": "profit",
        }
    )


def total(age: int, *, clicks: int = 0, orders: int = 0, spend_fen: int = 0) -> DayTotals:
    return DayTotals(
        date=NIGHT - timedelta(days=age),
        keywords=1,
        impressions=clicks,
        clicks=clicks,
        spend_fen=spend_fen,
        orders=orders,
        revenue_fen=0,
    )


def restated(
    days: list[DayTotals], revenue: dict[int, int], *shares: float | Reported, **options: Any
) -> dict[int, LedgerDay]:
    """age → the day, from age → gross revenue in fen and the shares reported at ages 0, 1, …"""
    rows = restate(
        options.get("account", account()),
        NIGHT,
        options.get("adgroups", []),
        days,
        [(NIGHT - timedelta(days=age), "g1", fen) for age, fen in revenue.items()],
        [one if isinstance(one, Reported) else Reported(one) for one in shares],
    )
    return {(NIGHT - row.date).days: row for row in rows}


def test_a_settled_day_is_what_was_reported() -> None:
    (day,) = restated([total(5, clicks=80, orders=3, spend_fen=900)], {5: 10_000}, 0.3).values()
    assert day == LedgerDay(
        date=NIGHT - timedelta(days=5), spend_fen=900, contribution_fen=4_000, clicks=80
    )
    assert (day.settled_fen, day.loss_fen) == (4_000, -3_100)


def test_orders_still_to_come_are_counted_at_the_rate_of_a_click() -> None:
    """One rate: (4000 + 1000) fen over 100 + 25 clicks whose orders are in = 40 fen a click."""
    days = [total(1, clicks=50, orders=1), total(2, clicks=100, orders=4)]
    found = restated(days, {1: 2_500, 2: 10_000}, 0.0, 0.5)
    weight = 0.5 ** (1 / 14)  # the day that is one day younger counts that much more
    rate = (1_000 + weight * 4_000) / (25 + weight * 100)
    assert rate == pytest.approx(40)
    assert (found[1].settled_fen, found[1].waiting_fen) == (1_000, 1_000)
    assert found[1].contribution_fen == 2_000
    assert (found[1].reported_share, found[2].reported_share) == (0.5, 1.0)
    assert (found[2].contribution_fen, found[2].waiting_fen) == (4_000, 0)


def test_a_young_day_without_an_order_is_not_held_for_worthless() -> None:
    days = [total(0 + 1, clicks=100), *(total(age, clicks=100, orders=5) for age in range(2, 20))]
    found = restated(days, dict.fromkeys(range(2, 20), 20000), 0.3, 0.6)
    rate = sum(0.5 ** (age / 14) * 8_000 for age in range(2, 20)) / (
        sum(0.5 ** (age / 14) * 100 for age in range(2, 20)) + 0.5 ** (1 / 14) * 60
    )
    assert found[1].contribution_fen == int(0.4 * 100 * rate) > 2_000


def test_a_young_day_with_one_large_order_is_not_multiplied() -> None:
    days = [total(1, clicks=100, orders=1), *(total(age, clicks=100, orders=5) for age in (2, 3))]
    found = restated(days, {1: 100_000, 2: 20_000, 3: 20_000}, 0.1, 0.2)
    assert found[1].settled_fen == 40_000
    assert found[1].contribution_fen < 40_000 + 80 * (40_000 + 16_000) / 220 + 1_000


def test_every_adgroup_counts_with_its_margin_and_natural_traffic() -> None:
    rows = restate(
        account(),
        NIGHT,
        [AdgroupRow(adgroup_id="g2", campaign_id="c", name="", item_id="i2")],
        [total(3)],
        [(total(3).date, "g1", 10_000), (total(3).date, "g2", 10_000), (NIGHT, "g1", 1)],
        [],
    )
    assert [row.contribution_fen for row in rows] == [4_000 + 3_000]


def test_amounts_are_rounded_against_spending() -> None:
    for margin, fen in ((0.333, 333), (-0.3337, -335)):
        (day,) = restated([total(4)], {4: 1_001}, account=account({"margin_rate": margin})).values()
        assert day.contribution_fen == fen
    (day,) = restated([total(4)], {4: 3}, account=account({"margin_rate": 0.1})).values()
    assert day.contribution_fen == 0
    (day,) = restated([total(4)], {4: 30}, account=account({"margin_rate": 0.1})).values()
    assert day.contribution_fen == 3  # 0.1 · 30 is 3.0000000000000004 or 3, never 2.9999


def test_days_on_and_after_the_night_are_not_on_the_ledger() -> None:
    assert list(restated([total(0, clicks=9), total(-1, clicks=9), total(2)], {}, 0.5)) == [2]


def test_without_any_click_or_order_there_is_no_rate_and_nothing_is_promised() -> None:
    assert restated([], {}) == {}
    (day,) = restated([total(1, spend_fen=70)], {}, 0.0, 0.5).values()
    assert (day.contribution_fen, day.own_sd_fen, day.shared_sd_fen) == (0, 0, 0)
    (day,) = restated([total(1, clicks=30, spend_fen=70)], {}, 0.0, 0.5).values()
    assert (day.contribution_fen, day.loss_fen) == (0, 70)


def test_an_uncertain_curve_is_shared_by_all_days() -> None:
    days = [total(1, clicks=100, orders=2), total(9, clicks=100, orders=4)]
    revenue = {1: 5_000, 9: 10_000}
    sure = restated(days, revenue, Reported(0.2), Reported(0.5))
    unsure = restated(days, revenue, Reported(0.2), Reported(0.5, 0.1))
    assert unsure[1].own_sd_fen == sure[1].own_sd_fen > 0
    assert unsure[1].shared_sd_fen ** 2 - sure[1].shared_sd_fen ** 2 == pytest.approx(
        (100 * 40 * 0.1) ** 2, rel=0.01
    )
    assert unsure[9].shared_sd_fen == 0


def test_a_single_day_still_knows_that_orders_come_at_random() -> None:
    """Poisson orders of 1000 fen on 5 % of the clicks: 50 open clicks bring 2.5 ± √2.5 of them."""
    (day,) = restated([total(1, clicks=100, orders=5)], {1: 12_500}, 0.0, 0.5).values()
    assert day.waiting_fen == 5_000
    assert day.own_sd_fen == pytest.approx(1_000 * (50 * 0.1) ** 0.5, abs=1)


def test_intervals_of_the_loss_so_far_keep_their_word() -> None:
    """Days whose truth is known: the 90 % interval of what 12 open days will bring holds it."""
    rng = np.random.default_rng(5)
    shares = np.array([0.45, 0.7, 0.8, 0.86, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.995, 1.0])
    inside, error, runs = 0, 0.0, 300
    for _ in range(runs):
        clicks = rng.poisson(120, 30)
        orders = rng.poisson(clicks * 0.04)
        days, revenue, truth = [], {}, 0.0
        for age in range(1, 31):
            values = rng.gamma(2.0, 5_000.0, orders[age - 1])
            seen = rng.random(len(values)) < shares[min(age, 12)]
            days.append(total(age, clicks=int(clicks[age - 1]), orders=int(seen.sum())))
            revenue[age] = round(float(values[seen].sum()))
            truth += 0.4 * float(values.sum()) if age <= 12 else 0.0
        found = restated(days, revenue, *shares)
        young = [found[age] for age in range(1, 13)]
        expected = sum(day.contribution_fen for day in young)
        own = sum(day.own_sd_fen**2 for day in young)
        half = P95 * (own + sum(day.shared_sd_fen for day in young) ** 2) ** 0.5
        inside += abs(truth - expected) <= half
        error += (expected - truth) / truth / runs
    assert 0.86 <= inside / runs <= 0.95
    assert abs(error) < 0.01
