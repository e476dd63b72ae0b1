"""What the deciding half knows of the estimating half.

``Estimates`` implements ``Outlook``; ``propose`` and everything below it sees nothing else, so a
test can put a market with a known curve in its place. n = keywords of the roster, in its order;
K = candidate bids a keyword; D = joint draws. Money is yuan, everything is per day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Posterior means of a future day at given bids; every array has the shape of the bids."""

    impressions: FloatArray
    clicks: FloatArray
    spend: FloatArray
    orders: FloatArray
    revenue: FloatArray
    contribution: FloatArray


@dataclass(frozen=True, slots=True)
class TotalDraws:
    """Joint posterior predictive draws of a future day's realised totals, shape (D,) each.

    Errors that keywords share (level of the day, response, conversion, order value) are drawn once
    for all keywords. Draw d of two different plans rests on the same random numbers. Clicks, orders
    and revenue may be absent: a plan then shows their means without an interval.
    """

    spend: FloatArray
    contribution: FloatArray
    clicks: FloatArray | None = None
    orders: FloatArray | None = None
    revenue: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well each keyword is known; shape (n,) each."""

    clicks: FloatArray  # observed clicks, recency-weighted
    orders: FloatArray  # observed orders, recency-weighted, as reported today
    immature_rate: FloatArray  # share of the clicks whose orders are still to arrive, 0..1
    log_value_sd: FloatArray  # posterior sd of log(contribution per click)
    log_volume_sd: FloatArray  # posterior sd of log(clicks a day at today's bid)
    log_elasticity_sd: FloatArray  # posterior sd of log(elasticity of clicks to the bid)


class Outlook(Protocol):
    """A future day as a function of the bids."""

    @property
    def keyword_id(self) -> pd.Index[str]:
        """(n,) ids in roster order."""
        ...

    @property
    def adgroup(self) -> IntArray:
        """(n,) codes 0..G-1."""
        ...

    @property
    def campaign(self) -> IntArray:
        """(n,) codes into ``campaign_ids``."""
        ...

    @property
    def campaign_ids(self) -> tuple[str, ...]:
        """Campaign ids by code."""
        ...

    @property
    def bid(self) -> FloatArray:
        """(n,) today's bids, yuan; NaN where unknown."""
        ...

    @property
    def biddable(self) -> BoolArray:
        """(n,) False where the platform takes no bid for the word."""
        ...

    @property
    def value_per_click(self) -> FloatArray:
        """(n,) posterior mean of contribution per click, yuan; may be negative or zero."""
        ...

    @property
    def evidence(self) -> Evidence:
        """How well each keyword is known."""
        ...

    def expect(self, bids: FloatArray, rows: IntArray | None = None) -> Expectation:
        """Posterior means at ``bids``, shape (m,) or (m, K); ``rows`` (m,) picks keywords, default all n.

        A bid of 0, or NaN, means that the word is not shown: zero everywhere.
        Spend is a smooth non-decreasing function of the bid, contribution has the sign of the value.
        """
        ...

    def sampler(self, seed: int, draws: int = 400) -> Callable[[FloatArray], TotalDraws]:
        """A function from bids (n,) to joint draws of the totals, cheap to call many times."""
        ...
