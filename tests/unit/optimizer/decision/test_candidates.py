from __future__ import annotations

import numpy as np
import pytest

from optimizer.candidates import bid_limits, build_menu, coarse_bids, finer_bids
from optimizer.policy import Policy


def limits_of(today, **fields):
    return bid_limits(np.array([today]), Policy(**fields))


def test_without_steps_the_whole_range_is_allowed():
    limits = limits_of(1.0)
    assert (limits.lowest[0], limits.highest[0]) == (5, 9999)
    assert limits.may_stay[0]
    assert not limits.step_limits_low[0]
    assert not limits.step_limits_high[0]


def test_steps_are_fractions_of_todays_bid_rounded_inwards():
    limits = limits_of(0.37, max_step_up=0.3, max_step_down=0.3)
    assert (limits.lowest[0], limits.highest[0]) == (26, 48)  # 0.259 .. 0.481
    assert limits.step_limits_low[0]
    assert limits.step_limits_high[0]


def test_an_exact_step_is_allowed_in_full():
    limits = limits_of(0.30, max_step_up=0.1, max_step_down=0.1)
    assert (limits.lowest[0], limits.highest[0]) == (27, 33)


def test_a_bid_above_the_cap_comes_down():
    limits = limits_of(25.0, max_bid=20)
    assert not limits.may_stay[0]
    assert limits.highest[0] == 2000


def test_a_bid_far_above_the_cap_comes_as_near_as_its_step_allows():
    limits = limits_of(100.0, max_bid=20, max_step_down=0.3)
    assert not limits.may_stay[0]
    assert (limits.lowest[0], limits.highest[0]) == (7000, 7000)
    assert (coarse_bids(limits, Policy(max_bid=20), 6) == 70.0).all()


def test_a_bid_above_the_cap_that_may_not_step_down_stays():
    limits = limits_of(25.003, max_bid=20, max_step_down=0)
    assert limits.may_stay[0]
    assert (coarse_bids(limits, Policy(max_bid=20), 6) == 25.003).all()


def test_a_bid_below_the_floor_stays_or_rises_to_it():
    policy = Policy(min_bid=0.3, max_bid=0.34)
    grid = coarse_bids(bid_limits(np.array([0.1]), policy), policy, 7)
    assert set(grid[0]) == {0.1, 0.3, 0.31, 0.32, 0.33, 0.34}
    tied = Policy(min_bid=0.3, max_step_up=0.5)
    assert set(coarse_bids(bid_limits(np.array([0.1]), tied), tied, 7)[0]) == {0.1}


def test_a_short_range_is_covered_step_by_step_and_today_is_there_though_off_the_grid():
    policy = Policy(max_step_up=0.1, max_step_down=0.1)
    grid = coarse_bids(bid_limits(np.array([0.503]), policy), policy, 16)
    assert set(grid[0]) == {0.46, 0.47, 0.48, 0.49, 0.5, 0.503, 0.51, 0.52, 0.53, 0.54, 0.55}
    assert (np.diff(grid) >= 0).all()


def test_a_long_range_is_covered_from_end_to_end():
    policy = Policy(max_bid=20)
    grid = coarse_bids(bid_limits(np.array([0.5, 3.0]), policy), policy, 24)
    assert grid.shape == (2, 24)
    assert (grid[:, 0] == 0.05).all()
    assert (grid[:, -1] == 20.0).all()
    assert 0.5 in grid[0]
    assert 3.0 in grid[1]
    ticks = grid * 100
    assert np.allclose(ticks, np.rint(ticks))


@pytest.mark.parametrize("column", [0, 7, 23])
def test_the_finer_grid_lies_between_the_neighbours_and_reaches_every_step(make_market, column):
    market = make_market(2)
    policy = Policy(max_bid=20)
    limits = bid_limits(market.bid, policy)
    menu = build_menu(market, np.array([0, 1]), coarse_bids(limits, policy, 24))
    columns = np.full(2, column)
    grid = finer_bids(limits, policy, menu, columns, 200)
    low = menu.bids[:, max(column - 1, 0)]
    high = menu.bids[:, min(column + 1, 23)]
    assert (grid.min(axis=1) == low).all()
    assert (grid.max(axis=1) == high).all()
    for row, first, last in zip(grid, low, high, strict=True):
        reached = len(np.unique(row))
        assert reached == min(round((last - first) * 100) + 1, 200)


def test_a_bid_that_cannot_move_has_no_finer_grid(make_market):
    market = make_market(1, bid=np.array([0.01]))
    policy = Policy(max_step_up=0.1)
    limits = bid_limits(market.bid, policy)
    menu = build_menu(market, np.array([0]), coarse_bids(limits, policy, 5))
    assert (finer_bids(limits, policy, menu, np.array([2]), 4) == 0.01).all()


def test_the_menu_is_what_the_outlook_expects_and_worthless_words_bring_nothing(
    make_market, monkeypatch
):
    monkeypatch.setattr("optimizer.candidates.CELLS_A_CHUNK", 10)
    market = make_market(5)
    market.value_per_click[2] = np.nan
    rows = np.array([4, 2, 0])
    bids = np.array([[0.1, 0.5, 1.0, 2.0]] * 3)
    menu = build_menu(market, rows, bids)
    direct = market.expect(bids, rows)
    assert (menu.spend == direct.spend).all()
    assert (menu.clicks == direct.clicks).all()
    assert (menu.orders == direct.orders).all()
    assert (menu.contribution[1] == 0).all()
    assert (menu.contribution[0] == direct.contribution[0]).all()


def test_menus_merge_in_order_of_the_bid(make_market):
    market = make_market(3)
    rows = np.arange(3)
    one = build_menu(market, rows, np.array([[0.1, 1.0, 3.0]] * 3))
    other = build_menu(market, rows, np.array([[0.5, 2.0]] * 3))
    merged = one.merged(other)
    whole = build_menu(market, rows, np.array([[0.1, 0.5, 1.0, 2.0, 3.0]] * 3))
    for name in ("bids", "spend", "contribution", "clicks", "orders"):
        assert np.allclose(getattr(merged, name), getattr(whole, name), rtol=1e-12)
    assert (merged.column_of(np.array([2.0, 0.7, 0.1])) == [3, -1, 0]).all()
    ends = merged.only(np.array([[0, 4]] * 3))
    assert (ends.bids == [[0.1, 3.0]] * 3).all()
