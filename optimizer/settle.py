"""Words under one purse: the best mix where the first segment that does not fit is a large one.

The prefix of the frontier is optimal but for the segment at which a cap cuts. Where a few head words
hold most of the spend, that segment is large, and small ones fill its place badly. So the heads are
chosen one after the other over all their candidates, each against what the tail would bring with the
rest of the purse: small segments in order of return, a concave function that is all but exact (the
core of a knapsack, Pisinger 1995). Then the largest of the tail become the heads, and so on.
g = words under the purse, S = their segments, K = candidates a keyword.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.frontier import Route
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import Problem

HEADS = 24  # words chosen over all their candidates at a time
STAGES = 3
ROUNDS = 6
MOST_POOLED = 20_000


@dataclass(frozen=True, slots=True)
class Settled:
    """Columns (m,) of words whose campaign has spent its cap once the frontier is past ``after`` (m,).

    ``after`` indexes the staircase; S for words without such a campaign.
    """

    columns: IntArray
    after: IntArray

    def of(self, last: int, otherwise: IntArray) -> tuple[IntArray, BoolArray]:
        """The columns where the prefix ends at segment ``last``, and which words are settled there."""
        done = self.after <= last
        return np.where(done, self.columns, otherwise), done


def settle(problem: Problem, road: Route, start: IntArray, free: BoolArray) -> Settled:
    """Settle every campaign that the road fills to its cap; ``start`` (m,) where nothing is taken."""
    stairs, ranking = problem.stairs, problem.ranking
    columns, after = start.copy(), np.full(len(start), len(stairs.slope))
    room = problem.room(start).campaign
    capped = np.flatnonzero((road.cut < len(stairs.slope)) & (room >= 0))
    worth = int(np.searchsorted(-stairs.slope, -problem.floor, side="right"))
    for campaign in capped:
        ranked = ranking.segment[ranking.first[campaign] : ranking.first[campaign + 1]]
        segments = ranked[free[stairs.word[ranked]] & (ranked < worth)].astype(np.int64)
        found = _settled(problem, segments, int(road.cut[campaign]), start, float(room[campaign]))
        words = np.unique(stairs.word[segments])
        columns[words] = found
        after[words] = road.cut[campaign]
    return Settled(columns, after)


def pooled(problem: Problem, columns: IntArray, free: BoolArray, start: IntArray) -> IntArray:
    """Better ``columns`` (m,) for the words (m,) still ``free`` under the account's budget alone.

    They stay as they are where the mix would break a campaign's cap, or where words are so many that
    no single segment matters.
    """
    stairs = problem.stairs
    words = np.flatnonzero(free)
    if not len(words) or len(words) > MOST_POOLED:
        return columns
    worth = int(np.searchsorted(-stairs.slope, -problem.floor, side="right"))
    segments = np.flatnonzero(free[stairs.word[:worth]])
    base = np.where(free, start, columns)
    money = problem.room(base).account
    cut = int(np.searchsorted(np.cumsum(stairs.spend[segments]), money, side="right"))
    if cut == len(segments) or money < 0:
        return columns
    mixed = base.copy()
    found = np.unique(stairs.word[segments])
    mixed[found] = _settled(problem, segments, int(segments[cut]), start, money)
    better = problem.value(mixed) > problem.value(columns) or not _sound(problem, columns)
    return mixed if better and _sound(problem, mixed) else columns


def _sound(problem: Problem, columns: IntArray) -> bool:
    room = problem.room(columns)
    return room.account >= 0 and bool((room.campaign >= 0).all())


def _settled(
    problem: Problem, segments: IntArray, cut: int, start: IntArray, money: float
) -> IntArray:
    """(g,) columns of the words of one campaign's ``segments`` (S,) that share ``money`` yuan.

    Heads take what ``_choose`` finds, the tail a prefix and whatever still fits behind it.
    """
    stairs, menu = problem.stairs, problem.menu
    words, place = np.unique(stairs.word[segments].astype(np.int64), return_inverse=True)
    levels = np.bincount(place[segments < cut], minlength=len(words))
    columns = stairs.vertices[words, levels].astype(np.int64)
    size = np.zeros(len(words))
    np.maximum.at(size, place, stairs.spend[segments])
    order = np.argsort(-size, kind="stable")[: STAGES * HEADS]
    for stage in range(0, len(order), HEADS):
        heads = order[stage : stage + HEADS]
        behind = ~np.isin(place, heads)
        segments, place = segments[behind], place[behind]
        tail = _Tail.of(problem, segments)
        rows = words[heads]
        spend = menu.spend[rows] - menu.at(menu.spend, start)[rows, None]
        columns[heads] = _choose(spend, _worth(problem, rows), tail, money, columns[heads])
        money -= float(spend[np.arange(len(heads)), columns[heads]].sum())
    levels = np.zeros(len(words), np.int64)
    _take(stairs.spend[segments], place, levels, money)
    rest = np.ones(len(words), np.bool_)
    rest[order] = False
    return np.where(rest, stairs.vertices[words, levels], columns)


def _take(run: FloatArray, place: IntArray, levels: IntArray, money: float) -> None:
    """Prefixes of what still fits, ``ROUNDS`` times; a word that is passed over takes nothing more."""
    for _ in range(ROUNDS):
        spent = np.cumsum(run)
        end = int(np.searchsorted(spent, money, side="right"))
        np.add.at(levels, place[:end], 1)
        money -= float(spent[end - 1]) if end else 0.0
        left = place[end:]
        fits = run[end:] <= money
        passed = np.unique(left[~fits])
        keep = ~np.isin(left, passed)
        run, place = run[end:][keep], left[keep]


def _worth(problem: Problem, heads: IntArray) -> FloatArray:
    """(H, K) what the heads bring, a yuan at its own price; -inf where the goal buys it not."""
    gain = problem.gain[heads]
    return np.where(np.isfinite(gain), gain - problem.floor * problem.menu.spend[heads], -np.inf)


@dataclass(frozen=True, slots=True)
class _Tail:
    """What the tail brings with so much money, piecewise linear and concave."""

    spent: FloatArray
    brought: FloatArray

    @classmethod
    def of(cls, problem: Problem, segments: IntArray) -> _Tail:
        run = problem.stairs.spend[segments]
        rise = problem.stairs.gain[segments] - problem.floor * run
        return cls(np.append(0.0, np.cumsum(run)), np.append(0.0, np.cumsum(rise)))

    def brings(self, money: FloatArray) -> FloatArray:
        """-inf where ``money`` is negative."""
        return np.where(money < 0, -np.inf, np.interp(money, self.spent, self.brought))


def _choose(
    spend: FloatArray, worth: FloatArray, tail: _Tail, money: float, columns: IntArray
) -> IntArray:
    """(H,) columns of the heads, each in turn the best beside the others and the tail."""
    rows = np.arange(len(columns))
    columns = columns.copy()
    for _ in range(ROUNDS):
        before = columns.copy()
        for head in rows:
            others = float(spend[rows, columns].sum()) - float(spend[head, columns[head]])
            columns[head] = int((worth[head] + tail.brings(money - others - spend[head])).argmax())
        if (columns == before).all():
            break
    return columns
