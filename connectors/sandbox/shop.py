"""One simulated shop over days: its market, what was set when, and what is known of it today.

The only state is the logs of bids and budgets; days are simulated again from them and remembered
while those stay the same. Everything is in the market's order and in arrays; ``platform`` and
``gateway`` are two doors to it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from connectors.sandbox.auction import FloatArray, IntArray
from connectors.sandbox.bidlog import BidLog, LoggedBid
from connectors.sandbox.budgetlog import BudgetLog, LoggedBudget
from connectors.sandbox.history import observed_history
from connectors.sandbox.market import MAX_BID_FEN, MIN_BID_FEN, Counts, DayResult, Market
from connectors.sandbox.roster import Directory
from connectors.sandbox.scenario import Scenario

SPECIALIST: Final = "specialist"
_REMEMBERED_KEYWORD_DAYS: Final = 5_000_000
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Lived:
    """A simulated day, the budgets it was simulated under, and the logs it was last held against."""

    result: DayResult
    budgets_fen: FloatArray
    versions: tuple[int, int]


class Shop:
    """A shop as its market knows it; ``clock`` gives today's business date.

    Safe to share between threads. Raises SourceError or PermanentError when ``state`` cannot be
    used or holds another shop.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], date],
        seed: int,
        scenario: Scenario,
        history_days: int,
        state: Path | None,
    ) -> None:
        self._clock = clock
        self.market = Market(scenario, seed)
        self.directory = Directory(self.market)
        self.lock = threading.RLock()
        self._days: OrderedDict[int, _Lived] = OrderedDict()
        self._counts: OrderedDict[tuple[int, int, int], tuple[DayResult, Counts]] = OrderedDict()
        self._bids: dict[int, IntArray] = {}
        self._bids_version = -1
        identity: dict[str, int | str] = {"scenario": scenario.name, "seed": seed}
        identity |= {"keywords": scenario.keywords, "history_days": history_days}
        self._log = BidLog(state, identity, lambda: self._begin(history_days))
        self._budgets = BudgetLog(state)

    @property
    def today(self) -> int:
        """Today's business date as ``date.toordinal()``."""
        return self._clock().toordinal()

    @property
    def first_day(self) -> int:
        """The shop's first business day as ``date.toordinal()``."""
        return self._log.first_day

    def refresh(self) -> None:
        """Read what other processes have written."""
        with self.lock:
            self._log.refresh()
            self._budgets.refresh()

    def bids_now(self) -> IntArray:
        """(n,) bids in force, fen; 0 = the word does not exist. Not to be written to."""
        with self.lock:
            self.refresh()
            return self.bids_on(self.today)

    def bids_on(self, day: int) -> IntArray:
        """(n,) bids in force on ``day`` as far as they have been read. Not to be written to."""
        with self.lock:
            if self._bids_version != self._log.version:
                self._bids.clear()
                self._bids_version = self._log.version
            found = self._bids.get(day)
            if found is None:
                found = self._log.bids_on(day, self.market.scenario.keywords)
                self._bids[day] = found
            return found

    def set_bids(self, wanted: Mapping[int, int], actor: str) -> dict[int, int]:
        """Set bids (fen) by index from today on; returns those taken.

        Not taken: words that do not exist, take no bid, or a price outside the platform's range.
        """
        with self.lock:
            bids = self.bids_now()
            taken = {
                i: fen
                for i, fen in wanted.items()
                if bids[i] > 0 and self.directory.biddable[i] and MIN_BID_FEN <= fen <= MAX_BID_FEN
            }
            self.log_bids(taken, actor)
        return taken

    def log_bids(self, bids_fen: Mapping[int, int], actor: str) -> None:
        """Write bids as they are from today on; 0 deletes a word, a first bid brings it back."""
        with self.lock:
            today = self.today
            self._log.append([LoggedBid(today, i, fen, actor) for i, fen in bids_fen.items()])

    def changes(self, start: int = 0) -> Sequence[LoggedBid]:
        """The log of bids from the ``start``-th entry on, in the order in which it was written."""
        with self.lock:
            self._log.refresh()
            return self._log.changes(start)

    def budgets_now(self) -> FloatArray:
        """(C,) daily budgets in force, fen, inf = no limit."""
        with self.lock:
            self._budgets.refresh()
            return self._budgets_on(self.today)

    def set_budget(self, campaign: int, budget_fen: int | None, actor: str) -> None:
        """Set a campaign's daily budget (None = no limit) for today and the days to come."""
        with self.lock:
            self._budgets.append(LoggedBudget(self.today, campaign, budget_fen, actor))

    def budget_changes(self) -> Sequence[LoggedBudget]:
        """The log of budgets in the order in which it was written."""
        with self.lock:
            self._budgets.refresh()
            return self._budgets.changes()

    def day(self, day: int) -> DayResult:
        """The simulated day under the bids and budgets of the logs, as far as they were read."""
        with self.lock:
            versions = (self._log.version, self._budgets.version)
            found = self._days.get(day)
            if found is None or found.versions != versions:
                bids, budgets = self.bids_on(day), self._budgets_on(day)
                if found is None or not _same(found, bids, budgets):
                    result = self.market.day(day, bids, campaign_budget_fen=budgets)
                    found = self._days[day] = _Lived(result, budgets, versions)
                found.versions = versions
            self._days.move_to_end(day)
            self._forget(self._days)
            return found.result

    def counts(self, day: int, window: int | None = None) -> Counts:
        """Figures of a past ``day`` as known today, orders within ``window`` days of the click.

        Raises ValueError for today and days to come.
        """
        with self.lock:
            last = max(2, self.market.scenario.attribution_days)
            age = min(self.today - day, last)
            credited = last if window is None else min(window, last)
            key, result = (day, age, credited), self.day(day)
            found = self._counts.get(key)
            if found is None or found[0] is not result:
                found = self._counts[key] = (result, result.known(age, credited))
            self._counts.move_to_end(key)
            self._forget(self._counts)
            return found[1]

    def would_be(self, day: int, bids_fen: IntArray) -> DayResult:
        """``day`` with the same shoppers and the same budgets, had the bids been others."""
        with self.lock:
            budgets = self._budgets_on(day)
        return self.market.day(day, bids_fen, campaign_budget_fen=budgets)

    def _budgets_on(self, day: int) -> FloatArray:
        return self._budgets.budgets_on(day, self.market.campaign_budget_fen)

    def _forget(self, remembered: OrderedDict[_Key, _Value]) -> None:
        room = max(2, _REMEMBERED_KEYWORD_DAYS // self.market.scenario.keywords)
        while len(remembered) > room:
            remembered.popitem(last=False)

    def _begin(self, history_days: int) -> tuple[int, Sequence[LoggedBid]]:
        """The past of a shop opened today: its first day and the specialist's changes."""
        first = self.today - history_days
        history = observed_history(self.market, history_days, first_day=first)
        past: list[LoggedBid] = []
        before = np.zeros(self.market.scenario.keywords, dtype=np.int64)
        bids = [*history.journal.report().bids_fen, history.bids_fen]
        for offset, now in enumerate(bids):
            for i in np.flatnonzero(now != before).tolist():
                past.append(LoggedBid(first + offset, i, int(now[i]), SPECIALIST))
            before = now
        return first, past


def _same(lived: _Lived, bids_fen: IntArray, budgets_fen: FloatArray) -> bool:
    same_bids = np.array_equal(lived.result.bids_fen, bids_fen)
    return same_bids and np.array_equal(lived.budgets_fen, budgets_fen)
