"""Report figures straight from the market's arrays, a page at a time.

Rows are ordered by day and keyword id. Only the rows asked for become Python objects, so that a
shop of any size costs its arrays and one page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from connectors.sandbox.auction import BoolArray, FloatArray, IntArray
from connectors.sandbox.market import Counts
from connectors.sandbox.shop import Shop

_INDIRECT_SHARE = 8  # one order, cart or favourite in so many is of another item of the shop

Chooser = Callable[[Counts, IntArray], BoolArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One row: a word (the market's index) on a day (None: the whole period); money in fen."""

    word: int
    day: int | None
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int
    carts: int
    favourites: int
    avg_rank: float | None = None

    @property
    def indirect_orders(self) -> int:
        """Orders of other items of the shop."""
        return self.orders // _INDIRECT_SHARE

    @property
    def indirect_revenue_fen(self) -> int:
        """Their value."""
        return self.revenue_fen * self.indirect_orders // self.orders if self.orders else 0

    @property
    def indirect_carts(self) -> int:
        """Other items put into the cart."""
        return self.carts // _INDIRECT_SHARE

    @property
    def shop_favourites(self) -> int:
        """Buyers who marked the shop, beside those who marked an item."""
        return self.favourites // (_INDIRECT_SHARE + 1)


def shown(counts: Counts, words: IntArray) -> BoolArray:
    """Which of ``words`` appeared at all."""
    return counts.impressions[words] > 0


def converted(counts: Counts, words: IntArray) -> BoolArray:
    """Which of ``words`` had clicks that led to something."""
    results = counts.orders[words] + counts.carts[words] + counts.favourites[words]
    return results > 0


@dataclass(frozen=True, slots=True)
class Period:
    """Past days of a shop, first to last, cut to what is known this morning."""

    shop: Shop
    days: range

    @classmethod
    def of(cls, shop: Shop, first: int, last: int) -> Period:
        """Days given as ordinals; today and later have no report yet."""
        return cls(shop, range(max(first, shop.first_day), min(last, shop.today - 1) + 1))


@dataclass(frozen=True, slots=True)
class Block:
    """The chosen words of one day, or of a whole period, and their counts; ranks of a day (n,)."""

    day: int | None
    words: IntArray
    counts: Counts
    ranks: FloatArray | None = None

    def rows(self, start: int, stop: int) -> Iterator[Figures]:
        """Rows ``start`` to ``stop`` of the block."""
        chosen = self.words[start:stop]
        columns = {
            field.name: getattr(self.counts, field.name)[chosen].tolist()
            for field in fields(Counts)
        }
        ranks = [None] * len(chosen) if self.ranks is None else self.ranks[chosen].tolist()
        for i, word in enumerate(chosen.tolist()):
            values = {name: column[i] for name, column in columns.items()}
            yield Figures(word=word, day=self.day, avg_rank=ranks[i], **values)


def daily(
    period: Period, words: IntArray, chooser: Chooser, window: int | None = None
) -> Iterator[Block]:
    """One block a day of the chosen ``words`` (ascending indices)."""
    for day in period.days:
        counts = period.shop.counts(day, window)
        ranks = period.shop.day(day).avg_rank
        yield Block(day, words[chooser(counts, words)], counts, ranks)


def summed(
    period: Period, words: IntArray, chooser: Chooser, window: int | None = None
) -> Iterator[Block]:
    """One block over all days."""
    names = [field.name for field in fields(Counts)]
    zero = np.zeros(period.shop.market.scenario.keywords, dtype=np.int64)
    totals = {name: zero.copy() for name in names}
    for day in period.days:
        counts = period.shop.counts(day, window)
        for name in names:
            totals[name] += getattr(counts, name)
    counts = Counts(**totals)
    yield Block(None, words[chooser(counts, words)], counts)


def page(blocks: Sequence[Block], offset: int, size: int) -> list[Figures]:
    """``size`` rows from ``offset`` on over all blocks."""
    found: list[Figures] = []
    for block in blocks:
        start = max(0, offset)
        stop = start + size - len(found)
        found.extend(block.rows(start, stop))
        offset -= len(block.words)
        if len(found) == size:
            break
    return found


def total(blocks: Sequence[Block]) -> int:
    """Rows over all blocks."""
    return sum(len(block.words) for block in blocks)
