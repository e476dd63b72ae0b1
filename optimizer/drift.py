"""How the rate of one adgroup, that is of one item, moves by itself: reviews, seasons, rivals, prices.

Counts y_gt of adgroup g on day t are Poisson around expected_gt * exp(f_gt) with a day's own noise,

    f_gt - f_g,t-1 ~ Normal(0, q^2),   relative variance of a day = day_variance,

the same q for all adgroups. A Kalman filter on the log level, one scoring step a day, and a smoother
(Rauch, Tung and Striebel 1965) run for each q of ``STEPS`` over all adgroups at once; paths are
averaged by how well each q has predicted every next day. No drift is as likely beforehand as any.
G = adgroups, T = days, newest first at the door and oldest first inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from optimizer.outlook import FloatArray, IntArray

MOST_DAYS = 120
LEAST_DAYS = 14
STEPS = np.array([0.0, 0.007, 0.014, 0.028, 0.056])
CHANCES = np.array([0.5, 0.15, 0.15, 0.1, 0.1])
FIRST_SD = 0.3
CHUNK = 20_000  # adgroups at once
FARTHEST = 1.5  # log; further away no day is from the adgroup's own level


@dataclass(frozen=True, slots=True)
class Drift:
    """``factor`` (G, T): each day's level over today's, newest first; ``sd`` (G,) of today's log level."""

    factor: FloatArray
    sd: FloatArray

    def at(self, adgroup: IntArray, age: IntArray) -> FloatArray:
        """Factors of rows by adgroup and age from the newest day; the oldest stands for all before."""
        found: FloatArray = self.factor[adgroup, np.minimum(age, self.factor.shape[1] - 1)]
        return found


def drift(seen: FloatArray, expected: FloatArray) -> Drift:
    """Fit to counts ``seen`` and ``expected`` (G, T), newest day first, at rates without drift."""
    groups, span = seen.shape
    if span < LEAST_DAYS or seen.sum() <= 0:
        return Drift(np.ones((groups, 1)), np.zeros(groups))
    span = min(span, MOST_DAYS)
    y, e = seen[:, span - 1 :: -1].T, np.maximum(expected[:, span - 1 :: -1].T, 1e-9)
    noise = day_variance(y, e)
    levels, variance = np.empty((span, len(STEPS), groups)), np.empty((len(STEPS), groups))
    score = np.log(CHANCES)
    for at in range(0, groups, CHUNK):
        part = slice(at, at + CHUNK)
        levels[..., part], variance[:, part], evidence = _filtered(y[:, part], e[:, part], noise)
        score = score + evidence
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    path = np.tensordot(levels, chance, (1, 0))
    last = levels[-1] - levels.mean(axis=0)
    spread = chance @ (last - chance @ last) ** 2
    moved = chance @ np.maximum(variance - variance[0], 0.0)
    factor = np.exp(np.clip(path - path[-1], -FARTHEST, FARTHEST))
    return Drift(np.ascontiguousarray(factor[::-1].T), np.sqrt(moved + spread))


def day_variance(y: FloatArray, e: FloatArray) -> float:
    """Relative variance of one day beyond Poisson, from neighbouring days, which share their level."""
    rate = y / e
    poisson = 1.0 / e[1:] + 1.0 / e[:-1]
    weight = poisson**-2
    excess = (rate[1:] - rate[:-1]) ** 2 - poisson
    total = float(weight.sum())
    return max(0.5 * float((weight * excess).sum()) / total, 0.0) if total > 0 else 0.0


def _filtered(
    y: FloatArray, e: FloatArray, noise: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Forward filter and backward smoother for all of ``STEPS`` (S,) and all adgroups at once.

    Smoothed log levels (T, S, G), variances (S, G) of the last ones, and evidence (S,).
    """
    span, groups = y.shape
    wander = STEPS[:, None] ** 2
    shape = len(STEPS), groups
    level, variance = np.zeros(shape), np.full(shape, FIRST_SD**2)
    levels, variances = np.empty((2, span, *shape))
    evidence = np.zeros(len(STEPS))
    for day in range(span):
        before = variance + (wander if day else 0.0)
        mean = e[day] * np.exp(level)
        evidence += _predicted(y[day], mean, before + noise)
        damp = 1.0 + mean * noise
        variance = 1.0 / (1.0 / before + mean / damp)
        level = np.clip(level + variance * (y[day] - mean) / damp, -2 * FARTHEST, 2 * FARTHEST)
        levels[day], variances[day] = level, variance
    for day in range(span - 2, -1, -1):
        gain = variances[day] / (variances[day] + wander)
        levels[day] += gain * (levels[day + 1] - levels[day])
    return levels, variance, evidence


def _predicted(y: FloatArray, mean: FloatArray, relative_variance: FloatArray) -> FloatArray:
    """(S,) log densities of counts (G,) under negative binomials, without terms of the counts alone."""
    shape = 1.0 / relative_variance
    term = gammaln(shape + y) - gammaln(shape) - shape * np.log1p(mean / shape)
    density: FloatArray = (term + y * np.log(mean / (shape + mean))).sum(axis=1)
    return density
