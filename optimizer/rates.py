"""Clicks per impression and orders per click: what is counted, over what, and what fades.

Both rates are read the same way. What the whole account does from day to day (tide.py) is taken out
of the exposures, so that a promotion's days do not stay in the words' rates and a falling season is
seen at once; what words do each for themselves fades with half-lives that predict (recency.py); what
is left is pooled (pooling.py). Quality score and match, where the roster has them, shift a word's
log rate by slopes with prior Normal(0, sd^2) per standard deviation, averaged over sds. Rates are
those of the account's level today.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.drift import Drift, drift
from optimizer.history import Panel
from optimizer.lag import Maturity
from optimizer.leaning import followed, interest
from optimizer.outlook import FloatArray
from optimizer.pooled import Pooled, Prior, Tree
from optimizer.pooling import pool
from optimizer.recency import Fade, fade
from optimizer.sums import sum_by
from optimizer.tide import Tide, tide

HALF_LIVES = (8.0, 15.0, 30.0, 60.0, np.inf)
LIKELY = (0.05, 0.1, 0.15, 0.2, 0.5)  # most words are next month what they were
CTR_PRIOR = Prior(rate=0.03, weight=1.0, spread=(0.5, 0.3, 0.3))
CVR_PRIOR = Prior(rate=0.03, weight=1.0, spread=(0.2, 0.15, 0.1))
SLOPE_SDS = (0.01, 0.07, 0.2, 0.5)
SLOPE_CHANCES = (0.4, 0.25, 0.25, 0.1)
SCORING_ROUNDS = 6
SMOOTHING = 4.0  # counts' worth of the account's rate in a word's share of a day


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of every keyword at today's level, and how the account's days differ."""

    pooled: Pooled
    fade: Fade
    tide: Tide


def click_rate(panel: Panel, tree: Tree, place: FloatArray, traits: FloatArray) -> Rate:
    """Clicks per impression at the reference bid; ``place`` (R,) is the gain of a better place."""
    sure = np.zeros((panel.days, panel.days))
    counted = panel.clicks, panel.impressions * place
    return fit_rate(panel, tree, counted, sure, CTR_PRIOR, traits)


def conversion(panel: Panel, tree: Tree, lag: Maturity, traits: FloatArray) -> Rate:
    """Orders per click once matured; ``traits`` (n, P) as the roster has them."""
    counted = panel.orders, panel.clicks * lag.at(panel.age)
    doubt = lag.doubt(panel.first_age, panel.days)
    return fit_rate(panel, tree, counted, doubt, CVR_PRIOR, traits, interest(panel, tree))


def fit_rate(
    panel: Panel,
    tree: Tree,
    counted: tuple[FloatArray, FloatArray],
    doubt: FloatArray,
    prior: Prior,
    traits: FloatArray,
    interested: FloatArray | None = None,
) -> Rate:
    """Fit to ``counted``, counts and exposures (R,) of the rows.

    ``doubt`` (T, T) is the covariance of what is unsure about the log exposures of the days;
    ``traits`` (n, P) and ``interested`` (n,), logs of rates (leaning.py), what else may tell words apart.
    """
    counts, exposure = counted
    days = panel.age - panel.first_age
    swell = _tide(panel, counts, exposure, doubt)
    exposure = exposure * swell.at(days)
    local = _drift(panel, tree, counts, exposure)
    exposure = exposure * local.at(tree.adgroup[panel.keyword], days)
    memory = fade(panel.keyword, days, counts, exposure, HALF_LIVES, LIKELY)
    weight = memory.at(days)
    seen = sum_by(panel.keyword, counts * weight, panel.keywords)
    room = sum_by(panel.keyword, exposure * weight, panel.keywords)
    leaning = np.ones(len(seen))
    if interested is not None:
        leaning = followed(interested, seen, room, tree, prior)
    pooled = pool(seen, room * leaning, tree, prior)
    if traits.shape[1]:
        factor = _told(traits, seen, room * leaning, pooled)
        leaning = leaning * factor
        pooled = pool(seen, room * leaning, tree, prior)
    pooled = pooled.scaled(leaning)
    pooled = pooled.drifting(swell.level_sd).adrift(local.sd)
    return Rate(pooled, memory, swell)


def _told(traits: FloatArray, seen: FloatArray, room: FloatArray, pooled: Pooled) -> FloatArray:
    """(n,) factors on the rates that the traits tell: negative binomial regressions, averaged.

    Each word is held against the others of its adgroup, so that what adgroups differ by stays theirs.
    How much traits tell at all is one of ``SLOPE_SDS``, weighted by how well each explains the counts
    (Laplace's approximation): a dozen orders tell nothing by them.
    """
    shape = pooled.keyword.spread**-2
    base = pooled.adgroup.rate[pooled.tree.adgroup] * room
    score, factors = np.empty(len(SLOPE_SDS)), np.empty((len(SLOPE_SDS), len(seen)))
    for place, sd in enumerate(SLOPE_SDS):
        score[place], slopes = _slopes(traits, seen, base, shape, sd)
        factors[place] = np.exp(traits @ slopes)
    chance = np.array(SLOPE_CHANCES) * np.exp(score - score.max())
    factor: FloatArray = chance @ factors / chance.sum()
    return factor


def _slopes(
    traits: FloatArray, seen: FloatArray, base: FloatArray, shape: float, sd: float
) -> tuple[float, FloatArray]:
    """Log evidence and mode of the slopes under Normal(0, sd^2); scoring of the regression."""
    slopes = np.zeros(traits.shape[1])
    for _ in range(SCORING_ROUNDS):
        mean = base * np.exp(traits @ slopes)
        deflate = shape / (shape + mean)
        gradient = traits.T @ (deflate * (seen - mean)) - slopes / sd**2
        information = (traits.T * (deflate * mean)) @ traits + np.eye(len(slopes)) / sd**2
        slopes = slopes + np.clip(np.linalg.solve(information, gradient), -0.5, 0.5)
    shift = traits @ slopes
    mean = base * np.exp(shift)
    fit = float((seen * shift - (shape + seen) * np.log1p(mean / shape)).sum())
    width = 0.5 * float(np.linalg.slogdet(information * sd**2)[1])
    return fit - 0.5 * float(slopes @ slopes) / sd**2 - width, slopes


def _drift(panel: Panel, tree: Tree, counts: FloatArray, exposure: FloatArray) -> Drift:
    """What each adgroup did besides the account, given what mix of words each of its days had."""
    groups, span = len(tree.campaign_of_adgroup), panel.days
    seen = sum_by(panel.keyword, counts, panel.keywords)
    room = sum_by(panel.keyword, exposure, panel.keywords)
    usual = (seen.sum() + 0.5) / (room.sum() + 1.0)
    typical = sum_by(tree.adgroup, seen, groups) + 0.5
    typical /= sum_by(tree.adgroup, room, groups) + 0.5 / usual
    typical = typical[tree.adgroup]
    rate = (seen + SMOOTHING) / (room + SMOOTHING / typical)
    cell = tree.adgroup[panel.keyword] * span + panel.age - panel.first_age

    def by_day(values: FloatArray) -> FloatArray:
        return sum_by(cell, values, groups * span).reshape(groups, span)

    return drift(by_day(counts), by_day(exposure * rate[panel.keyword]))


def _tide(panel: Panel, counts: FloatArray, exposure: FloatArray, doubt: FloatArray) -> Tide:
    """What all words together did from day to day, given what mix of words each day had."""
    span = panel.days
    seen = sum_by(panel.keyword, counts, panel.keywords)
    room = sum_by(panel.keyword, exposure, panel.keywords)
    typical = (seen.sum() + 0.5) / (room.sum() + 1.0)
    rate = (seen + SMOOTHING) / (room + SMOOTHING / typical)
    days = panel.age - panel.first_age
    expected = sum_by(days, exposure * rate[panel.keyword], span)
    return tide(sum_by(days, counts, span), expected, doubt, panel.calendar)
