"""One night's choice as a multiple-choice knapsack: menus, what they are worth, what limits them.

m = keywords that may move, K = candidate bids a keyword, C = campaigns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimizer.candidates import Menu
from optimizer.frontier import Caps, Ranking, Staircase
from optimizer.outlook import FloatArray, IntArray
from optimizer.risk import Verdict

AccountBinding = Literal["none", "min_marginal_return", "budget", "allowance"]

CAP_SAFETY = 1e-9  # relative; sums in another order must not break a cap


@dataclass(frozen=True, slots=True)
class Problem:
    """One multiple-choice knapsack.

    ``gain`` (m, K) is what spend buys; slopes below ``floor`` are not bought, and
    ``floor_binding`` names why. ``judge`` says whether bids (m,) keep the allowance.
    The objective is the sum of ``counts`` (m, K) - ``own_price`` * spend: contribution or clicks,
    and a price of 1 for profit, else 0.
    ``loss_price`` is the part of ``gain`` that is contribution - spend (clicks only).
    """

    menu: Menu
    counts: FloatArray
    gain: FloatArray
    stairs: Staircase
    ranking: Ranking
    campaign: IntArray
    caps: Caps
    floor: float
    floor_binding: AccountBinding
    own_price: float
    loss_price: float = 0.0
    judge: Callable[[FloatArray], Verdict] | None = None
    max_loss: float = np.inf

    def spend(self, columns: IntArray) -> FloatArray:
        """(m,) expected spend."""
        return self.menu.at(self.menu.spend, columns)

    def spend_by_campaign(self, columns: IntArray) -> FloatArray:
        """(C,) expected spend."""
        count = len(self.caps.campaign)
        return np.bincount(self.campaign, self.spend(columns), count).astype(np.float64)

    def room(self, columns: IntArray) -> Caps:
        """What the caps leave beyond ``columns``; negative where they are broken."""
        spent = self.spend_by_campaign(columns)
        return Caps(
            _tightened(self.caps.account) - float(self.spend(columns).sum()),
            np.array([_tightened(cap) for cap in self.caps.campaign]) - spent,
        )

    def value(self, columns: IntArray) -> float:
        """The objective: contribution, contribution - spend, or clicks."""
        return float(
            (self.menu.at(self.counts, columns) - self.own_price * self.spend(columns)).sum()
        )

    def expected_loss(self, columns: IntArray) -> float:
        """Expected spend - contribution of the words that may move."""
        return float((self.spend(columns) - self.menu.at(self.menu.contribution, columns)).sum())


def _tightened(cap: float) -> float:
    return cap - CAP_SAFETY * cap if np.isfinite(cap) else cap
