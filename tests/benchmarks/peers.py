"""Who is measured: the product, three rules that people and tools use, and the clairvoyant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

import optimizer
from tests.benchmarks.shop import FloatArray, IntArray, Shop
from tests.benchmarks.shrinkage import empirical_bayes

HIGHEST_FEN = 2_000


@dataclass
class Kaiche:
    """The product: estimate, then propose within the shop's budgets.

    ``policy`` gives the night's further arguments of ``optimizer.Policy``; profit without them.
    """

    policy: Callable[[Shop], Mapping[str, Any]] = lambda _: {}
    estimates: optimizer.Estimates | None = field(default=None, init=False)
    plan: optimizer.Plan | None = field(default=None, init=False)

    def __call__(self, shop: Shop) -> IntArray:
        """Bids for today; ``estimates`` and ``plan`` are kept for whoever wants to look."""
        history = shop.history()
        self.estimates = optimizer.estimate(
            history,
            shop.static.roster(shop.bids_fen),
            shop.static.economics,
            as_of=date.fromordinal(shop.today),
            settlement=shop.settled(),
            attribution_days=shop.market.scenario.attribution_days,
        )
        limits = {
            "daily_budget": shop.budget if np.isfinite(shop.budget) else None,
            "campaign_budgets": shop.static.campaign_budgets,
            "max_bid": HIGHEST_FEN / 100.0,
        }
        self.plan = optimizer.propose(
            self.estimates, optimizer.Policy(**{**limits, **self.policy(shop)})
        )
        bids = self.plan.lines["bid"].fillna(0.0).to_numpy()
        return np.round(bids * 100.0).astype(np.int64)

    @property
    def maturity(self) -> FloatArray:
        """Share of a day's orders reported by age, as estimated tonight."""
        return np.asarray(self.estimates.maturity["share"])


def clairvoyant(shop: Shop) -> IntArray:
    """Knows every word's curve, but not the day's luck."""
    return shop.truth.optimum(shop.today, "profit", shop.limits()).bids_fen


def value_rule(shop: Shop) -> IntArray:
    """Bid = observed contribution per click; 0.30 yuan until five clicks."""
    report = shop.journal.report()
    clicks = report.clicks.sum(axis=0)
    worth = report.revenue_fen.sum(axis=0) * shop.margins / np.maximum(clicks, 1)
    return _bids(np.where(clicks >= 5, worth, 30.0), shop)


def band_rule(shop: Shop) -> IntArray:
    """Cost / revenue of 14 days below 0.25: +15 %; above 0.60: -20 %; at least ten clicks."""
    report = shop.journal.report(days=14)
    clicks, spend = report.clicks.sum(axis=0), report.spend_fen.sum(axis=0)
    share = spend / np.maximum(report.revenue_fen.sum(axis=0), 1e-9)
    step = np.where(share < 0.25, 1.15, np.where(share > 0.60, 0.80, 1.0))
    return _bids(shop.bids_fen * np.where(clicks >= 10, step, 1.0), shop)


@dataclass
class PacedEmpiricalBayes:
    """Empirical-Bayes value a click times one pacing factor that follows the budget."""

    pace: float = 1.0
    _last: int = field(default=-1)

    def __call__(self, shop: Shop) -> IntArray:
        """Bids for today."""
        report = shop.journal.report()
        clicks, orders = report.clicks.sum(axis=0), report.orders.sum(axis=0)
        value = report.revenue_fen.sum() / max(int(orders.sum()), 1)
        rate = empirical_bayes(orders, clicks)
        if np.isfinite(shop.budget) and self._last >= 0:
            used = report.spend_fen[-1].sum() / 100.0 / shop.budget
            self.pace *= 0.93 if used > 0.97 else 1.05 if used < 0.90 else 1.0
            self.pace = min(self.pace, 1.0)
        self._last = shop.today
        return _bids(rate * value * shop.margins * self.pace, shop)


def _bids(wish_fen: FloatArray, shop: Shop) -> IntArray:
    """Legal bids; words the platform bids for by itself keep theirs."""
    legal = np.clip(np.round(wish_fen), 5, HIGHEST_FEN).astype(np.int64)
    return np.where(shop.static.by_hand, legal, shop.bids_fen)
