"""How orders mature: the share of a day's final orders that is reported after ``age`` days.

Chain-ladder (Mack 1993) in its Bayesian form: the link N(age) / N(age + 1) has a Beta prior around
the documented curve (75 / 89 / 96 / 100 % after 1 / 3 / 7 / 15 days) worth ``PRIOR_ORDERS`` orders,
and the settlement rows update it. Maturity is the product of the links up to the last age.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.outlook import FloatArray, IntArray

DOCUMENTED_AGES = np.array([0.0, 1.0, 3.0, 7.0, 15.0])
DOCUMENTED_SHARES = np.array([0.45, 0.75, 0.89, 0.96, 1.0])
PRIOR_ORDERS = 40.0
DRAWS = 400


@dataclass(frozen=True, slots=True)
class Maturity:
    """Shares by age 0..attribution_days; ``draws`` (DRAWS, ages) are joint posterior draws."""

    share: FloatArray
    draws: FloatArray

    def at(self, age: IntArray) -> FloatArray:
        """Share reported at each age; final past the last age."""
        last = len(self.share) - 1
        return self.share[np.clip(age, 0, last)]

    def doubt(self, first_age: int, days: int) -> FloatArray:
        """(days, days) posterior covariance of the log shares from ``first_age`` on."""
        log_share = np.log(np.maximum(self.draws, 1e-6))
        ages = np.clip(np.arange(first_age, first_age + days), 0, log_share.shape[1] - 1)
        centred = (log_share - log_share.mean(axis=0))[:, ages]
        covariance: FloatArray = centred.T @ centred / len(centred)
        return covariance

    def table(self) -> pd.DataFrame:
        """Index age; columns share, share_p05, share_p95."""
        low, high = np.quantile(self.draws, [0.05, 0.95], axis=0)
        return pd.DataFrame(
            {"share": self.share, "share_p05": low, "share_p95": high},
            index=pd.RangeIndex(len(self.share), name="age"),
        )


def maturity(settlement: pd.DataFrame | None, attribution_days: int, seed: int) -> Maturity:
    """Estimate from settlement rows (date, age, orders); without rows the documented curve stands."""
    if attribution_days == 0:
        return Maturity(np.ones(1), np.ones((DRAWS, 1)))
    documented = _documented(attribution_days)
    share, seen_low, seen_high = documented, np.zeros(attribution_days), np.zeros(attribution_days)
    triangle = _triangle(settlement, attribution_days)
    for _ in range(4 if triangle.size else 0):
        filled = _fill(triangle, share)
        low, high = filled[:, :-1], filled[:, 1:]
        both = ~np.isnan(low) & ~np.isnan(high)
        seen_low = np.where(both, np.minimum(low, high), 0.0).sum(axis=0)
        seen_high = np.where(both, high, 0.0).sum(axis=0)
        share = _product(_link(documented, seen_low, seen_high)[0])
    alpha, beta = _link(documented, seen_low, seen_high)[1:]
    links = np.random.default_rng([seed, 11]).beta(alpha, beta, size=(DRAWS, attribution_days))
    return Maturity(share, _product(links))


def _documented(last: int) -> FloatArray:
    """The platform's documented curve, stretched so that it ends at 1 at ``last`` days."""
    ages = DOCUMENTED_AGES * (last / DOCUMENTED_AGES[-1] if last < DOCUMENTED_AGES[-1] else 1.0)
    curve: FloatArray = np.interp(np.arange(last + 1.0), ages, DOCUMENTED_SHARES)
    return curve


def _triangle(settlement: pd.DataFrame | None, last: int) -> FloatArray:
    """(dates, ages) orders known, NaN where no pull was made; empty without rows."""
    if settlement is None or settlement.empty:
        return np.empty((0, last + 1))
    rows = settlement[(settlement["age"] >= 0) & (settlement["age"] <= last)]
    known = rows.pivot_table(index="date", columns="age", values="orders", aggfunc="sum")
    triangle: FloatArray = known.reindex(columns=range(last + 1)).to_numpy(dtype=np.float64)
    return triangle


def _fill(triangle: FloatArray, share: FloatArray) -> FloatArray:
    """Ages between two pulls of a date are filled in along the present curve."""
    ages = np.arange(triangle.shape[1])
    filled = triangle.copy()
    for row in filled:
        known = np.flatnonzero(~np.isnan(row))
        if len(known) > 1:
            inside = slice(known[0], known[-1] + 1)
            row[inside] = np.interp(
                share[ages[inside]], share[known], np.maximum.accumulate(row[known])
            )
    return filled


def _link(
    documented: FloatArray, seen_low: FloatArray, seen_high: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Posterior mean and Beta parameters of the links between successive ages."""
    expected = documented[:-1] / documented[1:]
    alpha = PRIOR_ORDERS * expected + seen_low
    beta = PRIOR_ORDERS * (1.0 - expected) + 1e-3 + np.maximum(seen_high - seen_low, 0.0)
    return alpha / (alpha + beta), alpha, beta


def _product(links: FloatArray) -> FloatArray:
    """Maturity from links along the last axis: the product of all later links; 1 at the end."""
    ones = np.ones((*links.shape[:-1], 1))
    later = np.cumprod(links[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([later, ones], axis=-1)
