"""A market with known curves, seen through the Outlook protocol.

Rival prices are log-normal and the winner pays the rival's price, so clicks and spend at a bid are
closed forms: demand * Phi(z) and demand * mean price * Phi(z - spread).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from optimizer.candidates import build_menu, coarse_bids
from optimizer.goal import pose
from optimizer.outlook import Evidence, Expectation, TotalDraws
from optimizer.policy import Policy
from optimizer.problem import Problem
from optimizer.situation import Situation, survey


@dataclass(frozen=True)
class Market:
    keyword_id: pd.Index
    adgroup: np.ndarray
    campaign: np.ndarray
    campaign_ids: tuple[str, ...]
    bid: np.ndarray
    biddable: np.ndarray
    value_per_click: np.ndarray
    demand: np.ndarray
    price: np.ndarray
    evidence: Evidence
    spread: float = 0.6
    order_value: float = 60.0
    shared_sd: float = 0.1
    order_noise: float = 1.0
    drawn_orders: bool = False
    calls: list[int] = field(default_factory=list, compare=False)

    def expect(self, bids, rows=None):
        at = slice(None) if rows is None else rows
        demand, price, value = self.demand[at], self.price[at], self.value_per_click[at]
        if bids.ndim == 2:
            demand, price, value = demand[:, None], price[:, None], value[:, None]
        shown = np.nan_to_num(bids, nan=0.0) > 0
        z = (np.log(np.where(shown, bids, 1.0)) - np.log(price)) / self.spread
        clicks = np.where(shown, demand * ndtr(z), 0.0)
        mean_price = price * np.exp(self.spread**2 / 2)
        spend = np.where(shown, demand * mean_price * ndtr(z - self.spread), 0.0)
        contribution = clicks * value
        orders = np.maximum(np.nan_to_num(contribution), 0) / (0.5 * self.order_value)
        return Expectation(
            20 * clicks, clicks, spend, orders, orders * self.order_value, contribution
        )

    def sampler(self, seed, draws=400) -> Callable[[np.ndarray], TotalDraws]:
        rng = np.random.default_rng([seed, 5])
        level, worth, own = rng.standard_normal((3, draws))

        def draw(bids):
            self.calls.append(1)
            mean = self.expect(bids)
            day = np.exp(self.shared_sd * level - 0.5 * self.shared_sd**2)
            rate = np.exp(self.shared_sd * worth - 0.5 * self.shared_sd**2)
            order = np.argsort(self.keyword_id)
            mean_total = np.nan_to_num(mean.contribution)[order].sum() * day * rate
            spend = mean.spend[order].sum()
            # Orders are Poisson with 0.5 * order_value each: a gamma with that variance.
            ninth = self.order_noise * 0.5 * self.order_value / np.maximum(mean_total, 1e-12) / 9
            realised = mean_total * np.maximum(1 - ninth + np.sqrt(ninth) * own, 0) ** 3
            extra = {}
            if self.drawn_orders:
                extra = {
                    name: getattr(mean, name).sum() * day
                    for name in ("clicks", "orders", "revenue")
                }
            return TotalDraws(spend * day, realised, **extra)

        return draw

    def but(self, **changes) -> Market:
        return replace(self, **changes)

    def permuted(self, order) -> Market:
        evidence = Evidence(
            *(getattr(self.evidence, name)[order] for name in Evidence.__dataclass_fields__)
        )
        return self.but(
            keyword_id=self.keyword_id[order],
            evidence=evidence,
            **{
                name: getattr(self, name)[order]
                for name in (
                    "adgroup",
                    "campaign",
                    "bid",
                    "biddable",
                    "value_per_click",
                    "demand",
                    "price",
                )
            },
        )


def build_market(n: int, seed: int = 0, campaigns: int = 3, **changes) -> Market:
    rng = np.random.default_rng(seed)
    price = np.exp(rng.normal(-0.4, 0.5, n))
    demand = np.exp(rng.normal(1.0, 1.5, n))
    market = Market(
        keyword_id=pd.Index([f"w{i:07d}" for i in rng.permutation(n)], dtype="str"),
        adgroup=rng.integers(0, max(1, n // 5), n),
        campaign=rng.integers(0, campaigns, n),
        campaign_ids=tuple(f"c{i}" for i in range(campaigns)),
        bid=np.round(np.exp(rng.normal(-0.3, 0.4, n)).clip(0.06, 5), 2),
        biddable=np.ones(n, dtype=bool),
        value_per_click=price * np.exp(rng.normal(0.3, 0.6, n)),
        demand=demand,
        price=price,
        evidence=Evidence(
            clicks=20 * demand,
            orders=demand,
            immature_rate=np.full(n, 0.03),
            log_value_sd=np.full(n, 0.05),
            log_volume_sd=np.full(n, 0.1),
            log_elasticity_sd=np.full(n, 0.05),
        ),
    )
    return market.but(**changes) if changes else market


@pytest.fixture
def make_market():
    return build_market


@dataclass(frozen=True)
class Table:
    """A night up to the problem, for tests of the rooms below ``propose``."""

    situation: Situation
    problem: Problem

    @property
    def nobody(self):
        return np.full(len(self.situation.rows), -1)

    @property
    def keep(self):
        return self.problem.menu.column_of(self.situation.limits.today)


def lay_table(market: Market, policy: Policy, width: int = 16, seed: int = 0) -> Table:
    situation = survey(market, policy, seed)
    bids = coarse_bids(situation.limits, policy, width)
    menu = build_menu(market, situation.rows, bids)
    nobody = np.full(len(situation.rows), -1)
    return Table(situation, pose(situation, menu, nobody))


@pytest.fixture
def table():
    return lay_table
