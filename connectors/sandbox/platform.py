"""The sandbox shop as an advertising platform: the market behind the same door as the real one.

Days run from the shop's first day to yesterday of the given clock. Figures are those known today:
late orders only as far as they have arrived, yesterday's traffic not fully counted. Bids set today
are in force from today on. The only state is the log of bids; days are simulated again from it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from connectors.errors import PermanentError
from connectors.platform import BidChange, KeywordDayRow, Page, Roster
from connectors.sandbox.auction import IntArray
from connectors.sandbox.bidlog import BidLog, LoggedBid
from connectors.sandbox.history import observed_history
from connectors.sandbox.market import MAX_BID_FEN, MIN_BID_FEN, DayResult, Market
from connectors.sandbox.organic import ECHO_DAYS, natural_orders
from connectors.sandbox.roster import Directory, day_rows
from connectors.sandbox.scenario import DEMO, Scenario

MAX_CHANGES: Final = 200
PAGE_ROWS: Final = 2_000
_SPECIALIST: Final = "specialist"
_REMEMBERED_KEYWORD_DAYS: Final = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalOrdersRow:
    """Orders of one item on one day that no ad is credited with."""

    item_id: str
    adgroup_id: str
    date: date
    orders: int
    revenue_fen: int


class SandboxPlatform:
    """A simulated shop; implements ``connectors.platform.AdPlatform``.

    ``keywords`` sizes the shop, ``history_days`` is how long a simulated specialist has run it when
    it is first opened, ``state`` the file that keeps it (None: this object's life only), ``clock``
    gives today's business date, ``scenario`` the kind of shop. Safe to share between threads.

    Raises SourceError or PermanentError when ``state`` cannot be used or holds another shop.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], date],
        seed: int = 7,
        keywords: int = 2_400,
        history_days: int = 30,
        state: Path | None = None,
        scenario: Scenario = DEMO,
    ) -> None:
        sized = scenario if scenario.keywords == keywords else scenario.sized(keywords)
        self._clock = clock
        self._market = Market(sized, seed)
        self._directory = Directory(self._market)
        self._lock = threading.RLock()
        self._days: OrderedDict[int, DayResult] = OrderedDict()
        identity: dict[str, int | str] = {"scenario": scenario.name, "seed": seed}
        identity |= {"keywords": keywords, "history_days": history_days}
        self._log = BidLog(state, identity, lambda: self._begin(history_days))

    @property
    def name(self) -> str:
        """``sandbox``."""
        return "sandbox"

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final."""
        return self._market.scenario.attribution_days

    @property
    def first_day(self) -> date:
        """The first business day of the shop."""
        return date.fromordinal(self._log.first_day)

    def roster(self) -> Roster:
        """Campaigns, adgroups and keywords with the bids in force now, ids ascending."""
        return self._directory.roster(self._bids_now())

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        """Keyword-days from ``first`` to ``last`` as known today, pages of at most 2,000 rows.

        A keyword-day without impressions is present only when the bid was set that day.
        """
        today = self._clock().toordinal()
        begin = max(first.toordinal(), self._log.first_day)
        end = min(last.toordinal(), today - 1)
        for day in range(begin, end + 1):
            rows = self._rows(day, today)
            for start in range(0, len(rows), PAGE_ROWS):
                yield Page(rows=tuple(rows[start : start + PAGE_ROWS]))

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        """Bids in force right now; unknown words, and words that take no bid, are absent."""
        bids = self._bids_now()
        by_word = self._directory.bid_by_word
        shown = [i for i in self._known(keyword_ids) if bids[i] > 0 and by_word[i]]
        return {self._directory.keyword_ids[i]: int(bids[i]) for i in shown}

    def set_bids(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        """Set absolute bids from today on; absent from the answer: unknown, not biddable, no price.

        ``bid_before_fen`` is not looked at: comparing with the live bid is the caller's part.
        Raises PermanentError for more than 200 changes.
        """
        if len(changes) > MAX_CHANGES:
            raise PermanentError(
                f"at most {MAX_CHANGES} bids can be set in one call, got {len(changes)}; "
                "send them in several calls"
            )
        wanted = {change.keyword_id: change.bid_fen for change in changes}
        today = self._clock().toordinal()
        with self._lock:
            bids = self._bids_now()
            taken = {
                i: wanted[self._directory.keyword_ids[i]]
                for i in self._known(wanted)
                if bids[i] > 0
                and self._directory.biddable[i]
                and MIN_BID_FEN <= wanted[self._directory.keyword_ids[i]] <= MAX_BID_FEN
            }
            self._log.append([LoggedBid(today, i, fen, "api") for i, fen in taken.items()])
        return {self._directory.keyword_ids[i]: fen for i, fen in taken.items()}

    def economics(self) -> Mapping[str, float]:
        """What the shop's owner knows: adgroup_id -> contribution per yuan of gross revenue."""
        rates = self._market.ground.margin_rate.tolist()
        return dict(zip(self._directory.adgroup_ids, rates, strict=True))

    def organic_rates(self) -> Mapping[str, float]:
        """adgroup_id -> natural contribution that follows a yuan of paid revenue."""
        rates = self._market.ground.organic_rate.tolist()
        return dict(zip(self._directory.adgroup_ids, rates, strict=True))

    def bid_changes(self, first: date, last: date) -> Iterator[tuple[date, str, int, str]]:
        """(date, keyword_id, bid in fen, who) in the order in which they were made."""
        with self._lock:
            self._log.refresh()
            changes = self._log.changes()
        for change in changes:
            day = date.fromordinal(change.day)
            if first <= day <= last:
                word = self._directory.keyword_ids[change.keyword]
                yield day, word, change.bid_fen, change.actor

    def natural_orders(self, first: date, last: date) -> Iterator[NaturalOrdersRow]:
        """Orders by item and day that came without an ad, up to yesterday."""
        begin = max(first.toordinal(), self._log.first_day)
        end = min(last.toordinal(), self._clock().toordinal() - 1)
        reach = ECHO_DAYS + self.attribution_days
        for day in range(begin, end + 1):
            past = range(max(self._log.first_day, day - reach), day)
            earlier = {other: self._day(other) for other in past}
            orders, revenue = natural_orders(self._market, day, earlier)
            for group, adgroup_id in enumerate(self._directory.adgroup_ids):
                yield NaturalOrdersRow(
                    item_id=self._directory.item_ids[group],
                    adgroup_id=adgroup_id,
                    date=date.fromordinal(day),
                    orders=int(orders[group]),
                    revenue_fen=int(revenue[group]),
                )

    def _begin(self, history_days: int) -> tuple[int, Sequence[LoggedBid]]:
        """The past of a shop opened today: its first day and the specialist's changes."""
        first = self._clock().toordinal() - history_days
        history = observed_history(self._market, history_days, first_day=first)
        past: list[LoggedBid] = []
        before = np.zeros(self._market.scenario.keywords, dtype=np.int64)
        bids = [*history.journal.report().bids_fen, history.bids_fen]
        for offset, now in enumerate(bids):
            for i in np.flatnonzero(now != before).tolist():
                past.append(LoggedBid(first + offset, i, int(now[i]), _SPECIALIST))
            before = now
        return first, past

    def _bids_now(self) -> IntArray:
        with self._lock:
            self._log.refresh()
            return self._bids_on(self._clock().toordinal())

    def _bids_on(self, day: int) -> IntArray:
        return self._log.bids_on(day, self._market.scenario.keywords)

    def _day(self, day: int) -> DayResult:
        """The simulated day under the logged bids, remembered while those stay the same."""
        with self._lock:
            self._log.refresh()
            bids = self._bids_on(day)
            found = self._days.get(day)
            if found is None or not np.array_equal(found.bids_fen, bids):
                found = self._market.day(day, bids)
                self._days[day] = found
            self._days.move_to_end(day)
            room = max(2, _REMEMBERED_KEYWORD_DAYS // self._market.scenario.keywords)
            while len(self._days) > room:
                self._days.popitem(last=False)
            return found

    def _rows(self, day: int, today: int) -> list[KeywordDayRow]:
        result = self._day(day)
        counts = result.known(today - day)
        with self._lock:
            set_today = result.bids_fen != self._bids_on(day - 1)
        listed = np.flatnonzero((counts.impressions > 0) | (set_today & (result.bids_fen > 0)))
        return day_rows(self._market.ground, self._directory, result, counts, listed)

    def _known(self, keyword_ids: Sequence[str] | Mapping[str, int]) -> list[int]:
        index = self._directory.index
        return [index[word] for word in keyword_ids if word in index]
