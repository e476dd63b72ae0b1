"""What bid changes inside keywords say about the response, cleaned of what people react to.

People raise the bid of a starved word and cut it after a spike, so a day's bid depends on the days
just before it, and comparing neighbouring days measures the return to normal instead of the bid: a
naive regression finds elasticities near 6. Each day is therefore compared with the same keyword's
days at least ``HOLE`` days earlier, which the change did not react to (a difference in differences
with a hole), after day effects common to a campaign are taken out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.history import Panel
from optimizer.outlook import FloatArray, IntArray
from optimizer.sums import sum_by

HOLE = 4
MOVED = 0.02  # log bid range from which on a keyword's bid counts as having moved
_AGES = 1 << 20


@dataclass(frozen=True, slots=True)
class Slope:
    """A pooled slope with its standard error, and each keyword's part of it."""

    value: float
    sd: float
    keyword_value: FloatArray  # (n,)
    keyword_information: FloatArray  # (n,) 1 / variance; 0 where the bid never moved

    @property
    def known(self) -> bool:
        """Whether any bid moved enough to say something."""
        return bool(np.isfinite(self.sd))


def nothing(keywords: int) -> Slope:
    """No change was seen."""
    return Slope(np.nan, np.inf, np.zeros(keywords), np.zeros(keywords))


def volume_slope(
    panel: Panel, x: FloatArray, counts: FloatArray, exposure: FloatArray, dispersion: float
) -> Slope:
    """Elasticity of ``counts`` (R,) to the bid.

    ``x`` (R,) is the log bid over the keyword's reference bid, ``exposure`` (R,) the effective days
    of each row with the silent days behind it.
    """
    size = panel.keywords
    rows = _moving_rows(panel, x, counts)
    if not len(rows):
        return nothing(size)
    keyword, age = panel.keyword[rows], panel.age[rows]
    x, y, e = x[rows], counts[rows], exposure[rows]
    key = keyword * _AGES + (_AGES - 1 - age)
    start = np.searchsorted(keyword, keyword, side="left")
    end = np.maximum(np.searchsorted(key, key - HOLE, side="right"), start)
    base_e, base_ex, base_y = (_between(v, start, end) for v in (e, e * x, y))
    usable = base_e > 1e-3
    safe = np.where(usable, base_e, 1.0)
    moved = np.where(usable, x - base_ex / safe, 0.0)
    weight = safe / (safe + e)
    expected = e * base_y / safe
    rate = sum_by(keyword, y, size) / np.maximum(sum_by(keyword, e, size), 1e-9)
    weight = weight / (1.0 + dispersion * rate[keyword])
    top = sum_by(keyword, weight * moved * (y - expected), size)
    bottom = sum_by(keyword, weight * moved**2 * expected, size)
    if bottom.sum() <= 1e-6:
        return nothing(size)
    value = float(top.sum() / bottom.sum())
    noise = np.maximum(((top - value * bottom) ** 2).sum(), bottom.sum())
    sd = float(np.sqrt(noise) / bottom.sum())
    known = bottom > 1e-9
    own = np.where(known, top / np.where(known, bottom, 1.0), 0.0)
    return Slope(
        value, sd, own, np.where(known, _information(keyword, x, e, rate, dispersion), 0.0)
    )


def _moving_rows(panel: Panel, x: FloatArray, counts: FloatArray) -> IntArray:
    """Rows of keywords whose bid moved and that have anything to count."""
    low, high = np.zeros(panel.keywords), np.zeros(panel.keywords)
    np.minimum.at(low, panel.keyword, x)
    np.maximum.at(high, panel.keyword, x)
    moving = (high - low > MOVED) & (sum_by(panel.keyword, counts, panel.keywords) >= 3)
    return np.flatnonzero(moving[panel.keyword])


def _between(values: FloatArray, start: IntArray, end: IntArray) -> FloatArray:
    """Sums of ``values`` from ``start`` to before ``end``."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    sums: FloatArray = running[end] - running[start]
    return sums


def _information(
    keyword: IntArray, x: FloatArray, e: FloatArray, rate: FloatArray, dispersion: float
) -> FloatArray:
    """(n,) information of a keyword's own days on its slope: expected counts times bid variance."""
    size = len(rate)
    total = np.maximum(sum_by(keyword, e, size), 1e-9)
    mean = sum_by(keyword, e * x, size) / total
    spread = sum_by(keyword, e * (x - mean[keyword]) ** 2, size)
    return rate * spread / (1.0 + dispersion * rate)


def price_slope(panel: Panel, x: FloatArray) -> Slope:
    """Slope of log(cpc) on log(bid) within keywords, weighted by clicks."""
    paid = (panel.clicks > 0) & (panel.spend > 0)
    keyword, weight, x = panel.keyword[paid], panel.clicks[paid], x[paid]
    size = panel.keywords
    y = np.log(panel.spend[paid] / weight)
    total = np.maximum(sum_by(keyword, weight, size), 1e-12)
    x = x - (sum_by(keyword, weight * x, size) / total)[keyword]
    y = y - (sum_by(keyword, weight * y, size) / total)[keyword]
    moved = sum_by(keyword, weight * x**2, size)
    if moved.sum() < 1e-3:
        return nothing(size)
    together = sum_by(keyword, weight * x * y, size)
    value = float(together.sum() / moved.sum())
    score = together - value * moved
    sd = float(np.sqrt((score**2).sum()) / moved.sum())
    return Slope(value, sd, np.zeros(size), np.zeros(size))
