"""How much traffic each keyword gets at its reference bid, cleaned of what all words share.

Day effects of a campaign are the ratio of its day's clicks to what its words' levels predict,
shrunk to the account's day. A day on which a budget ran out is a floor: its demand is the mean of
the day effect given that it was at least the one seen, and its words count only as long as the
campaign was open. Levels are impressions per open day of average demand, pooled over the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from optimizer.calendar import DEMAND_LIFT_SD
from optimizer.history import Panel, Roster
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.recency import weights
from optimizer.sums import sum_by

PRIOR_DAY_SD = 0.15
PRIOR_DAYS = 10.0
SLOW_SHIFT_SD = 0.12  # of the log of demand between the days before and after a common move
NEVER_OPEN_SD = 0.8  # of the log demand of a campaign that its budget closed on every day


@dataclass(frozen=True, slots=True)
class Spread:
    """How much one day's demand differs from the next: sd of the logs."""

    account: float  # of the whole account
    campaign: float  # of a campaign around the account


@dataclass(frozen=True, slots=True)
class Days:
    """Demand and opening hours by campaign and age, and how much a day differs from the next."""

    demand: FloatArray  # (C, T) relative demand of the day; ages first_age..first_age+T-1
    exposure: FloatArray  # (C, T) demand * open share of the day
    spread: Spread
    first_age: int

    def centred(self, half_life: float, counted: BoolArray | None = None) -> Days:
        """The same days with a recency-weighted mean demand of 1, over ``counted`` (T,) or all days, in
        every campaign.
        """
        fade = weights(np.arange(self.exposure.shape[1]), half_life)
        if counted is not None:
            fade = fade * counted
        mean = (self.demand * fade).sum(axis=1, keepdims=True) / fade.sum()
        mean = np.maximum(mean, 1e-9)
        return replace(self, demand=self.demand / mean, exposure=self.exposure / mean)

    def summed(self, panel: Panel, campaign: IntArray, half_life: float) -> FloatArray:
        """(R,) weighted exposure of each row's own day and of the silent days behind it."""
        ages = np.arange(self.exposure.shape[1], dtype=np.float64)
        faded = self.exposure * weights(ages, half_life)
        running = np.concatenate([np.zeros((len(faded), 1)), np.cumsum(faded, axis=1)], axis=1)
        oldest = panel.age - self.first_age + 1
        at = campaign[panel.keyword]
        summed: FloatArray = running[at, oldest] - running[at, oldest - panel.gap - 1]
        return summed

    def own(self, panel: Panel, campaign: IntArray) -> FloatArray:
        """(R,) exposure of each row's own day."""
        own: FloatArray = self.exposure[campaign[panel.keyword], panel.age - self.first_age]
        return own


def flat_days(panel: Panel, roster: Roster) -> Days:
    """Every day like the other, the start of the iteration; closed days count only where all are."""
    ones = np.ones((len(roster.campaign_ids), max(panel.days, 1)))
    closed = closed_days(panel, roster, ones.shape)
    some_open = ~closed.all(axis=1, keepdims=True)
    return Days(
        ones,
        np.where(closed & some_open, 0.0, 1.0),
        Spread(PRIOR_DAY_SD, PRIOR_DAY_SD),
        panel.first_age,
    )


def day_effects(panel: Panel, roster: Roster, days: Days, volume: FloatArray) -> Days:
    """Demand by campaign and day, given each row's relative ``volume`` (R,) at the bid then in force."""
    shape = days.exposure.shape
    pace = keyword_rate(panel, roster, days, volume)[panel.keyword] * volume
    seen, expected = campaign_days(panel, roster, shape, pace)
    expected = np.maximum(expected, 0.0)
    censored = closed_days(panel, roster, shape)
    named = panel.calendar.newest(shape[1])
    spread = _components(panel, pace, seen, expected, ~censored & panel.calendar.usual(shape[1]))
    account_seen = np.where(censored, 0.0, seen).sum(axis=0)
    account_expected = np.where(censored, 0.0, expected).sum(axis=0)
    variance = spread.account**2 + DEMAND_LIFT_SD**2 * named
    account = (account_seen + 1.0 / variance) / (account_expected + 1.0 / variance)
    centre = np.broadcast_to(account, shape)
    shrink = 1.0 / spread.campaign**2
    ratio = np.where(
        censored,
        (seen + 1.0) / (expected + 1.0),
        (seen + shrink * centre) / (expected + shrink),
    )
    sd = np.sqrt(variance + spread.campaign**2)
    above = _above(ratio, centre, np.where(censored.all(axis=1, keepdims=True), NEVER_OPEN_SD, sd))
    demand = np.where(censored, above, ratio)
    open_share = np.minimum(ratio / demand, 1.0)
    never_open = censored.all(axis=1, keepdims=True)
    demand = demand / np.where(never_open, demand.mean(axis=1, keepdims=True), 1.0)
    return Days(demand, demand * open_share, spread, panel.first_age).centred(np.inf)


def closed_days(panel: Panel, roster: Roster, shape: tuple[int, ...]) -> BoolArray:
    """(C, T) campaign days on which a budget ran out, newest first."""
    censored = np.zeros(shape, dtype=bool)
    hit = panel.censored
    censored[roster.campaign[panel.keyword[hit]], panel.age[hit] - panel.first_age] = True
    return censored


def common_move(
    panel: Panel, roster: Roster, days: Days, volume: FloatArray, slope: FloatArray
) -> tuple[float, float]:
    """How far the account's position is off, as day effects show it where bids moved together.

    ``volume`` (R,) relative volume and ``slope`` (R,) its log derivative by the position. A day
    effect that goes along with the campaign's mean move is a response the curve has missed, up to
    slow changes of demand that happened to coincide. Returns the correction and its sd (inf: none).
    """
    shape = days.exposure.shape
    pace = keyword_rate(panel, roster, days, volume)[panel.keyword] * volume
    seen, expected = campaign_days(panel, roster, shape, pace)
    moved = campaign_days(panel, roster, shape, pace * slope)[1] / np.maximum(expected, 1e-9)
    is_open = ~closed_days(panel, roster, shape) & (expected > 1.0) & panel.calendar.usual(shape[1])
    noise = days.spread.account**2 + days.spread.campaign**2
    weight = np.where(is_open, expected / (1.0 + noise * expected), 0.0)
    by_campaign = np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    away = moved - (weight * moved).sum(axis=1, keepdims=True) / by_campaign
    log_ratio = np.log((seen + 1.0) / (np.maximum(expected, 0.0) + 1.0))
    information = float((weight * away**2).sum())
    if information < 1.0:
        return 0.0, np.inf
    correction = float((weight * away * log_ratio).sum()) / information
    spread = information / float(weight.sum())
    return correction, float(np.sqrt(1.0 / information + SLOW_SHIFT_SD**2 / spread))


def tonights_lift(panel: Panel, roster: Roster, days: Days) -> tuple[float, float]:
    """What tonight's demand has beside a usual day's, and the sd of its log: 1 and 0 unless it is named.

    ``days`` are centred on the usual ones; campaigns count by their clicks.
    """
    if not panel.calendar.tonight:
        return 1.0, 0.0
    clicks = sum_by(roster.campaign[panel.keyword], panel.clicks, len(roster.campaign_ids)) + 1e-9
    share = clicks / clicks.sum()
    named = np.flatnonzero(panel.calendar.named)
    seen = np.log(np.maximum(share @ days.demand[:, named], 1e-6))
    noise = days.spread.account**2 + days.spread.campaign**2 * float((share**2).sum())
    precision = DEMAND_LIFT_SD**-2 + len(named) / noise
    return float(np.exp(seen.sum() / noise / precision)), float(precision**-0.5)


def keyword_rate(panel: Panel, roster: Roster, days: Days, volume: FloatArray) -> FloatArray:
    """(n,) clicks per open day of average demand at the reference bid, unpooled."""
    room = sum_by(
        panel.keyword, volume * days.summed(panel, roster.campaign, np.inf), panel.keywords
    )
    counted = days.own(panel, roster.campaign) > 0
    clicks = sum_by(panel.keyword, panel.clicks * counted, panel.keywords)
    return np.where(room > 0, clicks / np.maximum(room, 1e-12), 0.0)


def campaign_days(
    panel: Panel, roster: Roster, shape: tuple[int, ...], pace: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(C, T) clicks seen and expected, newest day first; silent days are expected at the last bid."""
    campaigns, span = shape
    at = roster.campaign[panel.keyword] * (span + 1)
    age = panel.age - panel.first_age
    size = campaigns * (span + 1)
    seen = sum_by(at + age, panel.clicks, size)
    # a row is in force on the ages age-gap..age: a step up at the young end, down past the old end
    steps = sum_by(at + age - panel.gap, pace, size) - sum_by(at + age + 1, pace, size)
    expected = np.cumsum(steps.reshape(campaigns, span + 1), axis=1)[:, :span]
    return seen.reshape(campaigns, span + 1)[:, :span], expected


def _components(
    panel: Panel, pace: FloatArray, seen: FloatArray, expected: FloatArray, open_days: BoolArray
) -> Spread:
    """Between-day variance of demand shared by the account, by a campaign, and a keyword's own.

    Excess squares beyond Poisson are summed at the three levels and the three moment equations are
    solved from the top, each component with a prior worth ``PRIOR_DAYS`` average days.
    """
    own = excess_squares(panel, pace, panel.clicks)
    squares = float(((1.0 + panel.gap) * pace**2).sum())
    by_campaign = np.where(open_days, seen, 0.0), np.where(open_days, expected, 0.0)
    totals = by_campaign[0].sum(axis=0), by_campaign[1].sum(axis=0)
    campaign_excess, campaign_squares = _excess(*by_campaign)
    account_excess, account_squares = _excess(*totals)
    tiny = 1e-9
    shared = (campaign_excess - own) / max(campaign_squares - squares, tiny)
    account = (account_excess - campaign_excess) / max(account_squares - campaign_squares, tiny)
    span = int(open_days.any(axis=0).sum())
    weight = PRIOR_DAYS / (PRIOR_DAYS + span)
    evident = campaign_squares > 1.5 * squares + tiny  # campaigns of more than one word
    pooled = account_squares > 1.5 * campaign_squares + tiny
    variance = PRIOR_DAY_SD**2
    account_variance = (1 - weight) * account + weight * variance if pooled else variance
    shared_variance = (1 - weight) * shared + weight * 2 * variance if evident else 2 * variance
    account_variance = float(np.clip(account_variance, 0.03**2, 0.8**2))
    campaign_variance = float(np.clip(shared_variance - account_variance, 0.03**2, 0.8**2))
    return Spread(float(np.sqrt(account_variance)), float(np.sqrt(campaign_variance)))


def _excess(seen: FloatArray, expected: FloatArray) -> tuple[float, float]:
    """Squared deviations beyond Poisson noise, and squared expectations."""
    return float(((seen - expected) ** 2 - expected).sum()), float((expected**2).sum())


def excess_squares(panel: Panel, pace: FloatArray, counts: FloatArray) -> float:
    """Squared deviations of all keyword-days beyond Poisson noise; silent days count with their pace."""
    own_day = (counts - pace) ** 2 - pace
    return float((own_day + panel.gap * (pace**2 - pace)).sum())


def _above(floor: FloatArray, centre: FloatArray, sd: FloatArray) -> FloatArray:
    """Mean of a log-normal around ``centre`` given that it is at least ``floor``."""
    z = np.log(np.maximum(floor, 1e-9) / np.maximum(centre, 1e-9)) / sd
    tail = np.maximum(ndtr(-z), 1e-9)
    mean: FloatArray = centre * np.exp(0.5 * sd**2) * ndtr(sd - z) / tail
    return np.maximum(mean, floor)


def dispersion(panel: Panel, expected: FloatArray, counts: FloatArray) -> float:
    """Excess relative variance of a keyword's day beyond Poisson and the common day, by moments.

    ``expected`` (R,) is the mean of each row's own day; the days behind it are expected alike.
    """
    excess = excess_squares(panel, expected, counts)
    weight = float(((1.0 + panel.gap) * expected**2).sum())
    prior, prior_weight = 0.3, 25.0
    return float(np.clip((excess + prior * prior_weight) / (weight + prior_weight), 0.0, 5.0))
