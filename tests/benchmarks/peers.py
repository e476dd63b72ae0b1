"""Who is measured: the product, three rules that people and tools use, and the clairvoyant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

import optimizer
from connectors.sandbox.ground import on_day
from tests.benchmarks.shop import SHOWN_DAYS, FloatArray, IntArray, Shop
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

    def learn(self, shop: Shop) -> optimizer.Estimates:
        """What is believed this morning."""
        return optimizer.estimate(
            shop.history(),
            shop.static.roster(shop.bids_fen),
            shop.static.economics,
            as_of=date.fromordinal(shop.today),
            settlement=shop.settled(),
            attribution_days=shop.market.scenario.attribution_days,
            promotions=shop.promotions,
        )

    def __call__(self, shop: Shop) -> IntArray:
        """Bids for today; ``estimates`` and ``plan`` are kept for whoever wants to look."""
        self.estimates = self.learn(shop)
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


@dataclass
class ToldOfShop(Kaiche):
    """The product, told what no report says: by what law this shop's orders per click were drawn.

    It knows every adgroup's rate, how words lie around it, how the rates move from day to day, tonight
    included, and how orders come in late. Words' own rates it learns, exactly as Bayes has it, from the
    same orders as everybody: what it misses of the clairvoyant's profit is what their number hides.
    """

    def learn(self, shop: Shop) -> optimizer.Estimates:
        """The product's estimates with the exact posterior of every word's orders per click."""
        estimates = super().learn(shop)
        factor = self.rates(shop) / estimates.conversion.rate
        return replace(estimates, conversion=estimates.conversion.scaled(factor))

    def rates(self, shop: Shop) -> FloatArray:
        """(n,) posterior means of orders per click today.

        The law of words is a log-normal; the Gamma with its mean and variance stands for it.
        """
        scenario, ground = shop.market.scenario, shop.market.ground
        report = shop.journal.report(days=SHOWN_DAYS)
        ages = shop.today - report.first_day - np.arange(len(report.clicks))
        moves = np.array([_move(shop, shop.today - age) for age in ages])
        known = np.array(scenario.maturity)[np.minimum(ages, len(scenario.maturity)) - 1]
        exposure = (report.clicks * known[:, None] * moves).sum(axis=0)
        orders = report.orders.sum(axis=0)
        variance = scenario.cvr_keyword_log_sd**2
        shape = 1.0 / np.expm1(variance)
        mean = ground.usual_cvr * np.exp(0.5 * variance)
        return (shape + orders) / (shape / mean + exposure) * _move(shop, shop.today)


@dataclass
class ToldOfWords(ToldOfShop):
    """The product, told every word's orders per click; all else it learns."""

    def rates(self, shop: Shop) -> FloatArray:
        """(n,) the truth of today."""
        return shop.market.ground.cvr * _move(shop, shop.today)


def _move(shop: Shop, day: int) -> FloatArray:
    """(n,) orders per click of ``day`` over the usual: drift and promotions."""
    ground = shop.market.ground
    return on_day(shop.market.scenario, ground, day).cvr / ground.cvr


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
