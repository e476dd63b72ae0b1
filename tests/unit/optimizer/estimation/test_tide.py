from __future__ import annotations

import numpy as np
import pytest

from optimizer.tide import MOST_DAYS, STILL, Tide, tide

DAYS = 60


def found(log_rate: np.ndarray, mean: float, seed: int, doubt: np.ndarray | None = None) -> Tide:
    """The fit to one account whose log rate by day, oldest first, is ``log_rate``."""
    seen = np.random.default_rng(seed).poisson(mean * np.exp(log_rate)).astype(float)
    span = len(seen)
    unsure = np.zeros((span, span)) if doubt is None else doubt
    return tide(seen[::-1], np.full(span, mean), unsure)


def today(log_rate: np.ndarray, fit: Tide) -> float:
    """Log of the level of today over the days' average that the factors imply."""
    return float(np.log(np.exp(log_rate).mean() / fit.factor.mean()))


def test_a_still_account_stays_so() -> None:
    fit = found(np.zeros(DAYS), 100.0, 1)
    assert fit.factor == pytest.approx(np.ones(DAYS), abs=0.06)
    assert fit.level_sd < 0.04
    assert fit.day_sd < 0.1


def test_a_falling_season_is_followed() -> None:
    season = np.linspace(0.4, -0.4, DAYS)
    levels = [today(season, found(season, 100.0, seed)) for seed in range(4)]
    assert np.mean(levels) == pytest.approx(-0.4, abs=0.13)


def test_a_promotion_stands_out_and_leaves_the_level_alone() -> None:
    days = np.zeros(DAYS)
    days[-12:-9] = 0.7
    fits = [found(days, 60.0, seed) for seed in range(4)]
    assert np.mean([today(days, fit) for fit in fits]) == pytest.approx(0.0, abs=0.05)
    assert np.mean([fit.factor[9:12] for fit in fits]) == pytest.approx(np.exp(0.7), rel=0.15)


def test_the_level_is_as_unsure_as_it_says() -> None:
    rng = np.random.default_rng(7)
    off = []
    for seed in range(60):
        path = np.cumsum(rng.normal(0, 0.03, 40)) + rng.normal(0, 0.1, 40)
        level = path[-1]
        fit = found(path, 40.0, seed)
        off.append((today(path, fit) - level) / np.hypot(fit.level_sd, fit.day_sd))
    assert np.mean(np.abs(off) < 1.645) == pytest.approx(0.9, abs=0.1)


def test_late_orders_do_not_look_like_a_fall() -> None:
    late = np.zeros(DAYS)
    late[-4:] = np.log([0.95, 0.9, 0.85, 0.7])  # far less is reported yet than was believed
    doubt = np.zeros((DAYS, DAYS))
    doubt[:4, :4] = 0.2**2
    believed = found(late, 300.0, 3, doubt)
    trusting = found(late, 300.0, 3)
    assert today(late, believed) == pytest.approx(0.0, abs=0.05)
    assert today(late, trusting) < today(late, believed) - 0.05
    assert believed.factor[0] == pytest.approx(0.75, abs=0.1)


def test_days_of_great_change_are_found_in_few_steps() -> None:
    days = np.zeros(30)
    days[20] = 3.0
    assert found(days, 50.0, 2).factor[9] == pytest.approx(np.exp(3.0), rel=0.3)


@pytest.mark.parametrize(("days", "mean"), [(5, 50.0), (30, 0.2)])
def test_too_little_is_no_tide(days: int, mean: float) -> None:
    assert found(np.zeros(days), mean, 1) is STILL
    assert STILL.at(np.array([0, 9])).tolist() == [1.0, 1.0]


def test_nothing_expected_is_no_tide() -> None:
    assert tide(np.full(30, 5.0), np.zeros(30), np.zeros((30, 30))) is STILL


def test_what_lies_far_back_is_as_the_oldest_day_kept() -> None:
    long = np.zeros(MOST_DAYS + 40)
    fit = found(long, 20.0, 4)
    assert len(fit.factor) == MOST_DAYS
    assert fit.at(np.array([MOST_DAYS + 30]))[0] == fit.factor[-1]


def test_orders_on_days_without_clicks_do_not_carry_it_away() -> None:
    expected = np.full(30, 50.0)
    expected[:4] = 0.0
    fit = tide(np.full(30, 50.0), expected, np.zeros((30, 30)))
    assert np.all(np.isfinite(fit.factor))
    assert fit.factor[8:] / fit.factor[20] == pytest.approx(np.ones(22), rel=0.3)
