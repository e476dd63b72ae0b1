"""The shop as the platform lists it: ids, names and which words take a bid."""

from __future__ import annotations

from datetime import date

import numpy as np

from connectors.platform import (
    AdgroupRow,
    BidType,
    CampaignRow,
    KeywordDayRow,
    KeywordRow,
    Roster,
)
from connectors.sandbox.auction import BoolArray, FloatArray, IntArray
from connectors.sandbox.ground import Ground
from connectors.sandbox.market import Counts, DayResult, Market
from connectors.sandbox.names import CATEGORIES, item_title, words

_AUTO_TYPES: tuple[BidType, ...] = ("max_amount", "cost_control", "roi_control")
_AUTO_NAMES = {
    "max_amount": "最大化拿量",
    "cost_control": "控成本",
    "roi_control": "控投产比",
}


class Directory:
    """Names and ids of a market's campaigns, adgroups, items and words, in market order.

    Ids ascend with the market's own order, so that market order is the roster's order.
    """

    def __init__(self, market: Market) -> None:
        self._ground: Ground = market.ground
        scenario = market.scenario
        rng = np.random.default_rng(np.random.SeedSequence([market.seed, 0x1D5]))
        self.campaign_ids = _ids(rng, 72_281_500_000, 400, scenario.campaigns)
        self.adgroup_ids = _ids(rng, 6_402_210_000_000, 90_000, scenario.adgroups)
        self.item_ids = _ids(rng, 864_022_100_000, 90_000, scenario.adgroups)
        self.keyword_ids = _ids(rng, 30_481_986_859_300_000, 9_000, scenario.keywords)
        self.index = {keyword_id: i for i, keyword_id in enumerate(self.keyword_ids)}
        auto_types = rng.integers(0, len(_AUTO_TYPES), scenario.campaigns)
        self.bid_types: list[BidType] = [
            _AUTO_TYPES[int(kind)] if auto else "custom_bid"
            for kind, auto in zip(auto_types, self._ground.auto_campaign, strict=True)
        ]
        self.campaign_names = [
            f"{CATEGORIES[i % len(CATEGORIES)].name}-{_plan_name(kind)}{i + 1:02d}"
            for i, kind in enumerate(self.bid_types)
        ]
        self._own_budgets_fen = market.campaign_budget_fen
        self._seed = market.seed
        # (n,) words whose price is set by word, and those of them that the platform accepts.
        self.bid_by_word: BoolArray = ~self._ground.auto_campaign[self._ground.campaign]
        self.biddable: BoolArray = self.bid_by_word & ~self._ground.rejected
        self._words: list[str] | None = None

    def roster(self, bids_fen: IntArray, budgets_fen: FloatArray | None = None) -> Roster:
        """Everything that exists now; a word whose bid is 0 does not exist yet.

        ``budgets_fen`` (C,) with inf for no limit; left out, they are the market's own.
        """
        budgets = self._own_budgets_fen if budgets_fen is None else budgets_fen
        return Roster(
            campaigns=self._campaigns(budgets),
            adgroups=self._adgroups(),
            keywords=self._keywords(bids_fen),
        )

    def reason_not_biddable(self, keyword: int) -> str | None:
        """Why a word takes no bid, in a specialist's words; None when it does."""
        campaign = int(self._ground.campaign[keyword])
        kind = self.bid_types[campaign]
        if kind != "custom_bid":
            return (
                f"计划「{self.campaign_names[campaign]}」的出价方式是{_AUTO_NAMES[kind]}，"
                "由平台自动出价，不接受单词出价；要按词出价请改用手动出价计划"
            )
        if self._ground.rejected[keyword]:
            return "该词未通过平台审核，不会展现；请修改或删除该词"
        return None

    def word_names(self) -> list[str]:
        """(n,) the words, distinct within an adgroup."""
        if self._words is None:
            self._words = self._make_words()
        return self._words

    def _make_words(self) -> list[str]:
        adgroup = self._ground.adgroup
        sizes = np.bincount(adgroup, minlength=len(self.adgroup_ids))
        pools = [
            iter(words(CATEGORIES[self._category(group)], int(size), 1_000 * self._seed + group))
            for group, size in enumerate(sizes)
        ]
        return [next(pools[group]) for group in adgroup.tolist()]

    def _category(self, adgroup: int) -> int:
        return int(self._ground.campaign_of_adgroup[adgroup]) % len(CATEGORIES)

    def item_titles(self) -> list[str]:
        """(G,) titles of the promoted items."""
        return [
            item_title(CATEGORIES[self._category(group)], 1_000 * self._seed + group)
            for group in range(len(self.adgroup_ids))
        ]

    def adgroup_name(self, group: int) -> str:
        """An adgroup's name: its campaign's and its number."""
        campaign = int(self._ground.campaign_of_adgroup[group])
        return f"{self.campaign_names[campaign]}-单元{group + 1:03d}"

    def _campaigns(self, budgets_fen: FloatArray) -> tuple[CampaignRow, ...]:
        budgets = [int(fen) if np.isfinite(fen) else None for fen in budgets_fen]
        return tuple(
            CampaignRow(campaign_id=i, name=name, daily_budget_fen=budget, bid_type=kind)
            for i, name, budget, kind in zip(
                *(self.campaign_ids, self.campaign_names, budgets, self.bid_types),
                strict=True,
            )
        )

    def _adgroups(self) -> tuple[AdgroupRow, ...]:
        campaigns, titles = self._ground.campaign_of_adgroup.tolist(), self.item_titles()
        return tuple(
            AdgroupRow(
                adgroup_id=self.adgroup_ids[group],
                campaign_id=self.campaign_ids[campaign],
                name=self.adgroup_name(group),
                item_id=self.item_ids[group],
                item_name=titles[group],
            )
            for group, campaign in enumerate(campaigns)
        )

    def _keywords(self, bids_fen: IntArray) -> tuple[KeywordRow, ...]:
        ground, names = self._ground, self.word_names()
        rows = []
        for i in np.flatnonzero(bids_fen > 0).tolist():
            reason = self.reason_not_biddable(i)
            rows.append(
                KeywordRow(
                    keyword_id=self.keyword_ids[i],
                    adgroup_id=self.adgroup_ids[ground.adgroup[i]],
                    campaign_id=self.campaign_ids[ground.campaign[i]],
                    word=names[i],
                    match="broad" if ground.broad[i] else "exact",
                    bid_fen=int(bids_fen[i]) if self.bid_by_word[i] else None,
                    quality_score=float(ground.quality_score[i]),
                    biddable=reason is None,
                    not_biddable_reason=reason,
                )
            )
        return tuple(rows)


def day_rows(
    ground: Ground, directory: Directory, result: DayResult, counts: Counts, keywords: IntArray
) -> list[KeywordDayRow]:
    """Report rows of the chosen ``keywords`` (m,) on one day, in their order."""
    when = date.fromordinal(result.day)
    groups = ground.adgroup[keywords].tolist()
    plans = ground.campaign[keywords].tolist()
    bids = np.where(directory.bid_by_word, result.bids_fen, 0)[keywords].tolist()
    ranks = result.avg_rank[keywords].tolist()
    hits = result.budget_hit[keywords].tolist()
    views = counts.impressions[keywords].tolist()
    clicks = counts.clicks[keywords].tolist()
    spend = counts.spend_fen[keywords].tolist()
    orders = counts.orders[keywords].tolist()
    revenue = counts.revenue_fen[keywords].tolist()
    carts = counts.carts[keywords].tolist()
    favourites = counts.favourites[keywords].tolist()
    return [
        KeywordDayRow(
            keyword_id=directory.keyword_ids[word],
            adgroup_id=directory.adgroup_ids[groups[i]],
            campaign_id=directory.campaign_ids[plans[i]],
            date=when,
            impressions=views[i],
            clicks=clicks[i],
            spend_fen=spend[i],
            orders=orders[i],
            revenue_fen=revenue[i],
            bid_fen=bids[i] or None,
            carts=carts[i],
            favourites=favourites[i],
            avg_rank=round(ranks[i], 2) if views[i] else None,
            budget_hit=hits[i],
        )
        for i, word in enumerate(keywords.tolist())
    ]


def _plan_name(kind: BidType) -> str:
    return "手动" if kind == "custom_bid" else _AUTO_NAMES[kind]


def _ids(rng: np.random.Generator, start: int, gap: int, count: int) -> list[str]:
    """Ascending ids of equal length with uneven gaps, as a platform gives them."""
    steps = rng.integers(1, gap, count)
    return [str(start + int(step)) for step in np.cumsum(steps)]
