from __future__ import annotations

import numpy as np
import pytest

from optimizer.recency import Fade, choose_half_life, fade, weights

CANDIDATES = (3.0, 10.0, np.inf)


def counts(
    level: np.ndarray, *, words: int = 200, seed: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Words' counts whose level moves apart day by day as ``level`` (days, words) says."""
    rng = np.random.default_rng(seed)
    days = len(level)
    keyword = np.repeat(np.arange(words), days)
    age = np.tile(np.arange(days, 0, -1), words)
    return keyword, age, rng.poisson(level.T.ravel()).astype(float), np.ones(words * days)


def test_constant_levels_want_all_history() -> None:
    level = np.broadcast_to(np.exp(np.random.default_rng(0).normal(1, 1, 200)), (30, 200))
    assert choose_half_life(*counts(level), CANDIDATES, 5.0) == np.inf


def test_wandering_levels_want_a_short_memory() -> None:
    steps = np.random.default_rng(1).normal(0, 0.35, (30, 200))
    level = np.exp(2.5 + np.cumsum(steps, axis=0))
    assert choose_half_life(*counts(level), CANDIDATES, 5.0) < np.inf


def test_short_or_empty_history_takes_the_default() -> None:
    keyword, age, y, e = counts(np.ones((5, 200)))
    assert choose_half_life(keyword, age, y, e, CANDIDATES, 5.0) == 5.0
    none = np.zeros(0)
    assert choose_half_life(none.astype(int), none.astype(int), none, none, CANDIDATES, 5.0) == 5.0


def test_words_without_room_to_judge_are_no_evidence() -> None:
    keyword, age, y, e = counts(np.ones((30, 200)))
    assert choose_half_life(keyword, age, y, np.where(age > 7, e, 0.0), CANDIDATES, 5.0) == np.inf


def test_a_large_history_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    level = np.broadcast_to(np.exp(np.random.default_rng(0).normal(1, 1, 200)), (30, 200))
    monkeypatch.setattr("optimizer.recency.SAMPLE_ROWS", 2000)
    assert choose_half_life(*counts(level), CANDIDATES, 5.0) == np.inf


def test_weights_halve() -> None:
    assert weights(np.array([0, 3, 6]), 3.0).tolist() == [1.0, 0.5, 0.25]
    assert weights(np.array([0, 9]), np.inf).tolist() == [1.0, 1.0]


EVEN = (1 / 3, 1 / 3, 1 / 3)


def test_rates_that_stand_still_keep_all_history() -> None:
    level = np.broadcast_to(np.exp(np.random.default_rng(0).normal(1, 1, 200)), (30, 200))
    keyword, age, y, e = counts(level)
    assert fade(keyword, age - 1, y, e, CANDIDATES, EVEN).chance[-1] > 0.8


def test_rates_that_wander_fade() -> None:
    steps = np.random.default_rng(1).normal(0, 0.25, (30, 200))
    keyword, age, y, e = counts(np.exp(2.5 + np.cumsum(steps, axis=0)))
    assert fade(keyword, age - 1, y, e, CANDIDATES, EVEN).chance[-1] < 0.01


def test_days_that_scatter_are_no_rates_that_wander() -> None:
    rng = np.random.default_rng(3)
    scatter = rng.gamma(0.5, 2.0, (30, 200)) * np.exp(rng.normal(1, 1, 200))
    keyword, age, y, e = counts(scatter)
    chance = fade(keyword, age - 1, y, e, CANDIDATES, EVEN).chance
    assert chance[-1] > 5 * chance[0]


def test_nothing_to_judge_by_is_the_prior() -> None:
    keyword, age, y, e = counts(np.ones((30, 200)))
    found = fade(keyword, age - 1, y * 0.0, e * 0.0, CANDIDATES, (0.2, 0.3, 0.5))
    assert found.chance == pytest.approx((0.2, 0.3, 0.5))


def test_nothing_fades_on_a_short_or_empty_history() -> None:
    keyword, age, y, e = counts(np.ones((5, 200)))
    assert fade(keyword, age - 1, y, e, CANDIDATES, EVEN) == Fade((np.inf,), (1.0,))
    none = np.zeros(0)
    empty = fade(none.astype(int), none.astype(int), none, none, CANDIDATES, EVEN)
    assert empty.at(np.zeros(0, dtype=int)).shape == (0,)


def test_a_large_history_is_sampled_for_its_fading(monkeypatch: pytest.MonkeyPatch) -> None:
    level = np.broadcast_to(np.exp(np.random.default_rng(0).normal(1, 1, 200)), (30, 200))
    keyword, age, y, e = counts(level)
    monkeypatch.setattr("optimizer.recency.SAMPLE_ROWS", 2000)
    assert fade(keyword, age - 1, y, e, CANDIDATES, EVEN).chance[-1] > 0.4


def test_weights_are_averaged_over_half_lives() -> None:
    both = Fade((3.0, np.inf), (0.5, 0.5))
    assert both.at(np.array([0, 3, 6])).tolist() == [1.0, 0.75, 0.625]
