"""A sandbox shop that a bidder runs night after night, and its figures as the optimizer's frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.sandbox.history import observed_history
from connectors.sandbox.journal import Journal
from connectors.sandbox.market import Market
from connectors.sandbox.scenario import Scenario
from connectors.sandbox.truth import Expected, Limits, Truth
from service.settings.models import Account
from tests.benchmarks.scenarios import NAMED

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

FIRST_DAY = date(2026, 3, 2).toordinal()
HISTORY_DAYS = 30  # of a person's bids before the first night
SHOWN_DAYS = Account.model_fields["history_days"].default  # what a night is shown, as shipped


class Static:
    """What the optimizer is told of a market and what never changes from night to night."""

    def __init__(self, market: Market) -> None:
        ground = market.ground
        self.keyword_id = pd.Index([f"k{i:07d}" for i in range(len(ground.adgroup))])
        self.campaign_id = [f"c{code:04d}" for code in range(len(market.campaign_budget_fen))]
        self.by_hand = ~ground.auto_campaign[ground.campaign]
        self._roster = pd.DataFrame(
            {
                "keyword_id": self.keyword_id,
                "adgroup_id": [f"g{code:05d}" for code in ground.adgroup],
                "campaign_id": [self.campaign_id[code] for code in ground.campaign],
                "quality_score": ground.quality_score,
                "match": np.where(ground.broad, "broad", "exact"),
                "biddable": self.by_hand,
            }
        )
        self.economics = pd.DataFrame(
            {
                "adgroup_id": [f"g{code:05d}" for code in range(len(ground.margin_rate))],
                "margin_rate": ground.margin_rate,
                "organic_rate": ground.organic_rate,
            }
        )
        self.budget = market.account_budget_fen / 100.0
        self.campaign_budgets = {
            name: float(fen) / 100.0
            for name, fen in zip(self.campaign_id, market.campaign_budget_fen, strict=True)
            if np.isfinite(fen)
        }

    def roster(self, bids_fen: IntArray) -> pd.DataFrame:
        """The door's keywords at today's bids."""
        return self._roster.assign(bid=np.where(bids_fen > 0, bids_fen / 100.0, np.nan))


@dataclass
class Shop:
    """One seeded shop after a month of a person's bids."""

    market: Market
    truth: Truth
    journal: Journal
    bids_fen: IntArray
    settlement: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def open(cls, scenario: Scenario, seed: int) -> Shop:
        """A fresh copy; two copies of one seed live through the same luck."""
        market = Market(scenario, seed)
        past = observed_history(market, HISTORY_DAYS, first_day=FIRST_DAY)
        return cls(market, Truth(market), past.journal, past.bids_fen)

    @cached_property
    def static(self) -> Static:
        """Ids and rates."""
        return Static(self.market)

    @cached_property
    def margins(self) -> FloatArray:
        """(n,) contribution per yuan of revenue."""
        ground = self.market.ground
        return np.asarray((ground.margin_rate + ground.organic_rate)[ground.adgroup])

    @property
    def today(self) -> int:
        """Ordinal of the day to plan."""
        return self.journal.today

    @property
    def budget(self) -> float:
        """The account's daily budget in yuan, inf when there is none."""
        return self.static.budget

    def limits(self, **more: float) -> Limits:
        """What the clairvoyant must keep to."""
        return Limits(
            account_budget_fen=self.market.account_budget_fen,
            campaign_budget_fen=self.market.campaign_budget_fen,
            **more,
        )

    def expected(self, bids_fen: IntArray) -> Expected:
        """What today brings in expectation at ``bids_fen``, budgets ending the day."""
        return self.truth.capped(self.today, bids_fen)

    def live(self, bids_fen: IntArray) -> Expected:
        """Run today at ``bids_fen``; returns what it brought in expectation."""
        brought = self.expected(bids_fen)
        self.bids_fen = bids_fen
        self.journal.run(bids_fen)
        return brought

    def realised(self, day: int) -> tuple[float, float]:
        """Spend and contribution in yuan of ``day`` (ordinal) once its last order is in."""
        final = self.journal.final(day - self.journal.first_day)
        earned = float((final.revenue_fen * self.margins).sum())
        return float(final.spend_fen.sum()) / 100.0, earned / 100.0

    @property
    def promotions(self) -> list[date]:
        """The days of promotions as the owner has named them, past and to come."""
        scenario = self.market.scenario
        if scenario.name not in NAMED:
            return []
        days = range(self.today - SHOWN_DAYS, self.today + SHOWN_DAYS)
        return [
            date.fromordinal(day)
            for day in days
            if day % scenario.promotion_cycle in scenario.promotion_days
        ]

    def history(self) -> pd.DataFrame:
        """The door's history: the last ``SHOWN_DAYS`` as known this morning."""
        report = self.journal.report(days=SHOWN_DAYS)
        days, words = report.clicks.shape
        for at, orders in enumerate(report.orders.sum(axis=1)):
            day = report.first_day + at
            self.settlement[day, self.today - day] = int(orders)
        stamps = pd.to_datetime([date.fromordinal(report.first_day + day) for day in range(days)])
        frame = pd.DataFrame(
            {
                "keyword_id": pd.Categorical.from_codes(
                    np.tile(np.arange(words), days), categories=self.static.keyword_id
                ),
                "date": np.repeat(stamps.to_numpy(), words),
                "bid": report.bids_fen.ravel() / 100.0,
                "impressions": report.impressions.ravel(),
                "clicks": report.clicks.ravel(),
                "spend": report.spend_fen.ravel() / 100.0,
                "orders": report.orders.ravel(),
                "revenue": report.revenue_fen.ravel() / 100.0,
                "carts": report.carts.ravel(),
                "favourites": report.favourites.ravel(),
                "budget_hit": report.budget_hit.ravel(),
            }
        )
        return frame[frame["bid"] > 0]

    def settled(self) -> pd.DataFrame:
        """The door's settlement: orders of each day as every morning so far has shown them."""
        known = [(day, age, orders) for (day, age), orders in sorted(self.settlement.items())]
        frame = pd.DataFrame(known, columns=["date", "age", "orders"])
        frame["date"] = pd.to_datetime([date.fromordinal(day) for day in frame["date"]])
        return frame


Bidder = Callable[[Shop], IntArray]
