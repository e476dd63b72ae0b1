"""Who the optimizer is measured with: three rules that people and tools use, and the clairvoyant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

import optimizer
from tests.benchmarks.shop import (
    FloatArray,
    IntArray,
    Shop,
    campaign_ids,
    history_frame,
    roster_frames,
)

HIGHEST_FEN = 2_000


def kaiche(shop: Shop) -> IntArray:
    """The product: estimate, then propose for profit within the shop's budgets."""
    keywords, economics = roster_frames(shop)
    estimates = optimizer.estimate(
        history_frame(shop), keywords, economics, as_of=date.fromordinal(shop.today)
    )
    budgets = shop.market.campaign_budget_fen / 100.0
    policy = optimizer.Policy(
        objective="profit",
        daily_budget=shop.budget if np.isfinite(shop.budget) else 1e9,
        campaign_budgets={
            name: float(budget)
            for name, budget in zip(campaign_ids(shop), budgets, strict=True)
            if np.isfinite(budget)
        },
        max_bid=HIGHEST_FEN / 100.0,
    )
    lines = optimizer.propose(estimates, policy).lines
    return np.round(lines["bid"].fillna(0.0).to_numpy() * 100.0).astype(np.int64)


def clairvoyant(shop: Shop) -> IntArray:
    """Knows every word's curve, but not the day's luck."""
    return shop.best()


def value_rule(shop: Shop) -> IntArray:
    """Bid = observed contribution per click; 0.30 yuan until five clicks."""
    report = shop.journal.report()
    clicks = report.clicks.sum(axis=0)
    worth = report.revenue_fen.sum(axis=0) * shop.margins() / np.maximum(clicks, 1)
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
        pooled = orders.sum() / max(int(clicks.sum()), 1)
        spread = float(
            np.average((orders / np.maximum(clicks, 1) - pooled) ** 2, weights=clicks + 1e-9)
        )
        noise = pooled / max(float(np.average(clicks, weights=clicks + 1e-9)), 1.0)
        strength = pooled**2 / max(spread - noise, 0.05 * pooled**2) / max(pooled, 1e-9)
        rate = (orders + strength * pooled) / (clicks + strength)
        if np.isfinite(shop.budget) and self._last >= 0:
            used = report.spend_fen[-1].sum() / 100.0 / shop.budget
            self.pace *= 0.93 if used > 0.97 else 1.05 if used < 0.90 else 1.0
            self.pace = min(self.pace, 1.0)
        self._last = shop.today
        return _bids(rate * value * shop.margins() * self.pace, shop)


def _bids(wish_fen: FloatArray, shop: Shop) -> IntArray:
    """Legal bids; words the platform bids for by itself keep theirs."""
    ground = shop.market.ground
    legal = np.clip(np.round(wish_fen), 5, HIGHEST_FEN).astype(np.int64)
    return np.where(ground.auto_campaign[ground.campaign], shop.bids_fen, legal)
