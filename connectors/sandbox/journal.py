"""What has happened in a market so far, and what a report of it would say on a given morning."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from connectors.sandbox.auction import BoolArray, FloatArray, IntArray
from connectors.sandbox.market import Counts, DayResult, Market


@dataclass(frozen=True, slots=True)
class Report:
    """A dense report, shape (D, n) each: D consecutive days from ``first_day``, n keywords.

    Money is fen; a bid of 0 means that the word did not exist that day.
    """

    first_day: int
    bids_fen: IntArray
    impressions: IntArray
    clicks: IntArray
    spend_fen: IntArray
    orders: IntArray
    revenue_fen: IntArray
    carts: IntArray
    favourites: IntArray
    avg_rank: FloatArray
    budget_hit: BoolArray

    def last(self, days: int) -> Report:
        """The last ``days`` of it, or all when there are fewer."""
        skip = max(0, len(self.bids_fen) - days)
        arrays = [getattr(self, field.name)[skip:] for field in fields(self)[1:]]
        return Report(self.first_day + skip, *arrays)

    def flat(self) -> tuple[IntArray, IntArray]:
        """(day, keyword) indices of the keyword-days on which the word existed, day by day."""
        day, keyword = np.nonzero(self.bids_fen > 0)
        return day, keyword


class Journal:
    """Runs a market day after day and reports it as it is known on any later morning."""

    def __init__(self, market: Market, first_day: int) -> None:
        self.market = market
        self.first_day = first_day
        self._days: list[DayResult] = []
        self._final: list[Counts] = []

    @property
    def today(self) -> int:
        """The first day that has not been run."""
        return self.first_day + len(self._days)

    def run(
        self,
        bids_fen: IntArray,
        *,
        campaign_budget_fen: FloatArray | None = None,
        account_budget_fen: float | None = None,
    ) -> DayResult:
        """Run ``today`` at ``bids_fen`` (n,) and go on to the next."""
        result = self.market.day(
            self.today,
            bids_fen,
            campaign_budget_fen=campaign_budget_fen,
            account_budget_fen=account_budget_fen,
        )
        self._days.append(result)
        return result

    def report(self, as_of: int | None = None, days: int | None = None) -> Report:
        """The last ``days`` (default all) before ``as_of`` (default ``today``), as known then."""
        end = self.today if as_of is None else as_of
        length = min(end, self.today) - self.first_day
        start = 0 if days is None else max(0, length - days)
        if length < 1 or start >= length:
            raise ValueError(f"nothing has been run before day {end}")
        chosen = self._days[start:length]
        counts = [self._known(start + i, end) for i in range(len(chosen))]
        names = [field.name for field in fields(Counts)]
        stacked = {name: np.stack([getattr(c, name) for c in counts]) for name in names}
        return Report(
            first_day=self.first_day + start,
            bids_fen=np.stack([day.bids_fen for day in chosen]),
            avg_rank=np.stack([day.avg_rank for day in chosen]),
            budget_hit=np.stack([day.budget_hit for day in chosen]),
            **stacked,
        )

    def final(self, index: int) -> Counts:
        """Figures of the ``index``-th day that no longer change (known only to the simulator)."""
        while len(self._final) <= index:
            self._final.append(self._days[len(self._final)].final())
        return self._final[index]

    def _known(self, index: int, as_of: int) -> Counts:
        age = as_of - self.first_day - index
        if age >= self.market.scenario.attribution_days:
            return self.final(index)
        return self._days[index].known(age)
