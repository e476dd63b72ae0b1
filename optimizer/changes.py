"""What bid changes inside keywords say about the response, cleaned of what people react to.

People raise the bid of a starved word and cut it after a spike, so a day's bid depends on the days
just before it, and comparing neighbouring days measures the return to normal instead of the bid: a
naive regression finds elasticities near 6. Each day is therefore compared with the same keyword's
days at least ``HOLE`` days earlier, which the change did not react to (a difference in differences
with a hole), after day effects common to a campaign are taken out. Days on which a budget ran out
say nothing about the bid and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.curve import Curve, volume_share
from optimizer.history import Panel
from optimizer.outlook import FloatArray, IntArray
from optimizer.sums import sum_by

HOLE = 4
MOVED = 0.02  # log bid range from which on a keyword's bid counts as having moved
ROUNDS = 6
MOST_ROWS = 1_000_000  # for what is common to the account
_AGES = 1 << 20

Response = Callable[[float], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class Moves:
    """Open days of keywords whose bid moved, sorted by keyword and day; m rows."""

    keyword: IntArray  # (m,)
    x: FloatArray  # log bid over the reference bid
    clicks: FloatArray
    impressions: FloatArray
    exposure: FloatArray  # effective days, silent days included
    start: IntArray  # the keyword's first row
    end: IntArray  # past the last row that lies at least HOLE days earlier
    cell: IntArray  # the row's campaign and day
    weight: FloatArray  # how firm the days before the hole are beside the row's own; 0 without any
    keywords: int

    @property
    def known(self) -> bool:
        """Whether anything moved."""
        return len(self.x) > 0

    def part(self, most: int) -> Moves:
        """A fixed sample of keywords with at most about ``most`` rows."""
        step = len(self.x) // most + 1
        if step == 1:
            return self
        return select(self, np.flatnonzero(self.keyword % step == 0))


@dataclass(frozen=True, slots=True)
class Finding:
    """One common parameter of the response, as changes show it; ``score`` compares curves."""

    value: float
    sd: float
    score: float

    @property
    def known(self) -> bool:
        """Whether the changes say anything."""
        return bool(np.isfinite(self.sd))


UNKNOWN = Finding(np.nan, np.inf, 0.0)


def find_moves(panel: Panel, x: FloatArray, exposure: FloatArray, campaign: IntArray) -> Moves:
    """The rows that can speak about the bid: open days of words with clicks whose bid moved."""
    size = panel.keywords
    low, high = np.zeros(size), np.zeros(size)
    np.minimum.at(low, panel.keyword, x)
    np.maximum.at(high, panel.keyword, x)
    moving = (high - low > MOVED) & (sum_by(panel.keyword, panel.clicks, size) >= 3)
    rows = np.flatnonzero(moving[panel.keyword] & ~panel.censored & (exposure > 1e-6))
    keyword = panel.keyword[rows]
    key = keyword * _AGES + (_AGES - 1 - panel.age[rows])
    start = np.searchsorted(keyword, keyword, side="left").astype(np.int64)
    end = np.searchsorted(key, key - HOLE, side="right").astype(np.int64)
    end = np.maximum(end, start)
    past = _between(exposure[rows], start, end)
    return Moves(
        keyword=keyword,
        x=x[rows],
        clicks=panel.clicks[rows],
        impressions=panel.impressions[rows],
        exposure=exposure[rows],
        start=start,
        end=end,
        cell=campaign[keyword] * (panel.days + 1) + panel.age[rows] - panel.first_age,
        weight=np.where(past > 1e-3, past / (past + exposure[rows]), 0.0),
        keywords=size,
    )


def select(moves: Moves, rows: IntArray) -> Moves:
    """Whole keywords' rows of ``moves``; positions are counted anew."""
    place = np.cumsum(np.isin(np.arange(len(moves.x)), rows)) - 1
    start = place[moves.start[rows]]
    return Moves(
        keyword=moves.keyword[rows],
        x=moves.x[rows],
        clicks=moves.clicks[rows],
        impressions=moves.impressions[rows],
        exposure=moves.exposure[rows],
        start=start,
        end=start + (moves.end[rows] - moves.start[rows]),
        cell=moves.cell[rows],
        weight=moves.weight[rows],
        keywords=moves.keywords,
    )


def along_curve(moves: Moves, curve: Curve) -> Response:
    """Log response and its derivative as functions of a common position on ``curve``."""

    def response(position: float) -> tuple[FloatArray, FloatArray]:
        eta = np.full(len(moves.x), position)
        log_response = np.log(curve.volume_ratio(eta, moves.x))
        return log_response, volume_share(eta) - volume_share(curve.shift(eta, moves.x))

    return response


def along_power(log_volume: FloatArray) -> Response:
    """Log response and its derivative as functions of a power of the volume."""

    def response(power: float) -> tuple[FloatArray, FloatArray]:
        return power * log_volume, log_volume

    return response


def common(
    moves: Moves,
    counts: FloatArray,
    response: Response,
    start: float,
    bounds: tuple[float, float],
    dispersion: float,
) -> Finding:
    """The common parameter that best explains ``counts`` (m,), by damped Newton steps."""
    if not moves.known:
        return UNKNOWN
    value, held = start, Held.of(moves, counts, dispersion)
    for _ in range(ROUNDS):
        top, bottom, score = held.against(response(value))
        total = float(bottom.sum())
        if total <= 1e-6:
            return UNKNOWN
        step = float(np.clip(top.sum() / total, -1.0, 1.0))
        value = float(np.clip(value + step, *bounds))
        if abs(step) < 1e-3:
            break
    noise = max(float((top**2).sum()), total)
    return Finding(value, float(np.sqrt(noise)) / total, score)


@dataclass(frozen=True, slots=True)
class Held:
    """Counts (m,) of the rows of ``moves``, ready to be held against what a response expects of them."""

    moves: Moves
    counts: FloatArray
    past: FloatArray  # (m,) counts of the keyword's days before the hole
    total: FloatArray  # (n,) counts of each keyword
    weight: FloatArray  # (m,)

    @classmethod
    def of(cls, moves: Moves, counts: FloatArray, dispersion: float) -> Held:
        """``dispersion``: relative variance of a keyword's day beyond Poisson."""
        size, keyword = moves.keywords, moves.keyword
        total, days = sum_by(keyword, counts, size), sum_by(keyword, moves.exposure, size)
        weight = moves.weight / (1.0 + dispersion * total / np.maximum(days, 1e-9))[keyword]
        return cls(moves, counts, _between(counts, moves.start, moves.end), total, weight)

    def against(
        self, response: tuple[FloatArray, FloatArray]
    ) -> tuple[FloatArray, FloatArray, float]:
        """Each keyword's score and information (n,) about the parameter, and the log likelihood.

        ``response``: log response and its derivative (m,). A row's counts are expected from the
        keyword's rate on the days before the hole.
        """
        log_response, slope = response
        moves, counts = self.moves, self.counts
        size, keyword = moves.keywords, moves.keyword
        room = moves.exposure * np.exp(log_response)
        rate = (self.total / np.maximum(sum_by(keyword, room, size), 1e-9))[keyword]
        past_room, past_slope = (
            _between(values, moves.start, moves.end) for values in (room, room * slope)
        )
        usable = (past_room > 1e-6) & (rate > 0)
        safe = np.where(usable, past_room, 1.0)
        expected = room * (self.past + 0.5) / (safe + 0.5 / np.where(usable, rate, 1.0))
        moved = slope - past_slope / safe
        weight = np.where(usable, self.weight, 0.0)
        moved = moved - _cell_means(moved, weight * expected, moves.cell)
        top = sum_by(keyword, weight * moved * (counts - expected), size)
        bottom = sum_by(keyword, weight * moved**2 * expected, size)
        likelihood = weight * (counts * np.log(np.maximum(expected, 1e-9)) - expected)
        return top, bottom, float(likelihood.sum())


def _cell_means(values: FloatArray, weight: FloatArray, cell: IntArray) -> FloatArray:
    """(m,) weighted mean of each row's campaign and day: what the day's effect has taken out already."""
    size = int(cell.max()) + 1 if len(cell) else 0
    total = sum_by(cell, weight, size)
    mean = sum_by(cell, weight * values, size) / np.maximum(total, 1e-12)
    return mean[cell]


def own_information(
    moves: Moves, response: tuple[FloatArray, FloatArray], dispersion: float
) -> FloatArray:
    """(n,) information of each keyword's own days: expected clicks times the variance of the slope."""
    log_response, slope = response
    size, keyword = moves.keywords, moves.keyword
    room = moves.exposure * np.exp(log_response)
    total = np.maximum(sum_by(keyword, room, size), 1e-9)
    rate = sum_by(keyword, moves.clicks, size) / total
    mean = sum_by(keyword, room * slope, size) / total
    spread = sum_by(keyword, room * (slope - mean[keyword]) ** 2, size)
    return rate * spread / (1.0 + dispersion * rate)


def _between(values: FloatArray, start: IntArray, end: IntArray) -> FloatArray:
    """Sums of ``values`` from ``start`` to before ``end``."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    sums: FloatArray = running[end] - running[start]
    return sums


def price_slope(panel: Panel, x: FloatArray) -> Finding:
    """Slope of log(cpc) on ``x`` (R,) within keywords, weighted by clicks.

    ``x`` is the log bid, or the log price that a curve expects of it.
    """
    paid = (panel.clicks > 0) & (panel.spend > 0)
    keyword, weight, x = panel.keyword[paid], panel.clicks[paid], x[paid]
    size = panel.keywords
    y = np.log(panel.spend[paid] / weight)
    total = np.maximum(sum_by(keyword, weight, size), 1e-12)
    x = x - (sum_by(keyword, weight * x, size) / total)[keyword]
    y = y - (sum_by(keyword, weight * y, size) / total)[keyword]
    moved = sum_by(keyword, weight * x**2, size)
    if moved.sum() < 1e-3:
        return UNKNOWN
    together = sum_by(keyword, weight * x * y, size)
    value = float(together.sum() / moved.sum())
    score = together - value * moved
    return Finding(value, float(np.sqrt((score**2).sum()) / moved.sum()), 0.0)
