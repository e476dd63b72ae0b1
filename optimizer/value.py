"""What an order is worth: order values pooled over the tree, single large orders shared by all.

Up to a ceiling an order's value has a common coefficient of variation around its keyword's mean, so
k orders carry k / cv^2 counts' worth of evidence about that mean, and the model of rates.py applies
as it stands: y = value / (cv^2 * unit), exposure = 1 / cv^2 an order. What lies above ``CEILING``
times the mean that the keyword's other orders and its peers suggest says nothing of the keyword: one
wholesale order comes where it comes. It raises the value of every order of the account alike, as far
as ``CAP`` times the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.history import Panel
from optimizer.outlook import FloatArray, IntArray
from optimizer.pooled import Pooled, Prior, Tree
from optimizer.rates import fit_rate
from optimizer.sums import sum_by

PRIOR_VALUE = 100.0
VALUE_PRIOR = Prior(rate=1.0, weight=0.5, spread=(0.3, 0.3, 0.3))
PRIOR_CV2, PRIOR_CV2_ORDERS = 0.5, 20.0
CEILING, CAP = 5.0, 15.0
SMOOTHING = (
    3.0  # orders' worth of the account's mean in what a keyword's next order is held against
)


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


def order_value(panel: Panel, tree: Tree) -> OrderValue:
    """Fit from rows with orders."""
    sold = (panel.orders > 0) & (panel.revenue > 0)
    orders = np.where(sold, panel.orders, 0.0)
    value = np.where(sold, panel.revenue, 0.0) / np.maximum(orders, 1.0)
    usual = _usual(panel, tree, orders, value)
    kept, whole = np.minimum(value, CEILING * usual), np.minimum(value, CAP * usual)
    known = bool(sold.any())
    unit = float((orders * kept).sum() / orders.sum()) if known else PRIOR_VALUE
    beyond = float((orders * whole).sum() / (orders * kept).sum()) if known else 1.0
    squares = float((orders * whole**2).sum() / (orders * kept**2).sum()) if known else 1.0
    cv2 = _cv2(panel, orders, kept)
    weight = orders / cv2
    sure = np.zeros((panel.days, panel.days))
    nothing = np.empty((panel.keywords, 0))
    rate = fit_rate(panel, tree, (weight * kept / unit, weight), sure, VALUE_PRIOR, nothing)
    return OrderValue(rate.pooled, unit * beyond, (1.0 + cv2) * squares / beyond**2 - 1.0)


def _usual(panel: Panel, tree: Tree, orders: FloatArray, value: FloatArray) -> FloatArray:
    """(R,) what an order of the row's keyword is worth by all other rows, yuan."""
    sold = orders > 0
    middle = float(np.median(value[sold])) if sold.any() else PRIOR_VALUE
    bounded = orders * np.minimum(value, CAP * middle)
    adgroup = tree.adgroup[panel.keyword]
    groups = len(tree.campaign_of_adgroup)

    def others(code: IntArray, size: int, around: FloatArray) -> FloatArray:
        amount = sum_by(code, bounded, size)[code] - bounded + SMOOTHING * around
        counted: FloatArray = amount / (sum_by(code, orders, size)[code] - orders + SMOOTHING)
        return counted

    by_adgroup = others(adgroup, groups, np.full(len(orders), middle))
    return others(panel.keyword, panel.keywords, by_adgroup)


def _cv2(panel: Panel, orders: FloatArray, value: FloatArray) -> float:
    """Squared coefficient of variation of one order around its keyword's mean."""
    amount = sum_by(panel.keyword, orders * value, panel.keywords)
    mean = amount / np.maximum(sum_by(panel.keyword, orders, panel.keywords), 1e-12)
    squares = float((orders * (value / np.maximum(mean[panel.keyword], 1e-12) - 1.0) ** 2).sum())
    freedom = max(int((orders > 0).sum()) - int((mean > 0).sum()), 0)
    return (squares + PRIOR_CV2 * PRIOR_CV2_ORDERS) / (freedom + PRIOR_CV2_ORDERS)
