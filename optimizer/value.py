"""What an order is worth: order values pooled over the tree.

An order value is Gamma with a common coefficient of variation around its keyword's mean, so a sum
of k orders carries k / cv² counts' worth of evidence about that mean, and the same hierarchy as for
rates applies. Single orders beyond ``CAP`` times the account's mean are drawn in first: one
wholesale order must not make a word look rich.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.history import Panel
from optimizer.outlook import FloatArray
from optimizer.pooling import Pooled, Prior, Tree, pool
from optimizer.sums import sum_by

PRIOR_VALUE = 100.0
PRIOR_CV2, PRIOR_CV2_ORDERS = 0.5, 20.0
CAP = 15.0


@dataclass(frozen=True, slots=True)
class OrderValue:
    """Posterior of mean order values, yuan, and the squared coefficient of variation of one order."""

    pooled: Pooled
    unit: float  # yuan per unit of ``pooled``
    cv2: float

    @property
    def mean(self) -> FloatArray:
        """(n,) yuan an order."""
        return self.pooled.rate * self.unit


def order_value(panel: Panel, tree: Tree, fade: FloatArray) -> OrderValue:
    """Fit from rows with orders; ``fade`` (R,) are recency weights."""
    sold = (panel.orders > 0) & (panel.revenue > 0)
    keyword, orders = panel.keyword[sold], panel.orders[sold]
    total = float(orders.sum())
    unit = float(panel.revenue[sold].sum()) / total if total else PRIOR_VALUE
    value = np.minimum(panel.revenue[sold] / orders, CAP * unit)
    size = panel.keywords
    mean = sum_by(keyword, orders * value, size) / np.maximum(sum_by(keyword, orders, size), 1e-12)
    squares = float((orders * (value / np.maximum(mean[keyword], 1e-12) - 1.0) ** 2).sum())
    freedom = max(len(orders) - len(np.unique(keyword)), 0)
    cv2 = (squares + PRIOR_CV2 * PRIOR_CV2_ORDERS) / (freedom + PRIOR_CV2_ORDERS)
    weight = orders * fade[sold] / cv2
    pooled = pool(
        sum_by(keyword, weight * value / unit, size),
        sum_by(keyword, weight, size),
        tree,
        Prior(rate=1.0, weight=0.5, spread=(0.3, 0.3, 0.3)),
    )
    return OrderValue(pooled, unit, float(cv2))
