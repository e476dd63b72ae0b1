from __future__ import annotations

import numpy as np
import pytest

from optimizer.drift import FARTHEST, LEAST_DAYS, day_variance, drift

GROUPS, DAYS = 40, 60


def counted(level, expected=12.0, seed=1, day_sd=0.0):
    """Counts (G, T), newest first, around ``expected`` times exp(``level`` (G, T))."""
    rng = np.random.default_rng(seed)
    day = np.exp(day_sd * rng.standard_normal((GROUPS, DAYS)))
    return rng.poisson(expected * np.exp(level) * day).astype(float), np.full(
        (GROUPS, DAYS), expected
    )


def waves(amplitude):
    """Levels that move smoothly, each adgroup's by itself."""
    rng = np.random.default_rng(7)
    period, phase = rng.uniform(35, 90, (2, GROUPS, 1))
    return amplitude * np.sqrt(2) * np.sin(2 * np.pi * np.arange(DAYS) / period + phase)


def test_adgroups_that_stay_are_left_as_they_are():
    found = drift(*counted(np.zeros((GROUPS, DAYS))))
    assert np.abs(np.log(found.factor)).max() < 0.1
    assert found.sd.max() < 0.05


def test_adgroups_that_move_are_followed_and_the_doubt_is_honest():
    level = waves(0.3)
    found = drift(*counted(level))
    truth = level - level[:, :1]
    error = np.log(found.factor) - truth
    assert np.sqrt((error**2).mean()) < 0.6 * np.sqrt((truth**2).mean())
    today = (level[:, 0] - level.mean(axis=1)) - (
        np.log(found.factor[:, 0]) - np.log(found.factor).mean(axis=1)
    )
    assert 0.6 < np.sqrt((today**2).mean() / (found.sd**2).mean()) < 1.5


def test_days_that_scatter_by_themselves_do_not_pass_for_a_drift():
    y, e = counted(np.zeros((GROUPS, DAYS)), expected=200.0, day_sd=0.15)
    assert day_variance(y[:, ::-1].T, e.T) == pytest.approx(0.15**2, rel=0.2)
    found = drift(y, e)
    assert np.abs(np.log(found.factor)).max() < 0.1


def test_a_short_history_or_one_without_counts_says_nothing():
    y, e = counted(waves(0.5))
    short = drift(y[:, : LEAST_DAYS - 1], e[:, : LEAST_DAYS - 1])
    assert (short.factor == 1).all()
    assert (short.sd == 0).all()
    assert (drift(0 * y, e).factor == 1).all()


def test_days_without_exposure_are_passed_over():
    y, e = counted(np.zeros((GROUPS, DAYS)))
    y[:, 10:20], e[:, 10:20] = 0.0, 0.0
    assert np.abs(np.log(drift(y, e).factor)).max() < 0.1


def test_rows_older_than_the_longest_memory_take_its_oldest_day():
    y, e = counted(waves(0.3))
    found = drift(y, e)
    adgroup = np.array([3, 3, 4])
    assert list(found.at(adgroup, np.array([DAYS - 1, 400, 0]))) == [
        found.factor[3, -1],
        found.factor[3, -1],
        1.0,
    ]


def test_a_single_day_moves_no_level_beyond_all_bounds():
    y, e = counted(np.zeros((GROUPS, DAYS)))
    y[0, :3] = 10_000.0
    assert np.abs(np.log(drift(y, e).factor)).max() <= FARTHEST


def test_days_that_never_had_exposure_have_no_noise():
    assert day_variance(np.zeros((3, 2)), np.full((3, 2), 1e-300)) == 0.0
