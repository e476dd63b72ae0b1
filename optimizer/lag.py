"""How orders mature: the share of a day's final orders that is reported after ``age`` days.

Chain-ladder (Mack 1993) in its Bayesian form. The link N(age) / N(age + 1) is Beta around a curve,

    link_a ~ Beta(w * e_a, w * (1 - e_a)),   N_a | N_{a+1} ~ Binomial(N_{a+1}, link_a),

where e are the links of the documented curve (75 / 89 / 96 / 100 % after 1 / 3 / 7 / 15 days) with
its time stretched by a factor and its shares raised to a power, since customers of some shops take
their time; the logs of both are Normal(0, STRETCH_SD^2) and Normal(0, POWER_SD^2). The orders w that
the curve is worth are one of ``WORTHS``. All three are averaged over by their likelihood.
Maturity is the product of the links up to the last age.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln

from optimizer.outlook import FloatArray, IntArray

DOCUMENTED_AGES = np.array([0.0, 1.0, 3.0, 7.0, 15.0])
DOCUMENTED_SHARES = np.array([0.45, 0.75, 0.89, 0.96, 1.0])
STRETCH_SD, POWER_SD = 0.35, 0.45
WORTHS = np.array([8.0, 30.0, 120.0])
_SDS = np.linspace(-2.4, 2.4, 9)
DRAWS = 400


@dataclass(frozen=True, slots=True)
class Growth:
    """Orders that the pulls of the newest week have added to days known before, and what was expected.

    ``sd`` is what counting and the curve leave open.
    """

    seen: float = 0.0
    expected: float = 0.0
    sd: float = 0.0


@dataclass(frozen=True, slots=True)
class Maturity:
    """Shares by age 0..attribution_days; ``draws`` (DRAWS, ages) are joint posterior draws."""

    share: FloatArray
    draws: FloatArray
    growth: Growth = Growth()

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
    curves = _Curves.of(attribution_days)
    triangle, days = _triangle(settlement, attribution_days)
    low, high = np.zeros((2, attribution_days))
    for _ in range(4 if triangle.size else 0):
        filled = _fill(triangle, curves.share(low, high))
        before, after = filled[:, :-1], filled[:, 1:]
        both = ~np.isnan(before) & ~np.isnan(after)
        low = np.where(both, np.minimum(before, after), 0.0).sum(axis=0)
        high = np.where(both, after, 0.0).sum(axis=0)
    share = curves.share(low, high)
    draws = curves.draw(low, high, np.random.default_rng([seed, 11]))
    return Maturity(share, draws, _growth(triangle, days, share, draws))


@dataclass(frozen=True, slots=True)
class _Curves:
    """The curves that are thought possible: S of them, as Beta parameters of the links."""

    alpha: FloatArray  # (S, ages - 1)
    beta: FloatArray
    prior: FloatArray  # (S,)

    @classmethod
    def of(cls, last: int) -> _Curves:
        """All stretches and powers with all worths."""
        plain = np.stack([_links(np.exp(STRETCH_SD * z), last) for z in _SDS])
        powers = np.exp(POWER_SD * _SDS)[:, None, None]
        links = (plain**powers).reshape(-1, last)
        alpha = (WORTHS[:, None, None] * links).reshape(-1, last)
        beta = (WORTHS[:, None, None] * (1.0 - links)).reshape(-1, last)
        bell = np.exp(-0.5 * _SDS**2)
        prior = np.tile(np.outer(bell, bell).ravel(), len(WORTHS))
        return cls(np.maximum(alpha, 1e-3), np.maximum(beta, 1e-3), prior / prior.sum())

    def weight(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """(S,) posterior, given orders known at each age and at the next one."""
        late = np.maximum(high - low, 0.0)
        score = betaln(self.alpha + low, self.beta + late) - betaln(self.alpha, self.beta)
        total = score.sum(axis=1) + np.log(self.prior)
        odds = np.exp(total - total.max())
        weight: FloatArray = odds / odds.sum()
        return weight

    def share(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """(ages,) posterior mean of the maturity."""
        alpha = self.alpha + low
        links = alpha / (alpha + self.beta + np.maximum(high - low, 0.0))
        share: FloatArray = np.minimum(self.weight(low, high) @ _product(links), 1.0)
        return share

    def draw(self, low: FloatArray, high: FloatArray, rng: np.random.Generator) -> FloatArray:
        """(DRAWS, ages) posterior draws; every curve has its share of them."""
        steps = (np.arange(DRAWS) + 0.5) / DRAWS
        curve = np.searchsorted(np.cumsum(self.weight(low, high)), steps).clip(
            0, len(self.prior) - 1
        )
        late = np.maximum(high - low, 0.0)
        return _product(rng.beta(self.alpha[curve] + low, self.beta[curve] + late))


def _links(stretch: float, last: int) -> FloatArray:
    """(last,) links of the documented curve, its time stretched, ending at 1 at ``last`` days."""
    span = DOCUMENTED_AGES[-1]
    ages = DOCUMENTED_AGES * stretch * min(last / span, 1.0)
    fine = np.append(ages, max(float(last), ages[-1]) + 1.0)
    curve = np.interp(np.arange(last + 1.0), fine, np.append(DOCUMENTED_SHARES, 1.0))
    links: FloatArray = curve[:-1] / curve[1:]
    return links


def _triangle(settlement: pd.DataFrame | None, last: int) -> tuple[FloatArray, FloatArray]:
    """(dates, ages) orders known, NaN where no pull was made, and day numbers; may be empty."""
    if settlement is None or settlement.empty:
        return np.empty((0, last + 1)), np.empty(0)
    rows = settlement[(settlement["age"] >= 0) & (settlement["age"] <= last)]
    known = rows.pivot_table(index="date", columns="age", values="orders", aggfunc="sum")
    triangle: FloatArray = known.reindex(columns=range(last + 1)).to_numpy(dtype=np.float64)
    stamps = pd.to_datetime(known.index, format="ISO8601", errors="coerce")
    return triangle, np.asarray(pd.DatetimeIndex(stamps).to_julian_date(), dtype=np.float64)


def _growth(triangle: FloatArray, days: FloatArray, share: FloatArray, draws: FloatArray) -> Growth:
    """Late orders from one day's pull to the next, where the second was made in the newest week."""
    if not len(days):
        return Growth()
    pulled = days[:, None] + np.arange(1, triangle.shape[1])
    before, after = triangle[:, :-1], triangle[:, 1:]
    known = ~np.isnan(before) & ~np.isnan(after)
    dated = known & ~np.isnan(pulled)
    if not dated.any():
        return Growth()
    used = dated & (pulled > pulled[dated].max() - 7)
    amount = np.where(used, before, 0.0).sum(axis=0)
    expected = float(amount @ (share[1:] / share[:-1] - 1.0))
    drawn = (draws[:, 1:] / np.maximum(draws[:, :-1], 1e-6) - 1.0) @ amount
    seen = float(np.where(used, after - before, 0.0).sum())
    return Growth(seen, expected, float(np.sqrt(max(expected, 0.0) + drawn.var())))


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


def _product(links: FloatArray) -> FloatArray:
    """Maturity from links along the last axis: the product of all later links; 1 at the end."""
    ones = np.ones((*links.shape[:-1], 1))
    later = np.cumprod(links[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([later, ones], axis=-1)
