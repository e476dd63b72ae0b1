"""A sandbox shop that a bidder runs night after night, and its figures as the optimizer's frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.sandbox.history import observed_history
from connectors.sandbox.journal import Journal
from connectors.sandbox.market import Market
from connectors.sandbox.scenario import SCENARIOS
from connectors.sandbox.truth import Limits, Truth

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

FIRST_DAY = date(2026, 3, 2).toordinal()
HISTORY_DAYS = 30


@dataclass(slots=True)
class Shop:
    """One seeded shop after a month of a person's bids."""

    market: Market
    truth: Truth
    journal: Journal
    bids_fen: IntArray

    @classmethod
    def open(cls, scenario: str, seed: int) -> Shop:
        """A fresh copy; two copies of one seed live through the same luck."""
        market = Market(SCENARIOS[scenario], seed)
        past = observed_history(market, HISTORY_DAYS, first_day=FIRST_DAY)
        return cls(market, Truth(market), past.journal, past.bids_fen)

    @property
    def today(self) -> int:
        """Ordinal of the day to plan."""
        return self.journal.today

    @property
    def budget(self) -> float:
        """The account's daily budget in yuan, inf when there is none."""
        return self.market.account_budget_fen / 100.0

    def margins(self) -> FloatArray:
        """(n,) contribution per yuan of revenue."""
        ground = self.market.ground
        margins: FloatArray = (ground.margin_rate + ground.organic_rate)[ground.adgroup]
        return margins

    def limits(self) -> Limits:
        """What the clairvoyant must keep to."""
        return Limits(
            account_budget_fen=self.market.account_budget_fen,
            campaign_budget_fen=self.market.campaign_budget_fen,
        )

    def profit(self, bids_fen: IntArray) -> float:
        """Expected profit of today at ``bids_fen``, budgets ending the day; yuan."""
        return float(self.truth.capped(self.today, bids_fen).profit_fen.sum()) / 100.0

    def best(self) -> IntArray:
        """The clairvoyant's bids for today."""
        return self.truth.optimum(self.today, "profit", self.limits()).bids_fen

    def live(self, bids_fen: IntArray) -> float:
        """Run today at ``bids_fen``; returns its expected profit in yuan."""
        brought = self.profit(bids_fen)
        self.bids_fen = bids_fen
        self.journal.run(bids_fen)
        return brought


Bidder = Callable[[Shop], IntArray]


def history_frame(shop: Shop) -> pd.DataFrame:
    """The door's history: every day so far as known this morning."""
    report = shop.journal.report()
    days, words = report.clicks.shape
    ids = pd.Index([f"k{i:07d}" for i in range(words)])
    stamps = pd.to_datetime([date.fromordinal(report.first_day + day) for day in range(days)])
    frame = pd.DataFrame(
        {
            "keyword_id": pd.Categorical.from_codes(
                np.tile(np.arange(words), days), categories=ids
            ),
            "date": np.repeat(stamps.to_numpy(), words),
            "bid": report.bids_fen.ravel() / 100.0,
            "impressions": report.impressions.ravel(),
            "clicks": report.clicks.ravel(),
            "spend": report.spend_fen.ravel() / 100.0,
            "orders": report.orders.ravel(),
            "revenue": report.revenue_fen.ravel() / 100.0,
            "budget_hit": report.budget_hit.ravel(),
        }
    )
    return frame[frame["bid"] > 0]


def roster_frames(shop: Shop) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The door's keywords and economics."""
    ground = shop.market.ground
    keywords = pd.DataFrame(
        {
            "keyword_id": [f"k{i:07d}" for i in range(len(ground.adgroup))],
            "adgroup_id": [f"g{code:05d}" for code in ground.adgroup],
            "campaign_id": campaign_ids(shop, ground.campaign),
            "bid": np.where(shop.bids_fen > 0, shop.bids_fen / 100.0, np.nan),
            "quality_score": ground.quality_score,
            "biddable": ~ground.auto_campaign[ground.campaign],
        }
    )
    economics = pd.DataFrame(
        {
            "adgroup_id": [f"g{code:05d}" for code in range(len(ground.margin_rate))],
            "margin_rate": ground.margin_rate,
            "organic_rate": ground.organic_rate,
        }
    )
    return keywords, economics


def campaign_ids(shop: Shop, codes: IntArray | None = None) -> list[str]:
    """Ids by code, all campaigns by default."""
    every = np.arange(len(shop.market.campaign_budget_fen)) if codes is None else codes
    return [f"c{code:04d}" for code in every]
