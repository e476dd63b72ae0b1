"""The allowance's bookkeeping: what counts as broken, and what a night may lose."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from tests.benchmarks import allowance
from tests.benchmarks.extent import SMOKE
from tests.benchmarks.scenarios import kinds
from tests.benchmarks.shop import FIRST_DAY, HISTORY_DAYS, Shop


def test_each_scenario_has_its_row():
    (table,) = allowance.run(SMOKE)
    assert [row["scenario"] for row in table.rows] == list(SMOKE.slight_names)
    assert all(row["days"] == SMOKE.allowance_nights for row in table.rows)
    assert all(0.0 <= row["broken_days"] <= 1.0 for row in table.rows)


def test_days_and_windows_are_broken_by_what_was_really_lost():
    books = allowance.Books.open(10.0, 60)
    loss = np.zeros(60)
    loss[3] = 11.0  # a day over its allowance
    loss[30:45] = 10.1  # fifteen days that each break theirs, and the window's cap together
    found = allowance.figures_of(loss, loss, np.full(60, 10.0), books.allowance)
    assert found["broken_days"] == 16
    assert found["windows"] == 2
    assert found["broken_windows"] == 1
    assert found["luck"] == 0.0
    assert found["expected"] == found["at_risk"] == pytest.approx(loss.mean())


def test_a_night_gets_what_the_window_has_left_for_it():
    shop = Shop.open(kinds(["thin_margins"], 40)[0], 1)
    books = allowance.Books.open(10.0, 90)
    assert books.allowance.window_cap == Decimal("150.00")
    assert books.allowance.start_date == date.fromordinal(FIRST_DAY + HISTORY_DAYS)
    maturity = [0.5] * 16
    assert books.policy(shop, maturity)["max_loss"] == pytest.approx(150.0 / 30, abs=0.01)
    shop.live(np.full(len(shop.bids_fen), 2_000))  # ruinous
    lost = -sum(np.array([-1.0, 1.0]) * shop.realised(shop.today - 1))
    assert lost > 150.0
    assert books.policy(shop, maturity)["max_loss"] == 0.0
