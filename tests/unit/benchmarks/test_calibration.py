"""Coverage of intervals that are exact, and of some that are not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma, nbinom

from tests.benchmarks import calibration
from tests.benchmarks.extent import SMOKE

WORDS = 4_000


def forecast_of(mean, shape, wrong=1.0):
    """Quantiles of a negative binomial for every word; spend is a yuan a click, orders are clicks too."""
    spread = shape / wrong
    columns = {name: np.full(WORDS, mean) for name in ("clicks", "orders", "spend")}
    for end, q in {"p05": 0.05, "p10": 0.10, "p90": 0.90, "p95": 0.95}.items():
        count = nbinom.ppf(q, spread, spread / (spread + mean))
        columns |= {
            f"{name}_{end}": np.full(WORDS, count) for name in ("clicks", "orders", "spend")
        }
    return pd.DataFrame(columns)


def beyond(forecast, came):
    found = calibration.hits(forecast, came, np.zeros(len(forecast)))
    return {
        f"{name}_{level}": 100.0
        * (found[f"{name}_{level}"] - found[f"{name}_{level}_exact"]).mean()
        for name in ("clicks", "orders")
        for level in calibration.LEVELS
    }


@pytest.mark.parametrize("level", [0.02, 0.5, 3.0, 60.0])
def test_exact_intervals_of_counts_hold_what_exact_ones_hold(level):
    rng = np.random.default_rng(1)
    mean, shape = level, 4.0
    clicks = rng.poisson(rng.gamma(shape, mean / shape, WORDS))
    came = {"clicks": clicks, "orders": clicks, "spend": clicks * 1.0}
    found = beyond(forecast_of(mean, shape), came)
    assert all(abs(points) < 1.5 for points in found.values()), found


def test_intervals_that_are_too_narrow_show_it():
    rng = np.random.default_rng(2)
    mean, shape = 30.0, 4.0
    clicks = rng.poisson(rng.gamma(shape, mean / shape, WORDS))
    came = {"clicks": clicks, "orders": clicks, "spend": clicks * 1.0}
    assert beyond(forecast_of(mean, shape, wrong=0.3), came)["clicks_80"] < -10.0
    assert beyond(forecast_of(mean, shape, wrong=3.0), came)["clicks_80"] > 5.0


def test_exact_intervals_of_an_amount_hold_their_level():
    mean = 20.0
    ends = {
        f"spend_{end}": gamma.ppf(q, 3.0, scale=mean / 3.0)
        for end, q in (("p10", 0.1), ("p90", 0.9))
    }
    forecast = forecast_of(mean, 3.0).assign(**ends)
    assert calibration.exact(forecast, "spend", 80) == pytest.approx(0.8)
    silent = forecast_of(0.01, 3.0)
    assert calibration.exact(silent, "spend", 90) == pytest.approx(0.99, abs=0.001)


def test_clicks_seen_are_binned_with_their_ends():
    names = calibration.bins_of(np.array([0, 1, 4, 5, 19, 20, 99, 100, 10_000]))
    assert list(names) == ["0", "1-4", "1-4", "5-19", "5-19", "20-99", "20-99", "100+", "100+"]


def test_every_shop_has_its_rows():
    by_seen, by_shop, totals = calibration.run(SMOKE)
    assert {row["shop"] for row in by_shop.rows} == set(SMOKE.calibration_names)
    assert {row["bids"] for row in by_seen.rows} == {"kept", "proposed"}
    assert len(by_seen.detail) == len(by_seen.rows)
    assert all(row["n"] == SMOKE.calibration_days for row in totals.rows)
