"""A simulated specialist, so that the bids of a history were not set at random.

People raise the word nobody sees, cut the word that had an expensive day, and push the word that
just sold. Their bids therefore follow the figures as much as the figures follow the bids, which is
what makes real histories hard to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.sandbox.auction import BoolArray, FloatArray, IntArray
from connectors.sandbox.journal import Report
from connectors.sandbox.market import MAX_BID_FEN, MIN_BID_FEN, Market

_LOOK_BACK: Final = 7
_HABIT_CAP: Final = 2.5  # never beyond this multiple of the first bid


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a specialist works; chances are per word and day."""

    start_log_sd: float = 0.32
    adgroup_log_sd: float = 0.20
    raise_starved: float = 0.15
    cut_spike: float = 0.40
    cut_barren: float = 0.08
    raise_seller: float = 0.06
    fiddle: float = 0.004


class Specialist:
    """Sets the bids of a market's history, reproducibly from the market's seed."""

    def __init__(self, market: Market, habits: Habits | None = None) -> None:
        self._market = market
        self._habits = habits or Habits()
        self.start_bids_fen: IntArray = self._start()

    def next_bids(self, day: int, bids_fen: IntArray, report: Report) -> IntArray:
        """Bids (n,) for ``day`` from yesterday's bids and the report of that morning."""
        n = len(bids_fen)
        rng = np.random.default_rng(np.random.SeedSequence([self._market.seed, 0xCA4, day]))
        mood, size, luck = rng.random(n), rng.random(n), rng.random(n)
        step = np.zeros(n)
        for chosen, change in self._wishes(report, mood, size):
            step = np.where((step == 0) & chosen, change, step)
        fiddle = np.where(luck < self._habits.fiddle, 0.3 * (size - 0.5), 0.0)
        wanted = np.round(bids_fen * (1.0 + np.where(step == 0, fiddle, step)))
        top = np.minimum(np.round(self.start_bids_fen * _HABIT_CAP), MAX_BID_FEN)
        kept = np.where((step > 0) & (wanted > top), bids_fen, wanted)
        return np.clip(kept, MIN_BID_FEN, MAX_BID_FEN).astype(np.int64)

    def _wishes(
        self, report: Report, mood: FloatArray, size: FloatArray
    ) -> list[tuple[BoolArray, FloatArray]]:
        """(which words, relative change) of each habit, the first that applies wins."""
        habits = self._habits
        recent = report.last(_LOOK_BACK)
        spend, clicks = recent.spend_fen, recent.clicks
        settled = len(spend) > 3  # nobody knows what is usual before
        spike = (
            settled
            & (spend[-1] > 1.7 * spend[-_LOOK_BACK:-1].sum(axis=0) / max(len(spend) - 1, 1) + 50)
            & (clicks[-1] >= 3)
        )
        barren = (clicks.sum(axis=0) >= 25) & (recent.orders.sum(axis=0) == 0)
        seller = recent.orders[-1] >= 1
        lately = recent.impressions[-2:].mean(axis=0)
        starved = settled & (lately < np.maximum(2.0, 0.55 * recent.impressions.mean(axis=0)))
        return [
            (spike & (mood < habits.cut_spike), -0.08 - 0.17 * size),
            (barren & (mood < habits.cut_barren), -0.05 - 0.15 * size),
            (seller & (mood < habits.raise_seller), 0.03 + 0.10 * size),
            (starved & (mood < habits.raise_starved), 0.05 + 0.20 * size),
        ]

    def _start(self) -> IntArray:
        market, habits = self._market, self._habits
        rng = np.random.default_rng(np.random.SeedSequence([market.seed, 0x57A27]))
        of_group = habits.adgroup_log_sd * rng.standard_normal(market.scenario.adgroups)
        spread = of_group[market.ground.adgroup] + habits.start_log_sd * rng.standard_normal(
            market.scenario.keywords
        )
        fen = market.typical_bids() * np.exp(spread)
        habit = np.where(rng.random(len(fen)) < 0.5, 5.0, 1.0)  # half the bids end in 0 or 5
        return np.clip(np.round(fen / habit) * habit, MIN_BID_FEN, MAX_BID_FEN).astype(np.int64)
