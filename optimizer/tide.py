"""How a rate of the whole account moves from day to day: a level that wanders, days that stand out.

Counts y_t of day t are Poisson around expected_t * exp(f_t),

    f_t = c + level_t + lift * named_t + own_t + doubt_t,
    c ~ Normal(0, FIRST_SD^2), level_t - level_{t-1} ~ Normal(0, q^2),
    lift ~ Normal(0, RATE_LIFT_SD^2), named_t = 1 on days the owner has named (calendar.py), else 0,
    own_t ~ Student(FREEDOM) with scale s, doubt ~ Normal(0, known covariance),

with exponential priors on q and s whose means are ``WANDER`` and ``OWN``. For every (q, s) of a grid
the mode and evidence come from Laplace's approximation (Rasmussen and Williams 2006, algorithm 3.1);
the Student law is a scale mixture found by a few rounds of expectation and maximisation, so that a
promotion is a day that stands out and leaves the level alone. ``doubt`` is what is unsure about how
much of young days is reported yet: a late order never looks like a falling rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.calendar import PLAIN, RATE_LIFT_SD, Calendar
from optimizer.outlook import FloatArray, IntArray

MOST_DAYS = 120
LEAST_DAYS, LEAST_COUNTS = 7, 20.0
FIRST_SD = 0.3
WANDER, OWN = 0.02, 0.06
FREEDOM = 4.0
FARTHEST = (
    4.0  # log of how far a day may stand out; beyond it counts and exposures do not belong together
)
_WANDERS = np.array([0.0005, 0.01, 0.03, 0.08])
_OWNS = np.array([0.005, 0.06, 0.16, 0.4])
_NEWTON_ROUNDS, _SCALE_ROUNDS = 12, 3
_SETTLED = 1e-9  # of every day's log effect; Newton's next step would be its square


@dataclass(frozen=True, slots=True)
class Tide:
    """Days by age, newest first."""

    factor: FloatArray  # (T,) each day's rate, as it is reported, over the level of today
    level: FloatArray  # (T,) each day's level and lift alone over those of today
    level_sd: float  # of the log of today's level against the days' average
    day_sd: float  # of the log of a future day's rate around the level

    def at(self, age: IntArray) -> FloatArray:
        """Factors of days by age, counted from the newest one; the oldest stands for all before."""
        factor: FloatArray = self.factor[np.minimum(age, len(self.factor) - 1)]
        return factor

    def level_at(self, age: IntArray) -> FloatArray:
        """Levels of days by age, what stood out left aside."""
        level: FloatArray = self.level[np.minimum(age, len(self.level) - 1)]
        return level


STILL = Tide(np.ones(1), np.ones(1), 0.0, 0.0)


def tide(
    seen: FloatArray, expected: FloatArray, doubt: FloatArray, calendar: Calendar = PLAIN
) -> Tide:
    """Fit to counts ``seen`` and ``expected`` (T,), newest first; ``doubt`` (T, T) covariance."""
    span = min(len(seen), MOST_DAYS)
    seen, expected = seen[:span][::-1], expected[:span][::-1]
    if span < LEAST_DAYS or seen.sum() < LEAST_COUNTS or expected.sum() <= 0:
        return replace(STILL, level_sd=RATE_LIFT_SD) if calendar.tonight else STILL
    expected = np.maximum(expected * (seen.sum() / expected.sum()), 1e-9)
    seen = np.minimum(seen, expected * np.exp(FARTHEST))
    doubt = doubt[:span, :span][::-1, ::-1]
    wander, own = (a.ravel() for a in np.meshgrid(_WANDERS, _OWNS, indexing="ij"))
    steps = np.minimum.outer(np.arange(1.0, span + 1), np.arange(1.0, span + 1))
    named = calendar.newest(span)[::-1]
    level = FIRST_SD**2 + wander[:, None, None] ** 2 * steps
    lift = RATE_LIFT_SD**2 * np.outer(named, named)
    stretch = np.ones((len(own), span))
    mode = np.zeros((len(own), span))
    for _ in range(_SCALE_ROUNDS):
        days = own[:, None] ** 2 * stretch
        fit = _laplace(seen, expected, level + lift + doubt, days, mode)
        mode = fit.mode
        beyond = (days * fit.pull) ** 2 + days * (1.0 - days * fit.certainty)
        stretch = (FREEDOM + beyond / own[:, None] ** 2) / (FREEDOM + 1.0)
    score = fit.evidence - wander / WANDER - own / OWN + np.log(own)
    score += np.log(np.gradient(np.sqrt(_WANDERS)) * np.sqrt(_WANDERS)).repeat(len(_OWNS))
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    return _lifted(_summed(weight, own, level, doubt, days, fit), weight, fit, calendar)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Laplace's approximation for each of H settings."""

    mode: FloatArray  # (H, T)
    pull: FloatArray  # (H, T) gradient of the log likelihood at the mode, K^-1 f
    inverse: FloatArray  # (H, T, T) inverse of K + W^-1
    evidence: FloatArray  # (H,)

    @property
    def certainty(self) -> FloatArray:
        """(H, T) diagonal of the inverse."""
        diagonal: FloatArray = np.einsum("htt->ht", self.inverse)
        return diagonal


def _laplace(
    seen: FloatArray,
    expected: FloatArray,
    common: FloatArray,
    days: FloatArray,
    mode: FloatArray,
) -> _Fit:
    """Mode, sought from ``mode`` (H, T), and evidence under covariances ``common`` (H, T, T) plus
    diagonals ``days`` (H, T).
    """
    covariance = common + days[:, :, None] * np.eye(len(seen))
    for _ in range(_NEWTON_ROUNDS):
        root, inner = _curvature(expected, covariance, mode)
        target = root**2 * mode + seen - root**2
        bent = root * _times(covariance, target)
        pull = target - root * np.linalg.solve(inner, bent[..., None])[..., 0]
        before = mode
        mode = np.clip(_times(covariance, pull), mode - 1.5, mode + 1.5)
        mode = np.clip(mode, -2.0 * FARTHEST, 2.0 * FARTHEST)
        if np.abs(mode - before).max() < _SETTLED:
            break
    root, inner = _curvature(expected, covariance, mode)
    inverse = root[:, :, None] * np.linalg.inv(inner) * root[:, None, :]
    evidence = (seen * mode - root**2).sum(axis=1) - 0.5 * (pull * mode).sum(axis=1)
    return _Fit(mode, pull, inverse, evidence - 0.5 * np.linalg.slogdet(inner)[1])


def _curvature(
    expected: FloatArray, covariance: FloatArray, mode: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Root of the counts expected at ``mode`` (H, T), and I + root covariance root (H, T, T)."""
    root = np.sqrt(expected * np.exp(mode))
    return root, np.eye(len(expected)) + root[:, :, None] * covariance * root[:, None, :]


def _times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """(H, T) products of matrices (H, T, T) and vectors (H, T)."""
    product: FloatArray = (matrices @ vectors[..., None])[..., 0]
    return product


def _summed(
    weight: FloatArray,
    own: FloatArray,
    level: FloatArray,
    doubt: FloatArray,
    days: FloatArray,
    fit: _Fit,
) -> Tide:
    """Averages over the settings: each day over today's level, and how unsure that level is."""
    span = days.shape[1]
    levels = np.einsum("hij,hj->hi", level, fit.pull)
    log_factor = weight @ (levels + days * fit.pull + fit.pull @ doubt - levels[:, -1:])
    log_factor = np.clip(log_factor, -FARTHEST, FARTHEST)
    gap = level[:, -1] - level.mean(axis=1) - days / span  # (H, T) covariance of the gap with f
    prior = level[:, -1, -1] - 2.0 * level[:, -1].mean(axis=1) + level.mean(axis=(1, 2))
    prior += days.mean(axis=1) / span
    variance = prior - np.einsum("hi,hij,hj->h", gap, fit.inverse, gap)
    found = levels[:, -1] - levels.mean(axis=1)
    spread = float(weight @ np.maximum(variance, 0.0) + weight @ (found - weight @ found) ** 2)
    day_variance = float(weight @ own**2) * FREEDOM / (FREEDOM - 2.0)
    return Tide(
        factor=np.exp(log_factor[::-1]),
        level=np.exp(np.clip(weight @ (levels - levels[:, -1:]), -FARTHEST, FARTHEST)[::-1]),
        level_sd=float(np.sqrt(spread)),
        day_sd=float(np.sqrt(day_variance)),
    )


def _lifted(plain: Tide, weight: FloatArray, fit: _Fit, calendar: Calendar) -> Tide:
    """The same days with what named ones have beside others, over what tonight has of it."""
    named = calendar.newest(len(plain.factor))
    if not (named.any() or calendar.tonight):
        return plain
    at = named[::-1]
    lift = RATE_LIFT_SD**2 * (fit.pull @ at)
    variance = RATE_LIFT_SD**2 - RATE_LIFT_SD**4 * np.einsum("t,htu,u->h", at, fit.inverse, at)
    mean = float(weight @ lift)
    spread = float(weight @ np.maximum(variance, 0.0) + weight @ (lift - mean) ** 2)
    step = np.exp(np.clip(mean * (named - calendar.tonight), -FARTHEST, FARTHEST))
    return replace(
        plain,
        factor=plain.factor * step,
        level=plain.level * step,
        level_sd=float(np.sqrt(plain.level_sd**2 + calendar.tonight * spread)),
    )
