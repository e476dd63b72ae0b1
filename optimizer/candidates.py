"""The bids a keyword may get, and what a day is expected to bring at each of them.

m = keywords that may move, in ascending order of their ids; K = candidate bids a keyword.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from optimizer.outlook import BoolArray, FloatArray, IntArray, Outlook
from optimizer.policy import GRID_TOLERANCE, Policy

CELLS_A_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Range of the bids of m keywords, in steps, and what sets its ends; shape (m,) each.

    Where ``lowest > highest`` no bid but today's is allowed.
    """

    today: FloatArray  # yuan
    lowest: FloatArray
    highest: FloatArray
    step_limits_low: BoolArray  # the lower end comes from max_step_down and not from min_bid
    step_limits_high: BoolArray
    may_stay: BoolArray  # False where today's bid is above what is allowed


def bid_limits(today: FloatArray, policy: Policy) -> Limits:
    """Where the bids of words now at ``today`` (m,) may go under ``policy``."""
    down = 1.0 if policy.max_step_down is None else policy.max_step_down
    up = np.inf if policy.max_step_up is None else policy.max_step_up
    floor, cap = float(policy.first_tick), float(policy.last_tick)
    position = today / policy.bid_step
    step_low = np.ceil(position * (1 - down) - GRID_TOLERANCE)
    step_high = np.floor(position * (1 + up) + GRID_TOLERANCE)
    over = position > cap + GRID_TOLERANCE
    # Above the cap and out of reach of it: come as near as the step allows, never upwards.
    stuck = over & (step_low > cap)
    lowest = np.maximum(floor, step_low)
    highest = np.where(
        stuck, np.where(step_low <= position, step_low, -1.0), np.minimum(cap, step_high)
    )
    return Limits(
        today=today,
        lowest=lowest,
        highest=highest,
        step_limits_low=step_low > floor,
        step_limits_high=step_high < cap,
        may_stay=~over | (lowest > highest),
    )


@dataclass(frozen=True, slots=True)
class Menu:
    """Candidate bids in ascending order with their expectations, shape (m, K) each."""

    bids: FloatArray
    spend: FloatArray
    contribution: FloatArray
    clicks: FloatArray
    orders: FloatArray

    def merged(self, other: Menu) -> Menu:
        """Both menus of the same keywords as one, ascending."""
        order = np.argsort(np.hstack([self.bids, other.bids]), axis=1, kind="stable")
        return Menu(
            *(
                np.take_along_axis(
                    np.hstack([getattr(self, f.name), getattr(other, f.name)]), order, 1
                )
                for f in fields(self)
            )
        )

    def only(self, columns: IntArray) -> Menu:
        """The candidates in the given ``columns`` (m, k), ascending in each row."""
        return Menu(*(np.take_along_axis(getattr(self, f.name), columns, 1) for f in fields(self)))

    def at(self, what: FloatArray, columns: IntArray) -> FloatArray:
        """(m,) entries of one of the arrays at one column a keyword."""
        return np.take_along_axis(what, columns[:, None], 1)[:, 0]

    def column_of(self, bids: FloatArray) -> IntArray:
        """(m,) first column holding exactly these bids, -1 where none does."""
        same = self.bids == bids[:, None]
        return np.where(same.any(axis=1), same.argmax(axis=1), -1)


def build_menu(outlook: Outlook, rows: IntArray, bids: FloatArray) -> Menu:
    """Expectations of the keywords ``rows`` (m,) at ``bids`` (m, K), in chunks of keywords."""
    m, width = bids.shape
    spend, contribution, clicks, orders = (np.empty((m, width)) for _ in range(4))
    chunk = max(1, CELLS_A_CHUNK // max(width, 1))
    for start in range(0, m, chunk):
        part = slice(start, start + chunk)
        expected = outlook.expect(bids[part], rows[part])
        spend[part] = expected.spend
        contribution[part] = np.nan_to_num(expected.contribution, nan=0.0)
        clicks[part] = expected.clicks
        orders[part] = expected.orders
    return Menu(bids, spend, contribution, clicks, orders)


def coarse_bids(limits: Limits, policy: Policy, width: int) -> FloatArray:
    """(m, width) geometric grids over the whole allowed range, with today's bid where it may stay.

    Where the range has no more than ``width - 1`` steps, every step is there.
    """
    places = np.arange(width - 1, dtype=float)
    lowest, highest = limits.lowest[:, None], limits.highest[:, None]
    ratio = np.maximum(highest, 1.0) / lowest
    ticks = np.rint(lowest * ratio ** (places / max(width - 2, 1)))
    ticks = np.minimum(np.maximum(ticks, lowest + places), highest)
    return _with_today(policy.on_grid(ticks), limits)


def finer_bids(
    limits: Limits, policy: Policy, menu: Menu, columns: IntArray, width: int
) -> FloatArray:
    """(m, width) grids between the neighbours of the chosen ``columns`` of ``menu``."""
    last = menu.bids.shape[1] - 1
    low = menu.at(menu.bids, np.maximum(columns - 1, 0)) / policy.bid_step
    high = menu.at(menu.bids, np.minimum(columns + 1, last)) / policy.bid_step
    low = np.clip(np.ceil(low - GRID_TOLERANCE), limits.lowest, limits.highest)[:, None]
    high = np.clip(np.floor(high + GRID_TOLERANCE), limits.lowest, limits.highest)[:, None]
    places = np.arange(width, dtype=float)
    ticks = np.rint(low + (high - low) * places / max(width - 1, 1))
    ticks = np.minimum(np.maximum(ticks, low + np.minimum(places, high - low)), high)
    stays = (limits.lowest > limits.highest)[:, None]
    return np.where(stays, limits.today[:, None], policy.on_grid(ticks))


def _with_today(grid: FloatArray, limits: Limits) -> FloatArray:
    """Add today's bid as one more candidate where it may stay, else repeat the lowest."""
    stays = (limits.lowest > limits.highest)[:, None]
    grid = np.where(stays, limits.today[:, None], grid)
    extra = np.where(limits.may_stay, limits.today, grid[:, 0])
    return np.sort(np.hstack([grid, extra[:, None]]), axis=1)
