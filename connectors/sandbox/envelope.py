"""Upper concave envelopes of many small curves at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.sandbox.auction import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Segments:
    """Envelope segments worth taking, m in all, row by row with falling slope.

    ``spend`` is a segment's width, ``slope`` its value per unit of spend, ``end`` the column of the
    point it leads to. ``rows`` is how many curves there are.
    """

    rows: int
    row: IntArray
    end: IntArray
    spend: FloatArray
    slope: FloatArray

    def cut(self, group: IntArray, room: FloatArray) -> FloatArray:
        """(m,) widths that fit ``room`` (groups,), best slope first within each ``group`` (m,)."""
        order = np.lexsort((-self.slope, group))
        width = self.spend[order]
        total = np.bincount(group, self.spend, len(room))
        before = np.cumsum(width) - width - (np.cumsum(total) - total)[group[order]]
        fitting = np.empty_like(self.spend)
        fitting[order] = np.clip(room[group[order]] - before, 0.0, width)
        return fitting

    def last_whole(self, whole: BoolArray) -> IntArray:
        """(rows,) column reached by the ``whole`` segments of each row; 0 without any."""
        reached = np.zeros(self.rows, dtype=np.int64)
        np.maximum.at(reached, self.row[whole], self.end[whole])
        return reached


def envelope(spend: FloatArray, value: FloatArray, least_slope: float) -> Segments:
    """Segments of each row's envelope over (spend, value), both (n, K), that exceed ``least_slope``.

    Spend must not fall along a row; every row starts at its first column. Points under the chord of
    their neighbours are dropped until none is left: such a point is never on the envelope.
    """
    rows, columns = spend.shape
    row = np.repeat(np.arange(rows), columns)
    column = np.tile(np.arange(columns), rows)
    x, y = spend.ravel(), value.ravel()
    while True:
        dx, dy = np.diff(x), np.diff(y)
        inner = row[1:] == row[:-1]
        slope = np.where(
            dx > 1e-9, dy / np.maximum(dx, 1e-9), np.where(dy > 1e-12, np.inf, -np.inf)
        )
        # A point goes when the way on from it is at least as steep as the way to it.
        under = np.zeros(len(x), dtype=np.bool_)
        under[1:-1] = inner[:-1] & inner[1:] & (slope[1:] >= slope[:-1])
        flat_end = np.zeros(len(x), dtype=np.bool_)
        flat_end[1:] = inner & (slope == -np.inf)  # no spend more and no value more
        drop = under | flat_end
        if not drop.any():
            break
        keep = ~drop
        row, column, x, y = row[keep], column[keep], x[keep], y[keep]
    good = inner & (slope > least_slope) & np.isfinite(slope)
    at = np.flatnonzero(good)
    return Segments(rows, row[at + 1], column[at + 1], dx[at], slope[at])
