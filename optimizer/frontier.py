"""The efficient frontier: what each further yuan of spend brings at best.

Per keyword the candidate points (spend, gain) are reduced to their upper concave envelope; the
envelope's segments of all keywords, merged in order of marginal return, are the frontier of the
account. Taking a prefix of them solves the continuous multiple-choice knapsack (Sinha and Zoltners
1979); budgets that nest only cut segments away, dearest price first.
m = keywords that may move, K = candidates a keyword, S = segments, C = campaigns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.outlook import BoolArray, FloatArray, IntArray

SmallInts = npt.NDArray[np.int16]
ROWS_A_CHUNK = 32_768
LEAST_RUN = 1e-12  # yuan of spend; points closer than this count as equally dear


def envelope(spend: FloatArray, gain: FloatArray) -> tuple[SmallInts, IntArray]:
    """Upper concave, increasing envelopes of m point sets given in ascending order of spend.

    Parameters: ``spend``, ``gain`` (m, K). Returns vertices (m, K), the column numbers of each
    keyword's envelope from its cheapest point on, and the place of the last valid one (m,).
    """
    m, width = spend.shape
    vertices = np.zeros((m, width), np.int16)
    top = np.zeros(m, np.int64)
    for start in range(0, m, ROWS_A_CHUNK):
        part = slice(start, start + ROWS_A_CHUNK)
        _envelope_chunk(spend[part], gain[part], vertices[part], top[part])
    return vertices, top


def _envelope_chunk(
    spend: FloatArray, gain: FloatArray, vertices: SmallInts, top: IntArray
) -> None:
    """Monotone chain over the columns, all rows at once; fills ``vertices`` and ``top``."""
    rows = np.arange(len(spend))
    for column in range(1, spend.shape[1]):
        live = np.flatnonzero(gain[:, column] > gain[rows, vertices[rows, top]])
        pending = live
        while pending.size:
            last = vertices[pending, top[pending]]
            before = vertices[pending, np.maximum(top[pending] - 1, 0)]
            run = spend[pending, column] - spend[pending, last]
            rise = gain[pending, column] - gain[pending, last]
            run_before = spend[pending, last] - spend[pending, before]
            rise_before = gain[pending, last] - gain[pending, before]
            hidden = (top[pending] > 0) & (rise * run_before >= rise_before * run)
            pending = pending[hidden | (run <= LEAST_RUN)]
            top[pending] -= 1
            pending = pending[top[pending] >= 0]
        top[live] += 1
        vertices[live, top[live]] = column


@dataclass(frozen=True, slots=True)
class Staircase:
    """All segments in descending order of slope; ties in ascending order of keyword.

    ``word``, ``spend`` (yuan more), ``gain`` (more) and ``slope`` have shape (S,).
    """

    vertices: SmallInts
    top: IntArray
    word: npt.NDArray[np.int32]
    spend: FloatArray
    gain: FloatArray
    slope: FloatArray

    def columns(self, levels: IntArray) -> IntArray:
        """(m,) menu columns after ``levels`` (m,) segments of each keyword."""
        return np.take_along_axis(self.vertices, levels[:, None], 1)[:, 0].astype(np.int64)

    def levels(self, segments: IntArray) -> IntArray:
        """(m,) how many of ``segments`` belong to each keyword."""
        return np.bincount(self.word[segments], minlength=len(self.top))


def build_staircase(spend: FloatArray, gain: FloatArray) -> Staircase:
    """Segments with a positive slope of the envelopes of ``spend`` and ``gain`` (m, K)."""
    vertices, top = envelope(spend, gain)
    pieces = [
        _segments(spend, gain, vertices, top, slice(start, start + ROWS_A_CHUNK))
        for start in range(0, max(len(spend), 1), ROWS_A_CHUNK)
    ]
    word, run, rise, slope = (np.concatenate([piece[i] for piece in pieces]) for i in range(4))
    order = np.argsort(-slope, kind="stable")
    return Staircase(
        vertices, top, word[order].astype(np.int32), run[order], rise[order], slope[order]
    )


def _segments(
    spend: FloatArray, gain: FloatArray, vertices: SmallInts, top: IntArray, part: slice
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    columns = vertices[part].astype(np.int64)
    run = np.diff(np.take_along_axis(spend[part], columns, 1), axis=1)
    rise = np.diff(np.take_along_axis(gain[part], columns, 1), axis=1)
    valid = np.arange(run.shape[1]) < top[part][:, None]
    slope = np.minimum.accumulate(np.divide(rise, run, out=np.zeros_like(run), where=valid), axis=1)
    word = np.broadcast_to(np.arange(len(columns))[:, None], valid.shape) + (part.start or 0)
    return word[valid], run[valid], rise[valid], slope[valid]


@dataclass(frozen=True, slots=True)
class Caps:
    """What the words that may move can spend, yuan; infinity for no cap."""

    account: float
    campaign: FloatArray  # (C,)


@dataclass(frozen=True, slots=True)
class Route:
    """Segments that no cap and no floor forbids, in order, and where they were cut off.

    ``segments`` (P,) indexes the staircase; so does ``cut`` (C,), the first segment that does not fit
    into its campaign's cap, S where all do. ``account_price`` and ``campaign_price`` (C,) are the
    slopes at which the money ends, 0 where it does not: the dual prices of the relaxation in which
    segments can be split.
    """

    segments: IntArray
    cut: IntArray
    account_price: float
    campaign_price: FloatArray


@dataclass(frozen=True, slots=True)
class Ranking:
    """Segments of the campaigns that have a cap, campaign by campaign, best first in each.

    ``segment`` (Q,) indexes the staircase and ``spend`` (Q,) is theirs; campaign c owns the places
    ``first[c]`` to ``first[c + 1]``.
    """

    segment: npt.NDArray[np.int32]
    spend: FloatArray
    first: IntArray  # (C + 1,)


def rank_by_campaign(stairs: Staircase, campaign: IntArray, room: FloatArray) -> Ranking:
    """Order the segments under the caps ``room`` (C,); ``campaign`` (m,) codes."""
    codes = campaign[stairs.word].astype(np.int32)
    capped = np.flatnonzero(np.isfinite(room)[codes])
    segment = capped[np.argsort(codes[capped], kind="stable")].astype(np.int32)
    sizes = np.bincount(codes[capped], minlength=len(room))
    return Ranking(segment, stairs.spend[segment], np.concatenate([[0], np.cumsum(sizes)]))


def route(
    stairs: Staircase,
    ranking: Ranking,
    campaign: IntArray,
    free: BoolArray,
    room: Caps,
    floor: float,
) -> Route:
    """The longest prefix of the frontier within ``room``.

    ``ranking`` from ``rank_by_campaign``; ``campaign`` (m,) codes; ``free`` (m,) False for keywords
    that are held at one bid; ``room`` what may be spent beyond the starting point; slopes below
    ``floor`` are not taken.
    """
    worth = int(np.searchsorted(-stairs.slope, -floor, side="right"))
    wanted = free[stairs.word]
    wanted[worth:] = False
    price, rest = np.zeros((2, len(room.campaign)))
    cut = np.full(len(price), len(wanted))
    if ranking.segment.size:
        cut, rest = _first_refused(ranking, wanted, room.campaign)
        refused = cut < len(wanted)
        price[refused] = stairs.slope[cut[refused]]
        wanted &= np.arange(len(wanted)) < cut[campaign[stairs.word]]
    segments = np.flatnonzero(wanted)
    end, account_price = _account_end(stairs, segments, cut, rest, room.account)
    return Route(segments[:end], cut, account_price, price)


def _account_end(
    stairs: Staircase, segments: IntArray, cut: IntArray, rest: FloatArray, room: float
) -> tuple[int, float]:
    """How many ``segments`` the account's money pays for, and the slope at which it ends.

    Campaigns are to spend their caps to the end: the ``rest`` (C,) that the segments before ``cut``
    leave counts where the cut would have come, and is kept for what can be had for it.
    """
    campaigns = np.argsort(cut)
    campaigns = campaigns[cut[campaigns] < len(stairs.slope)]
    cut, rest = cut[campaigns], rest[campaigns]
    place = np.searchsorted(segments, cut)
    spent = np.cumsum(np.insert(stairs.spend[segments], place, rest))
    end = int(np.searchsorted(spent, room, side="right"))
    if end == len(spent):
        return len(segments), 0.0
    merged = np.insert(segments, place, cut)
    taken = end - int(np.isin(merged[:end], cut).sum())
    return taken, float(stairs.slope[merged[end]])


def _first_refused(
    ranking: Ranking, wanted: BoolArray, room: FloatArray
) -> tuple[IntArray, FloatArray]:
    """(C,) the first segment that does not fit into its campaign's room, S where all do; and (C,)
    what the segments before it leave of the room.
    """
    spent = np.concatenate(
        [[0.0], np.cumsum(np.where(wanted[ranking.segment], ranking.spend, 0.0))]
    )
    start, end = ranking.first[:-1], ranking.first[1:]
    place = np.searchsorted(spent, spent[start] + room, side="right") - 1
    # A negative room refuses the first wanted segment, wherever that is.
    place = np.maximum(place, np.searchsorted(spent, spent[start], side="right") - 1)
    cut = np.full(len(room), len(wanted))
    refused = np.isfinite(room) & (place < end)
    cut[refused] = ranking.segment[place[refused]]
    left = np.zeros(len(room))
    left[refused] = np.maximum(room - (spent[place.clip(0)] - spent[start]), 0.0)[refused]
    return cut, left


def running_total(amounts: FloatArray, groups: IntArray) -> FloatArray:
    """Cumulative sums that start anew with each group; ``groups`` >= 0 is sorted, shapes (S,)."""
    total = np.cumsum(amounts)
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    offset = np.repeat(total[starts] - amounts[starts], np.diff(np.r_[starts, len(groups)]))
    result: FloatArray = total - offset
    return result


def frontier_curve(
    stairs: Staircase, segments: IntArray, spend: float, contribution: float, points: int = 100
) -> pd.DataFrame:
    """The frontier as a chart of at most ``points`` rows: spend, contribution, marginal_return.

    ``spend`` and ``contribution`` are the totals where nothing of ``segments`` is taken yet;
    ``marginal_return`` is the mean slope of the piece that ends in the row, NaN in the first.
    """
    if not segments.size:
        return pd.DataFrame(
            {"spend": [spend], "contribution": [contribution], "marginal_return": [np.nan]}
        )
    spent = np.cumsum(stairs.spend[segments])
    gained = np.cumsum(stairs.gain[segments])
    wanted = np.searchsorted(spent, np.linspace(0, spent[-1], points)[1:])
    ends = np.unique(np.minimum(wanted, len(segments) - 1))
    run = np.diff(spent[ends], prepend=0.0)
    rise = np.diff(gained[ends], prepend=0.0)
    return pd.DataFrame(
        {
            "spend": np.r_[spend, spend + spent[ends]],
            "contribution": np.r_[contribution, contribution + gained[ends]],
            "marginal_return": np.r_[np.nan, rise / run],
        }
    )
