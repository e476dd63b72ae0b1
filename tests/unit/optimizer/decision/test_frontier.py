from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from optimizer.frontier import (
    Caps,
    build_staircase,
    envelope,
    frontier_curve,
    rank_by_campaign,
    route,
    running_total,
)


def points(rng, m, width, scale=1.0):
    spend = np.cumsum(rng.exponential(scale, (m, width)), axis=1)
    gain = np.cumsum(rng.normal(0.5, 1.0, (m, width)), axis=1)
    return spend, gain


def route_of(stairs, campaign, room, floor=0.0, free=None):
    ranking = rank_by_campaign(stairs, campaign, room.campaign)
    free = np.ones(len(campaign), dtype=bool) if free is None else free
    return route(stairs, ranking, campaign, free, room, floor)


@settings(max_examples=200, deadline=None)
@given(
    run=arrays(float, (3, 9), elements=st.sampled_from([0.0, 1e-13, 0.5, 1.0, 2.0, 7.0])),
    gain=arrays(float, (3, 9), elements=st.floats(-5, 5, width=16)),
)
def test_the_envelope_is_concave_increasing_and_above_every_point(run, gain):
    spend = np.cumsum(run, axis=1)
    vertices, top = envelope(spend, gain)
    for word in range(3):
        at = vertices[word, : top[word] + 1].astype(int)
        s, g = spend[word, at], gain[word, at]
        assert (np.diff(s) > 1e-12).all()
        assert (np.diff(g) > 0).all()
        slopes = np.diff(g) / np.diff(s)
        assert (np.diff(slopes) <= 1e-9 * np.abs(slopes[:-1])).all()
        assert s[0] <= spend[word, 0] + 1e-11
        assert g[-1] == gain[word].max()
        assert (gain[word] <= np.interp(spend[word], s, g) + 1e-6).all()


def test_chunks_do_not_change_the_staircase(monkeypatch):
    spend, gain = points(np.random.default_rng(3), 50, 12)
    whole = build_staircase(spend, gain)
    monkeypatch.setattr("optimizer.frontier.ROWS_A_CHUNK", 7)
    parts = build_staircase(spend, gain)
    for name in ("word", "spend", "gain", "slope"):
        assert (getattr(whole, name) == getattr(parts, name)).all()


def test_segments_come_best_first_and_add_up_to_the_chosen_points():
    spend, gain = points(np.random.default_rng(4), 30, 15)
    stairs = build_staircase(spend, gain)
    assert (np.diff(stairs.slope) <= 0).all()
    levels = stairs.levels(np.arange(40))
    columns = stairs.columns(levels)
    rows = np.arange(30)
    lowest = stairs.vertices[:, 0]
    assert stairs.spend[:40].sum() == pytest.approx(
        (spend[rows, columns] - spend[rows, lowest]).sum()
    )
    assert stairs.gain[:40].sum() == pytest.approx((gain[rows, columns] - gain[rows, lowest]).sum())


def test_nobody_is_a_frontier_too():
    stairs = build_staircase(np.empty((0, 4)), np.empty((0, 4)))
    road = route_of(stairs, np.empty(0, dtype=int), Caps(1.0, np.array([1.0])))
    assert road.segments.size == 0
    curve = frontier_curve(stairs, road.segments, 3.0, 4.0)
    assert curve.spend.tolist() == [3.0]
    assert curve.contribution.tolist() == [4.0]


@pytest.mark.parametrize("seed", range(6))
def test_nested_caps_are_the_linear_optimum(seed):
    """With the fractions of the refused segments filled up, the route solves the relaxation."""
    rng = np.random.default_rng(seed)
    m, width, campaigns = 25, 8, 4
    spend, gain = points(rng, m, width)
    campaign = rng.integers(0, campaigns, m)
    stairs = build_staircase(spend, gain)
    base = spend[np.arange(m), stairs.vertices[:, 0]]
    free_spend = np.bincount(campaign, spend.max(axis=1) - base, campaigns)
    room = Caps(0.3 * free_spend.sum(), rng.uniform(0.1, 0.9, campaigns) * free_spend)
    room.campaign[0] = np.inf
    road = route_of(stairs, campaign, room)
    # dual value at the prices of the route
    price = np.maximum(road.account_price, road.campaign_price[campaign])
    over = np.maximum(road.campaign_price - road.account_price, 0)
    reduced = (gain - price[:, None] * (spend - base[:, None])).max(axis=1).sum()
    bound = reduced + road.account_price * room.account
    bound += (over[1:] * room.campaign[1:]).sum()
    exact = _relaxation(spend - base[:, None], gain, campaign, room)
    assert bound == pytest.approx(exact, rel=1e-9)


def _relaxation(spend, gain, campaign, room):
    m, width = spend.shape
    equal = np.kron(np.eye(m), np.ones(width))
    rows, limits = [spend.ravel()], [room.account]
    for code, limit in enumerate(room.campaign):
        if np.isfinite(limit):
            rows.append(np.where((campaign == code)[:, None], spend, 0).ravel())
            limits.append(limit)
    found = linprog(-gain.ravel(), A_ub=np.array(rows), b_ub=limits, A_eq=equal, b_eq=np.ones(m))
    return -found.fun


def test_a_cap_stops_its_campaign_and_not_the_others():
    spend = np.array([[0, 1, 2, 3.0]] * 3)
    gain = np.array([[0, 9, 14, 16.0], [0, 8, 13, 15.5], [0, 7, 11, 12.0]])
    stairs = build_staircase(spend, gain)
    campaign = np.array([0, 0, 1])
    road = route_of(stairs, campaign, Caps(np.inf, np.array([2.0, np.inf])))
    assert stairs.levels(road.segments).tolist() == [1, 1, 3]
    assert road.campaign_price.tolist() == [5.0, 0.0]
    assert road.account_price == 0
    capped = route_of(stairs, campaign, Caps(3.0, np.array([2.0, np.inf])))
    assert stairs.levels(capped.segments).tolist() == [1, 1, 1]
    assert capped.account_price == 4.0


def test_a_campaign_already_over_its_cap_gets_nothing():
    spend = np.array([[0, 1.0], [0, 1.0]])
    stairs = build_staircase(spend, spend * 3)
    room = Caps(np.inf, np.array([-0.5, np.inf]))
    road = route_of(stairs, np.array([0, 1]), room)
    assert stairs.levels(road.segments).tolist() == [0, 1]
    assert road.campaign_price.tolist() == [3.0, 0.0]


def test_held_words_and_poor_slopes_are_left_out():
    spend = np.array([[0, 1.0, 2.0], [0, 1.0, 2.0]])
    gain = np.array([[0, 3.0, 4.0], [0, 3.0, 3.5]])
    stairs = build_staircase(spend, gain)
    campaign = np.zeros(2, dtype=int)
    room = Caps(np.inf, np.array([np.inf]))
    poor = route_of(stairs, campaign, room, floor=1.0)
    assert stairs.levels(poor.segments).tolist() == [2, 1]
    held = route_of(stairs, campaign, room, free=np.array([False, True]))
    assert stairs.levels(held.segments).tolist() == [0, 2]


def test_the_curve_starts_at_the_fixed_words_and_bends_down():
    spend, gain = points(np.random.default_rng(8), 200, 10)
    stairs = build_staircase(spend, gain)
    road = route_of(stairs, np.zeros(200, dtype=int), Caps(np.inf, np.array([np.inf])))
    curve = frontier_curve(stairs, road.segments, 10.0, 20.0, points=30)
    assert len(curve) <= 30
    assert curve.iloc[0].tolist()[:2] == [10.0, 20.0]
    assert np.isnan(curve.marginal_return[0])
    slopes = curve.marginal_return.to_numpy()[1:]
    assert (slopes > 0).all()
    assert (np.diff(slopes) < 0).all()
    assert curve.spend.iloc[-1] == pytest.approx(10 + stairs.spend[road.segments].sum())
    assert curve.contribution.iloc[-1] == pytest.approx(20 + stairs.gain[road.segments].sum())


def test_running_totals_start_anew_with_each_group():
    amounts = np.array([1.0, 2.0, 3.0, 4.0])
    assert running_total(amounts, np.array([0, 0, 2, 2])).tolist() == [1, 3, 3, 7]
    assert running_total(np.empty(0), np.empty(0, dtype=int)).size == 0
