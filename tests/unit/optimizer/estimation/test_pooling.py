from __future__ import annotations

import numpy as np
import pytest

from optimizer import pooling
from optimizer.law import gamma_quantile
from optimizer.pooled import Pooled, Prior, Tree
from optimizer.pooling import pool

PRIOR = Prior(rate=0.03, weight=1.0)


def tree(n: int, adgroups: int = 10, campaigns: int = 2) -> Tree:
    return Tree(np.arange(n) % adgroups, np.arange(adgroups) % campaigns, campaigns)


def draw(
    strength: float, *, n: int = 3000, clicks: float = 60.0, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.gamma(strength, 0.05 / strength, n)
    exposure = rng.gamma(1.0, clicks, n)
    return truth, rng.poisson(truth * exposure).astype(float), exposure


@pytest.mark.parametrize("strength", [1.0, 4.0, 30.0])
def test_the_spread_of_keywords_is_learned(strength: float) -> None:
    _, y, e = draw(strength)
    found = pool(y, e, tree(len(y)), PRIOR).keyword.spread
    assert found == pytest.approx(strength**-0.5, rel=0.15)


def test_pooled_rates_beat_raw_and_pooled_ones_on_squared_error() -> None:
    truth, y, e = draw(4.0, clicks=40.0)
    found = pool(y, e, tree(len(y)), PRIOR).rate
    error = np.mean((found - truth) ** 2)
    assert error < 0.8 * np.mean((y.sum() / e.sum() - truth) ** 2)
    assert error < 0.8 * np.mean((y / np.maximum(e, 1.0) - truth) ** 2)


def test_no_heterogeneity_means_one_rate() -> None:
    rng = np.random.default_rng(2)
    e = np.full(2000, 50.0)
    y = rng.poisson(0.05 * e).astype(float)
    found = pool(y, e, tree(2000), PRIOR).rate
    assert np.std(found) < 0.15 * np.mean(found)


def test_adgroups_differ_when_their_words_do() -> None:
    rng = np.random.default_rng(5)
    place = tree(2000, adgroups=20)
    by_adgroup = np.where(np.arange(20) < 10, 0.02, 0.08)
    e = np.full(2000, 30.0)
    y = rng.poisson(by_adgroup[place.adgroup] * e).astype(float)
    unseen_y, unseen_e = y.copy(), e.copy()
    unseen_y[:20] = 0.0
    unseen_e[:20] = 0.0  # one new word in every adgroup
    found = pool(unseen_y, unseen_e, place, PRIOR).rate[:20]
    assert np.all(found[:10] < 0.035)
    assert np.all(found[10:] > 0.06)


def test_intervals_cover() -> None:
    truth, y, e = draw(4.0, seed=9)
    posterior = pool(y, e, tree(len(y)), PRIOR)
    inside = (truth >= posterior.quantile(0.05)) & (truth <= posterior.quantile(0.95))
    assert np.mean(inside) == pytest.approx(0.90, abs=0.03)
    few = e < 20
    assert np.mean(inside[few]) == pytest.approx(0.90, abs=0.04)


def test_nothing_seen_is_the_prior() -> None:
    nothing = pool(np.zeros(5), np.zeros(5), tree(5, 2, 1), PRIOR)
    assert np.allclose(nothing.rate, 0.03)
    assert nothing.account_sd == pytest.approx(1.0)


def test_empty_account() -> None:
    empty = pool(np.zeros(0), np.zeros(0), Tree(np.zeros(0, int), np.zeros(0, int), 0), PRIOR)
    assert empty.rate.shape == (0,)


def test_a_large_account_is_sampled_for_its_spreads(monkeypatch: pytest.MonkeyPatch) -> None:
    _, y, e = draw(4.0)
    place = tree(len(y), adgroups=200)
    whole = pool(y, e, place, PRIOR)
    monkeypatch.setattr("optimizer.pooling.COARSE_SAMPLE", 400)
    monkeypatch.setattr("optimizer.pooling.FINE_SAMPLE", 1000)
    part = pool(y, e, place, PRIOR)
    assert part.keyword.spread == pytest.approx(whole.keyword.spread, rel=0.2)
    assert part.rate == pytest.approx(whole.rate, rel=0.15)
    monkeypatch.setattr("optimizer.pooling.FINE_TERMS", len(y))
    assert pool(y, e, place, PRIOR).rate == pytest.approx(part.rate, rel=0.1)


def test_one_large_adgroup_is_sampled_within(monkeypatch: pytest.MonkeyPatch) -> None:
    _, y, e = draw(4.0)
    place = tree(len(y), adgroups=1, campaigns=1)
    whole = pool(y, e, place, PRIOR)
    monkeypatch.setattr("optimizer.pooling.FINE_SAMPLE", 1000)
    assert pool(y, e, place, PRIOR).rate == pytest.approx(whole.rate, rel=0.25)


def test_adgroups_and_campaigns_without_data_take_what_is_above_them() -> None:
    place = Tree(np.array([0, 0, 1, 2]), np.array([0, 0, 1]), 2)
    y, e = np.array([30.0, 50.0, 0.0, 0.0]), np.array([400.0, 700.0, 0.0, 0.0])
    found = pool(y, e, place, PRIOR)
    assert found.rate[2:] == pytest.approx(np.full(2, 0.075), rel=0.2)
    sd = np.sqrt(found.log_variance())
    assert sd[0] < sd[2] < sd[3]
    assert found.adgroup.pull[1:] == pytest.approx(np.ones(2), rel=1e-12)
    assert found.campaign.pull[1] == pytest.approx(1.0, rel=1e-12)


def test_the_order_of_the_words_changes_nothing() -> None:
    _, y, e = draw(4.0, n=200)
    place = tree(200)
    mixed = np.random.default_rng(3).permutation(200)
    again = pool(y[mixed], e[mixed], Tree(place.adgroup[mixed], *_above(place)), PRIOR)
    assert again.rate == pytest.approx(pool(y, e, place, PRIOR).rate[mixed], rel=1e-9)


def _above(place: Tree) -> tuple[np.ndarray, int]:
    return place.campaign_of_adgroup, place.campaigns


def test_noise_beyond_poisson_widens_only_what_was_seen() -> None:
    y, e = np.array([500.0, 0.0]), np.array([100.0, 0.0])
    sure = pool(y, e, tree(2, 1, 1), PRIOR)
    unsure: Pooled = sure.with_noise(np.array([0.2, 0.2]))
    assert unsure.log_variance()[0] > sure.log_variance()[0] + 0.15
    assert unsure.log_variance()[1] == pytest.approx(sure.log_variance()[1])
    assert np.array_equal(unsure.rate, sure.rate)


def test_gamma_quantile_matches_its_mean_and_spread() -> None:
    q = np.linspace(0.0005, 0.9995, 1000)
    values = np.array([gamma_quantile(p, np.array([2.0]), np.array([0.25]))[0] for p in q])
    assert values.mean() == pytest.approx(2.0, rel=0.01)
    assert values.var() == pytest.approx(1.0, rel=0.05)


def test_data_that_leave_no_doubt_of_the_spreads_leave_no_gaps() -> None:
    place = Tree(np.arange(40_000) // 20, np.arange(2_000) // 50, 40)
    y = np.full(40_000, 3_000.0)
    found = pool(y, y, place, Prior(1.0, 0.5, (0.3, 0.3, 0.3)))
    assert found.rate == pytest.approx(np.ones(40_000), abs=0.01)
    assert np.isfinite(found.quantile(0.05)).all()


def test_three_bands_of_an_unsure_adgroup_stand_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    exposure = np.where(np.arange(40) < 6, 300.0, 0.0)
    counts = rng.poisson(0.03 * exposure).astype(float)
    place = tree(40, adgroups=8, campaigns=1)
    wide = Prior(rate=0.03, weight=1.0, spread=(0.5, 1.0, 0.3))

    def ends(bands: tuple[float, ...]) -> np.ndarray:
        monkeypatch.setattr(pooling, "BANDS", bands)
        monkeypatch.setattr(pooling, "BAND_SHARES", np.diff((0.0, *bands, 1.0)))
        found = pool(counts, exposure, place, wide)
        return np.array([found.quantile(0.05), found.quantile(0.95)])

    three, many = ends(pooling.BANDS), ends(tuple(np.linspace(0.05, 0.95, 19)))
    assert np.abs(three / many - 1.0).max() < 0.1
    assert np.abs(ends(()) / many - 1.0).max() > 0.15
