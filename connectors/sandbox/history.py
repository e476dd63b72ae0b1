"""A shop's past: a simulated specialist's bids and what they brought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.sandbox.auction import IntArray
from connectors.sandbox.human import Habits, Specialist
from connectors.sandbox.journal import Journal
from connectors.sandbox.market import Market

_NEW_WORD_DAYS = 3


@dataclass(frozen=True, slots=True)
class History:
    """The days run so far and the bids (n,) in force on the next morning, new words included."""

    journal: Journal
    bids_fen: IntArray


def observed_history(
    market: Market, days: int, *, first_day: int = 0, habits: Habits | None = None
) -> History:
    """``days`` of a simulated specialist's work, from ``first_day`` on.

    Words that are new in the scenario appear during the last days or only on the next morning, so
    that next to nothing is known of them. Campaigns the platform bids for keep their bids.
    """
    specialist = Specialist(market, habits)
    journal = Journal(market, first_day)
    opened = opening_days(market, first_day, days)
    by_hand = ~market.ground.auto_campaign[market.ground.campaign]
    bids = specialist.start_bids_fen
    for day in range(first_day, first_day + days):
        if day > first_day:
            moved = specialist.next_bids(day, bids, journal.report(days=7))
            bids = np.where((opened < day) & by_hand, moved, bids)
        journal.run(np.where(opened <= day, bids, 0))
    return History(journal, bids)


def opening_days(market: Market, first_day: int, days: int) -> IntArray:
    """(n,) the first day of every word; new words open within the last days or the next morning."""
    rng = np.random.default_rng(np.random.SeedSequence([market.seed, 0xB027]))
    late = first_day + days - rng.integers(0, _NEW_WORD_DAYS, market.scenario.keywords)
    return np.where(market.ground.is_new, np.maximum(late, first_day), first_day)
