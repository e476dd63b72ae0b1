"""How far a day's sales stray from what its clicks promised, as the account's own past shows it.

Orders are not quite Poisson: one visitor buys twice, a wholesale order is many, and some days sell
better than others whatever was clicked. Days already lived are forecast again at the clicks they
had; what the residuals hold beyond the counting of single orders, keyword by keyword and summed by
campaign, are the two figures here. Both lean on a prior, as a month of days says little about
variances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.history import Panel, Roster
from optimizer.outlook import FloatArray
from optimizer.sums import sum_by
from optimizer.value import CAP, OrderValue

USUAL_COUNTING, COUNTING_ORDERS = 1.1, 60.0  # and the orders that this is worth
USUAL_DAY_SD = 0.08
MOST_COUNTING, MOST_DAY_SD = 3.0, 0.5


@dataclass(frozen=True, slots=True)
class Swing:
    """Variance of sales over that of Poisson orders, and the sd of the log of a campaign's day."""

    counting: float
    day_sd: float


def sales_swing(panel: Panel, roster: Roster, orders: FloatArray, value: OrderValue) -> Swing:
    """Fit to revenue as known today, given the ``orders`` (R,) expected from each row's clicks."""
    each = value.mean[panel.keyword]
    spread = 1.0 + value.cv2 + value.pooled.log_variance()[panel.keyword]
    expected, poisson = orders * each, orders * each**2 * spread
    seen = np.minimum(panel.revenue, panel.orders * CAP * value.unit)
    residual = seen - expected
    total = float(poisson.sum())
    if total <= 0:
        return Swing(USUAL_COUNTING, USUAL_DAY_SD)
    usual = COUNTING_ORDERS * total / float(orders.sum())
    counting = (float((residual**2).sum()) + USUAL_COUNTING * usual) / (total + usual)
    counting = float(np.clip(counting, 1.0, MOST_COUNTING))
    ages = int(panel.age.max()) + 1
    day = roster.campaign[panel.keyword] * ages + panel.age
    size = len(roster.campaign_ids) * ages
    by_day, mean, noise = (sum_by(day, x, size) for x in (residual, expected, counting * poisson))
    squares = float((mean**2).sum())
    prior = USUAL_DAY_SD**2
    found = float((by_day**2 - noise).sum()) / squares
    error = 2.0 * float((noise**2).sum()) / squares**2
    variance = (found * prior**2 + prior * error) / (prior**2 + error)
    return Swing(counting, float(np.sqrt(np.clip(variance, 0.0, MOST_DAY_SD**2))))
