"""The sandbox shop as an advertising platform: the market behind the same door as the real one.

Days run from the shop's first day to yesterday of the given clock. Figures are those known today:
late orders only as far as they have arrived, yesterday's traffic not fully counted. Bids set today
are in force from today on. The only state is the log of bids; days are simulated again from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from connectors.errors import PermanentError
from connectors.platform import BidChange, KeywordDayRow, Page, Roster
from connectors.sandbox.organic import ECHO_DAYS, natural_orders
from connectors.sandbox.roster import day_rows
from connectors.sandbox.scenario import DEMO, Scenario
from connectors.sandbox.shop import Shop

MAX_CHANGES: Final = 200
PAGE_ROWS: Final = 2_000


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
        self._shop = Shop(
            clock=clock, seed=seed, scenario=sized, history_days=history_days, state=state
        )
        self._directory = self._shop.directory

    @property
    def name(self) -> str:
        """``sandbox``."""
        return "sandbox"

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final."""
        return self._shop.market.scenario.attribution_days

    @property
    def first_day(self) -> date:
        """The first business day of the shop."""
        return date.fromordinal(self._shop.first_day)

    def roster(self) -> Roster:
        """Campaigns, adgroups and keywords with the bids in force now, ids ascending."""
        return self._directory.roster(self._shop.bids_now(), self._shop.budgets_now())

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        """Keyword-days from ``first`` to ``last`` as known today, pages of at most 2,000 rows.

        A keyword-day without impressions is present only when the bid was set that day.
        """
        begin = max(first.toordinal(), self._shop.first_day)
        end = min(last.toordinal(), self._shop.today - 1)
        for day in range(begin, end + 1):
            rows = self._rows(day)
            for start in range(0, len(rows), PAGE_ROWS):
                yield Page(rows=tuple(rows[start : start + PAGE_ROWS]))

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        """Bids in force right now; unknown words, and words that take no bid, are absent."""
        bids = self._shop.bids_now()
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
        by_index = {i: wanted[self._directory.keyword_ids[i]] for i in self._known(wanted)}
        taken = self._shop.set_bids(by_index, "api")
        return {self._directory.keyword_ids[i]: fen for i, fen in taken.items()}

    def economics(self) -> Mapping[str, float]:
        """What the shop's owner knows: adgroup_id -> contribution per yuan of gross revenue."""
        rates = self._shop.market.ground.margin_rate.tolist()
        return dict(zip(self._directory.adgroup_ids, rates, strict=True))

    def organic_rates(self) -> Mapping[str, float]:
        """adgroup_id -> natural contribution that follows a yuan of paid revenue."""
        rates = self._shop.market.ground.organic_rate.tolist()
        return dict(zip(self._directory.adgroup_ids, rates, strict=True))

    def bid_changes(self, first: date, last: date) -> Iterator[tuple[date, str, int, str]]:
        """(date, keyword_id, bid in fen, who) in the order in which they were made."""
        for change in self._shop.changes():
            day = date.fromordinal(change.day)
            if first <= day <= last:
                word = self._directory.keyword_ids[change.keyword]
                yield day, word, change.bid_fen, change.actor

    def natural_orders(self, first: date, last: date) -> Iterator[NaturalOrdersRow]:
        """Orders by item and day that came without an ad, up to yesterday."""
        begin = max(first.toordinal(), self._shop.first_day)
        end = min(last.toordinal(), self._clock().toordinal() - 1)
        reach = ECHO_DAYS + self.attribution_days
        self._shop.refresh()
        for day in range(begin, end + 1):
            past = range(max(self._shop.first_day, day - reach), day)
            earlier = {other: self._shop.day(other) for other in past}
            orders, revenue = natural_orders(self._shop.market, day, earlier)
            for group, adgroup_id in enumerate(self._directory.adgroup_ids):
                yield NaturalOrdersRow(
                    item_id=self._directory.item_ids[group],
                    adgroup_id=adgroup_id,
                    date=date.fromordinal(day),
                    orders=int(orders[group]),
                    revenue_fen=int(revenue[group]),
                )

    def _rows(self, day: int) -> list[KeywordDayRow]:
        with self._shop.lock:
            self._shop.refresh()
            result, counts = self._shop.day(day), self._shop.counts(day)
            set_today = result.bids_fen != self._shop.bids_on(day - 1)
        listed = np.flatnonzero((counts.impressions > 0) | (set_today & (result.bids_fen > 0)))
        return day_rows(self._shop.market.ground, self._directory, result, counts, listed)

    def _known(self, keyword_ids: Sequence[str] | Mapping[str, int]) -> list[int]:
        index = self._directory.index
        return [index[word] for word in keyword_ids if word in index]
