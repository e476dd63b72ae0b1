"""A seeded market of search auctions, and what one day of it brings at given bids.

``Market.day`` takes the day's luck (``noise``), lets the auction (``auction``) decide which ready
clickers see and click us and what that costs, and stops campaigns, or the account, at the click
that reaches the budget; that last click is charged only what was left, so a cap is a cap.
Impressions without a click are Poisson around the auction's integral over the hours served.

A day is a function of (scenario, seed, day, bids, budgets) alone.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import pdtrik

from connectors.sandbox.auction import AuctionTables, BoolArray, FloatArray, IntArray
from connectors.sandbox.ground import (
    HOUR_SHARE,
    PART_OF_HOUR,
    PARTS,
    RIVAL_LEVEL_OF_PART,
    Ground,
    draw,
)
from connectors.sandbox.noise import Clickers, DayNoise, draw_day
from connectors.sandbox.scenario import Scenario

MIN_BID_FEN: Final = 5
MAX_BID_FEN: Final = 9999
_OPEN_ALL_DAY: Final = 24.0
_MIN_BUDGET_FEN: Final = 3_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of one day as known at some age; shape (n,) each, integers, money in fen."""

    impressions: IntArray
    clicks: IntArray
    spend_fen: IntArray
    orders: IntArray
    revenue_fen: IntArray
    carts: IntArray
    favourites: IntArray


@dataclass(frozen=True, slots=True)
class Clicks:
    """The day's billed clicks, shape (m,) each; ``order_age`` matters where ``orders`` > 0."""

    keyword: IntArray
    price_fen: IntArray
    orders: IntArray
    value_fen: IntArray
    order_age: IntArray
    cart: BoolArray
    favourite: BoolArray
    late: BoolArray


@dataclass(frozen=True, slots=True)
class DayResult:
    """One simulated day; n keywords, C campaigns.

    ``avg_rank`` is NaN without impressions. ``stop_hour`` (C,) is when the budget ran out, 24 when
    it did not; ``budget_hit`` (n,) says so by keyword.
    """

    day: int
    bids_fen: IntArray
    impressions: IntArray
    late_impressions: IntArray
    avg_rank: FloatArray
    clicks: Clicks
    stop_hour: FloatArray
    budget_hit: BoolArray

    def known(self, age: int, window: int | None = None) -> Counts:
        """Figures as reported ``age`` days after the day; 1 is the next morning.

        Traffic grows once, from age 1 to 2, when the last clicks are counted; orders grow until
        the attribution window is over. ``window`` leaves out orders that came more days after
        their click.
        """
        if age < 1:
            raise ValueError(f"a day is first reported the next morning (age 1), not at age {age}")
        events, n = self.clicks, len(self.bids_fen)
        counted = ~events.late if age == 1 else np.ones(len(events.keyword), dtype=np.bool_)
        late = self.late_impressions if age == 1 else 0
        credited = age if window is None else min(age, window)
        arrived = (events.orders > 0) & (events.order_age <= credited) & counted

        def total(weight: IntArray | BoolArray, mask: BoolArray) -> IntArray:
            summed = np.bincount(events.keyword[mask], weight[mask], n)
            return np.round(summed).astype(np.int64)

        clicks = np.bincount(events.keyword[counted], minlength=n)
        return Counts(
            impressions=self.impressions - late,
            clicks=clicks,
            spend_fen=total(events.price_fen, counted),
            orders=total(events.orders, arrived),
            revenue_fen=total(events.value_fen, arrived),
            carts=total(events.cart, counted),
            favourites=total(events.favourite, counted),
        )

    def final(self) -> Counts:
        """Figures that no longer change."""
        return self.known(1_000_000)


class Market:
    """A seeded market; ``remember`` days of luck are kept for runs of other bids on the same days."""

    def __init__(self, scenario: Scenario, seed: int, *, remember: int = 4) -> None:
        self.scenario = scenario
        self.seed = seed
        self.ground: Ground = draw(scenario, seed)
        self.tables = AuctionTables(self.ground.classes)
        self.campaign_budget_fen, self.account_budget_fen = self._budgets()
        self._remember = remember
        self._luck: OrderedDict[int, DayNoise] = OrderedDict()

    def noise(self, day: int) -> DayNoise:
        """The day's luck, remembered for a while."""
        found = self._luck.get(day)
        if found is None:
            found = draw_day(self.scenario, self.ground, self.seed, day)
            self._luck[day] = found
        self._luck.move_to_end(day)
        while len(self._luck) > self._remember:
            self._luck.popitem(last=False)
        return found

    def typical_bids(self) -> IntArray:
        """(n,) bids in fen that put every word level with its rivals' median."""
        level = self.ground.market_level_fen / self.ground.quality
        return np.clip(np.round(level), MIN_BID_FEN, MAX_BID_FEN).astype(np.int64)

    def day(
        self,
        day: int,
        bids_fen: IntArray,
        *,
        campaign_budget_fen: FloatArray | None = None,
        account_budget_fen: float | None = None,
    ) -> DayResult:
        """Simulate ``day`` (``date.toordinal()``) at ``bids_fen`` (n,); a bid of 0 is not shown.

        Budgets default to the shop's own; ``inf`` is unlimited, 0 spends nothing.
        """
        luck = self.noise(day)
        budget = self.campaign_budget_fen if campaign_budget_fen is None else campaign_budget_fen
        cap = self.account_budget_fen if account_budget_fen is None else account_budget_fen
        bids = np.asarray(bids_fen, dtype=np.int64)
        kept, price = self._won(luck, bids)
        stop = np.where(budget > 0, _OPEN_ALL_DAY, 0.0)
        campaign = self.ground.campaign[luck.clickers.keyword[kept]]
        time = luck.clickers.time[kept]
        served, price, stop = _stop_campaigns(campaign, time, price, budget, stop)
        kept = kept[served]
        paid, price, stop = _stop_account(luck.clickers.time[kept], price[served], cap, stop)
        clicks = _billed(luck.clickers, kept[paid], price[paid])
        views, rank = self._views(luck, bids, stop)
        unclicked = _poisson(luck.view_uniform, views)
        impressions = unclicked + np.bincount(clicks.keyword, minlength=len(bids))
        late_clicks = np.bincount(clicks.keyword[clicks.late], minlength=len(bids))
        late = np.floor(luck.late_view_rate * unclicked).astype(np.int64) + late_clicks
        return DayResult(
            day=day,
            bids_fen=bids,
            impressions=impressions,
            late_impressions=late,
            avg_rank=np.where(impressions > 0, rank, np.nan),
            clicks=clicks,
            stop_hour=stop,
            budget_hit=(stop < _OPEN_ALL_DAY)[self.ground.campaign],
        )

    def effective_factors(self) -> FloatArray:
        """(2, C, PARTS): effective bid ÷ word bid without and with the audience premium."""
        ground = self.ground
        with_premium = ground.daypart * (1.0 + ground.audience_premium)[:, None]
        return np.stack([ground.daypart, with_premium])

    def _won(self, luck: DayNoise, bids: IntArray) -> tuple[IntArray, IntArray]:
        """Which ready clickers click us if no budget ends, and at what price in fen."""
        people, ground = luck.clickers, self.ground
        word = people.keyword
        factor = self.effective_factors()[
            people.targeted.astype(np.int64), ground.campaign[word], people.part
        ]
        effective = bids[word] * factor
        level = luck.market_level_fen[word] * RIVAL_LEVEL_OF_PART[people.part]
        sd = ground.classes.log_sd[ground.rival_class[word]]
        score = np.maximum(effective * ground.quality[word] / level, 1e-12)
        z = np.log(score) / sd
        chance = self.tables.clicks(ground.rival_class[word], z)
        kept = np.flatnonzero((people.attention < chance) & (bids[word] > 0))
        uniforms = (
            people.attention[kept] / chance[kept],
            people.rival[kept],
            people.floor[kept],
        )
        unit = level[kept] / ground.quality[word[kept]]
        next_price = self.tables.prices(ground.rival_class[word[kept]], z[kept], uniforms) * unit
        price = np.minimum(np.floor(next_price) + 1.0, np.floor(effective[kept]))
        return kept, np.maximum(price, 1.0).astype(np.int64)

    def _views(
        self, luck: DayNoise, bids: IntArray, stop: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Mean impressions without a click, and mean rank, in the hours before ``stop``; (n,) each."""
        ground, n = self.ground, len(bids)
        served = served_shares(stop)[ground.campaign]
        factors = self.effective_factors()
        sd = ground.classes.log_sd[ground.rival_class]
        base = np.maximum(bids * ground.quality / luck.market_level_fen, 1e-12)
        views, clicked, ranked = np.zeros(n), np.zeros(n), np.zeros(n)
        audience = (1.0 - self.scenario.audience_share, self.scenario.audience_share)
        for kind, share in enumerate(audience):
            for part in range(PARTS):
                factor = factors[kind, ground.campaign, part] / RIVAL_LEVEL_OF_PART[part]
                got = self.tables.shares(ground.rival_class, np.log(base * factor) / sd)
                weight = share * served[:, part]
                views += weight * got.views
                clicked += weight * got.clicks
                ranked += weight * got.rank
        rank = ranked / np.maximum(views, 1e-300)
        mean = luck.searches * np.maximum(views - ground.ctr * clicked, 0.0)
        return np.where(bids > 0, mean, 0.0), np.clip(rank, 1.0, None)

    def _budgets(self) -> tuple[FloatArray, float]:
        """Budgets from the scenario's slack over what typical bids would spend; fen."""
        scenario, ground = self.scenario, self.ground
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, 0xB0D6E7]))
        bids = self.typical_bids()
        at_par = self.tables.shares(ground.rival_class, np.zeros(len(bids)))
        spend = ground.searches * ground.ctr * at_par.spend * bids
        of_campaign = np.bincount(ground.campaign, spend, scenario.campaigns)
        spread = np.exp(scenario.campaign_budget_log_sd * rng.standard_normal(scenario.campaigns))
        raw = scenario.campaign_budget_slack * of_campaign * spread
        campaign = np.maximum(np.round(raw / 1_000.0) * 1_000.0, _MIN_BUDGET_FEN)
        account = scenario.account_budget_slack * float(of_campaign.sum())
        if np.isfinite(account):
            account = max(round(account / 1_000.0) * 1_000.0, float(_MIN_BUDGET_FEN))
        return campaign, account


def _stop_campaigns(
    campaign: IntArray, time: FloatArray, price: IntArray, budget: FloatArray, stop: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Cut clicks behind each campaign's budget: indices served, prices as charged, stop hours."""
    if not np.isfinite(budget).any():
        return np.arange(len(price)), price, stop
    order = np.lexsort((time, campaign))
    sorted_campaign, sorted_price = campaign[order], price[order]
    running = np.cumsum(sorted_price)
    total = np.bincount(campaign, price, len(budget))
    before = running - sorted_price - (np.cumsum(total) - total)[sorted_campaign]
    room = budget[sorted_campaign] - before
    charged = price.copy()
    charged[order] = np.minimum(sorted_price, np.maximum(np.floor(room), 0.0)).astype(np.int64)
    crossing = (room > 0) & (sorted_price >= room)
    stop = stop.copy()
    stop[sorted_campaign[crossing]] = time[order][crossing]
    return np.sort(order[charged[order] > 0]), charged, stop


def _stop_account(
    time: FloatArray, price: IntArray, cap: float, stop: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """The same for the whole account, after the campaigns' own stops."""
    if price.sum() < cap:
        return np.arange(len(price)), price, stop
    order = np.argsort(time, kind="stable")
    room = cap - (np.cumsum(price[order]) - price[order])
    charged = price.copy()
    charged[order] = np.minimum(price[order], np.maximum(np.floor(room), 0.0)).astype(np.int64)
    last = int(np.argmax(price[order] >= room)) if len(price) else 0
    end = float(time[order][last]) if len(price) and cap > 0 else 0.0
    return np.sort(order[charged[order] > 0]), charged, np.minimum(stop, end)


def _billed(people: Clickers, kept: IntArray, price: IntArray) -> Clicks:
    return Clicks(
        keyword=people.keyword[kept],
        price_fen=price,
        orders=people.orders[kept],
        value_fen=people.value_fen[kept],
        order_age=people.order_age[kept],
        cart=people.cart[kept],
        favourite=people.favourite[kept],
        late=people.late[kept],
    )


def served_shares(stop: FloatArray) -> FloatArray:
    """(C, PARTS) share of the day's searches in each part before the stop."""
    open_share = np.clip(stop[:, None] - np.arange(24), 0.0, 1.0) * HOUR_SHARE
    of_part = np.arange(PARTS)[:, None] == PART_OF_HOUR
    return np.asarray(open_share @ of_part.T.astype(np.float64))


def _poisson(uniform: FloatArray, mean: FloatArray) -> IntArray:
    """Poisson quantiles: for one uniform the count never falls when the mean rises."""
    count = np.zeros(len(mean), dtype=np.int64)
    some = (mean > 0) & (uniform > np.exp(-mean))
    count[some] = np.ceil(pdtrik(uniform[some], mean[some])).astype(np.int64)
    return count
