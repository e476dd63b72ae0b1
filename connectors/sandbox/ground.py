"""The truth of one shop: what its words demand, cost and are worth. Drawn once from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.sandbox.auction import BoolArray, FloatArray, IntArray, RivalClasses
from connectors.sandbox.scenario import MAX_WORDS_PER_ADGROUP, Scenario

PARTS: Final = 4  # night, morning, afternoon, evening
PART_OF_HOUR: Final = np.repeat(np.arange(PARTS), [7, 5, 6, 6])
RIVAL_LEVEL_OF_PART: Final = np.array([0.85, 1.0, 1.0, 1.08])
# Quiet from 1 to 7; peaks at 10-11, 14-17 and 20-23.
_HOURS: Final = np.array(
    [30, 14, 8, 5, 4, 5, 9, 20, 38, 52, 68, 66, 50, 52, 64, 67, 66, 62, 48, 54, 78, 88, 86, 64]
)
HOUR_SHARE: Final = _HOURS / _HOURS.sum()
# Monday to Sunday: people shop from their desks; Saturday is quietest, Sunday evening picks up.
_WEEKDAYS: Final = np.array([1.06, 1.04, 1.03, 1.02, 0.98, 0.90, 0.97])
WEEKDAY_LEVEL: Final = _WEEKDAYS / _WEEKDAYS.mean()
_WAVES: Final = 3
_REJECTED_SHARE: Final = 0.1  # of the words without demand


@dataclass(frozen=True, slots=True)
class Ground:
    """Ground truth; n keywords, G adgroups, C campaigns. Money is fen here, scores are bid x quality.

    ``market_level_fen`` is the rivals' median score, ``quality`` ours relative to theirs,
    ``ctr`` the click rate at the first position, ``cvr`` orders per click, ``searches`` a day.
    ``usual_cvr`` is what words of the same adgroup and match have: the median of the law that ``cvr``
    was drawn from.
    """

    adgroup: IntArray  # (n,) into G
    campaign: IntArray  # (n,) into C
    campaign_of_adgroup: IntArray  # (G,)
    searches: FloatArray
    broad: BoolArray
    ctr: FloatArray
    cvr: FloatArray
    usual_cvr: FloatArray
    interest: FloatArray  # carts and favourites per click, as a multiple of the usual
    order_value_fen: FloatArray  # (n,) mean
    item_value_fen: FloatArray  # (G,) mean order of the item
    quality: FloatArray
    quality_score: IntArray  # (n,) 1..10, as the platform shows it
    market_level_fen: FloatArray
    rival_class: IntArray
    classes: RivalClasses
    is_new: BoolArray
    rejected: BoolArray  # the platform's audit refused the word; it is never shown
    margin_rate: FloatArray  # (G,)
    organic_rate: FloatArray  # (G,) natural contribution per yuan of paid revenue
    natural_orders: FloatArray  # (G,) a day without any ads
    daypart: FloatArray  # (C, PARTS) time-of-day percent as a factor
    audience_premium: FloatArray  # (C,)
    auto_campaign: BoolArray  # (C,) the platform bids by itself
    waves: FloatArray  # (3, _WAVES, 2, G): demand, cvr, rivals; days of a period and phase
    word_waves: FloatArray  # (_WAVES, 2, n): demand; days of a period and phase


def draw(scenario: Scenario, seed: int) -> Ground:
    """Draw a shop; the same scenario and seed give the same bytes."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x5EED]))
    groups, plans, n = scenario.adgroups, scenario.campaigns, scenario.keywords
    campaign_of_adgroup = np.repeat(np.arange(plans), scenario.adgroups_per_campaign)
    adgroup = np.repeat(np.arange(groups), _group_sizes(rng, n, groups))
    rng.shuffle(adgroup)
    broad = rng.random(n) < scenario.broad_share
    item_value = scenario.order_value_median * np.exp(
        scenario.order_value_log_sd * rng.standard_normal(groups)
    )
    margin = np.clip(
        rng.normal(scenario.margin_mean, scenario.margin_sd, groups), *scenario.margin_range
    )
    quality = np.exp(scenario.quality_log_sd * rng.standard_normal(n))
    score = np.round(6.5 + 2.0 * np.log(quality) / 0.25 + 0.7 * rng.standard_normal(n))
    searches = _searches(rng, scenario, broad)
    ctr = _click_rates(rng, scenario, quality, broad)
    cvr, usual_cvr = _conversion(rng, scenario, adgroup, broad)
    return Ground(
        adgroup=adgroup,
        campaign=campaign_of_adgroup[adgroup],
        campaign_of_adgroup=campaign_of_adgroup,
        searches=searches,
        broad=broad,
        ctr=ctr,
        cvr=cvr,
        usual_cvr=usual_cvr,
        interest=_interest(seed, scenario, adgroup, cvr),
        order_value_fen=100.0 * item_value[adgroup] * np.exp(0.15 * rng.standard_normal(n)),
        item_value_fen=100.0 * item_value,
        quality=quality,
        quality_score=np.clip(score, 1, 10).astype(np.int64),
        market_level_fen=_market_level(rng, scenario, item_value, adgroup),
        rival_class=rng.integers(0, scenario.rival_classes, n),
        classes=_classes(rng, scenario),
        is_new=rng.random(n) < scenario.new_share,
        rejected=(searches == 0) & (rng.random(n) < _REJECTED_SHARE),
        margin_rate=np.round(margin, 3),
        organic_rate=np.round(scenario.organic_lift * np.maximum(margin, 0.0), 4),
        natural_orders=scenario.organic_base_orders * np.exp(rng.standard_normal(groups)),
        daypart=np.round(
            np.array(scenario.daypart_percent)
            * (1 + scenario.daypart_spread * rng.uniform(-1, 1, (plans, PARTS))),
            2,
        ),
        audience_premium=np.round(rng.uniform(*scenario.audience_premium, plans), 2),
        auto_campaign=_auto_campaigns(rng, scenario),
        waves=_waves(rng, scenario.drift_days, (3, _WAVES, groups)),
        word_waves=_waves(rng, scenario.word_wave_days, (_WAVES, n)),
    )


def _group_sizes(rng: np.random.Generator, n: int, groups: int) -> IntArray:
    """Uneven sizes that sum to n, none above the platform's limit."""
    weights = rng.gamma(2.0, 1.0, groups) + 0.05
    sizes = np.zeros(groups, dtype=np.int64)
    if n >= groups:
        sizes += 1  # no adgroup without a word
    left = n - int(sizes.sum())
    while left > 0:
        room = sizes < MAX_WORDS_PER_ADGROUP
        share = np.where(room, weights, 0.0)
        more = np.floor(left * share / share.sum()).astype(np.int64)
        if more.sum() == 0:
            more[np.argsort(-share, kind="stable")[: min(left, int(room.sum()))]] = 1
        sizes = np.minimum(sizes + more, MAX_WORDS_PER_ADGROUP)
        left = n - int(sizes.sum())
    return sizes


def _searches(rng: np.random.Generator, scenario: Scenario, broad: BoolArray) -> FloatArray:
    n = scenario.keywords
    demand = scenario.demand_median * np.exp(scenario.demand_log_sd * rng.standard_normal(n))
    dead = rng.random(n) < scenario.dead_share
    return np.where(dead, 0.0, demand * np.where(broad, 1.25, 0.7))


def _click_rates(
    rng: np.random.Generator, scenario: Scenario, quality: FloatArray, broad: BoolArray
) -> FloatArray:
    """CTR goes with quality, since the platform scores quality mostly by it."""
    spread = np.exp(scenario.ctr_log_sd * rng.standard_normal(scenario.keywords))
    rate = scenario.ctr_median * spread * quality * np.where(broad, 0.9, 1.15)
    return np.clip(rate, 0.004, 0.30)


def _conversion(
    rng: np.random.Generator, scenario: Scenario, adgroup: IntArray, broad: BoolArray
) -> tuple[FloatArray, FloatArray]:
    of_group = scenario.cvr_adgroup_log_sd * rng.standard_normal(scenario.adgroups)
    of_word = scenario.cvr_keyword_log_sd * rng.standard_normal(scenario.keywords)
    usual = scenario.cvr_median * np.exp(of_group[adgroup]) * np.where(broad, 0.93, 1.12)
    return np.clip(usual * np.exp(of_word), *scenario.cvr_range), usual


def _interest(seed: int, scenario: Scenario, adgroup: IntArray, cvr: FloatArray) -> FloatArray:
    """What people put into carts goes with what they buy, but not item for item."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0xCA27]))
    of_group = scenario.interest_adgroup_log_sd * rng.standard_normal(scenario.adgroups)
    of_word = scenario.interest_keyword_log_sd * rng.standard_normal(scenario.keywords)
    usual = (cvr / scenario.cvr_median) ** scenario.interest_elasticity
    return usual * np.exp(of_group[adgroup] + of_word)


def _market_level(
    rng: np.random.Generator, scenario: Scenario, item_value: FloatArray, adgroup: IntArray
) -> FloatArray:
    """Rivals sell the like, so dearer items have dearer clicks."""
    dear = np.sqrt(item_value / scenario.order_value_median)[adgroup]
    spread = np.exp(scenario.rival_bid_log_sd * rng.standard_normal(scenario.keywords))
    return 100.0 * scenario.rival_bid_median * dear * spread


def _classes(rng: np.random.Generator, scenario: Scenario) -> RivalClasses:
    low, high = scenario.rivals
    return RivalClasses(
        rivals=rng.integers(low, high + 1, scenario.rival_classes),
        log_sd=rng.uniform(*scenario.rival_auction_log_sd, scenario.rival_classes),
    )


def _auto_campaigns(rng: np.random.Generator, scenario: Scenario) -> BoolArray:
    auto = np.zeros(scenario.campaigns, dtype=np.bool_)
    count = int(scenario.auto_campaign_share * scenario.campaigns)
    auto[rng.permutation(scenario.campaigns)[:count]] = True
    return auto


def _waves(
    rng: np.random.Generator, days: tuple[float, float], shape: tuple[int, ...]
) -> FloatArray:
    """Periods and phases of sine waves, stacked on the last but one axis."""
    period = rng.uniform(*days, shape)
    phase = rng.uniform(0.0, 2.0 * np.pi, shape)
    return np.stack([period, phase], axis=-2)


def _swing(waves: FloatArray, day: int) -> FloatArray:
    """Value of unit variance that moves smoothly with the day; the waves' last axis remains."""
    period, phase = waves[..., 0, :], waves[..., 1, :]
    total = np.sin(2.0 * np.pi * day / period + phase).sum(axis=-2)
    return np.asarray(total * np.sqrt(2.0 / _WAVES))


@dataclass(frozen=True, slots=True)
class DayMeans:
    """What a day would bring on average, before its noise; shape (n,) each."""

    searches: FloatArray
    cvr: FloatArray
    market_level_fen: FloatArray


def on_day(scenario: Scenario, ground: Ground, day: int) -> DayMeans:
    """Weekday rhythm, slow drift and promotions of ``day`` (``date.toordinal()``)."""
    demand = float(WEEKDAY_LEVEL[(day - 1) % 7])
    cvr = rival = 1.0
    if scenario.promotion_cycle and day % scenario.promotion_cycle in scenario.promotion_days:
        demand *= scenario.promotion_demand
        cvr, rival = scenario.promotion_cvr, scenario.promotion_rival
    strength = scenario.drift_log_amplitude * np.array([[1.0], [0.5], [0.5]])
    factor = np.exp(strength * _swing(ground.waves, day))[:, ground.adgroup]
    amplitude = scenario.word_wave_log_sd
    fashion = np.exp(amplitude * _swing(ground.word_waves, day) - 0.5 * amplitude**2)
    return DayMeans(
        searches=ground.searches * demand * factor[0] * fashion,
        cvr=np.minimum(ground.cvr * cvr * factor[1], 0.5),
        market_level_fen=ground.market_level_fen * rival * factor[2],
    )
