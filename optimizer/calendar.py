"""Days that the owner has named: promotions (大促), on which people search and buy otherwise than usual.

All named days share one lift, a factor on demand and one on each rate. It is learned from those already
lived, has a prior around none, and holds tonight if tonight is named; what sets one named day apart
from another is a day's own matter, as on any day. Named days tell nothing of the usual ones' level.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from optimizer.errors import InputError
from optimizer.outlook import BoolArray, FloatArray

RATE_LIFT_SD = 0.4  # of the log of what a rate has on named days beside others
DEMAND_LIFT_SD = 0.6


@dataclass(frozen=True, slots=True)
class Calendar:
    """``named`` (T,) by age, newest day first; ``tonight``: whether the day to plan is named."""

    named: BoolArray
    tonight: bool

    @classmethod
    def of(
        cls, promotions: Collection[date | str], as_of: date, first_age: int, days: int
    ) -> Calendar:
        """The days from ``first_age`` on; raises InputError for what is no date."""
        try:
            stamps = pd.DatetimeIndex(
                pd.to_datetime([str(day) for day in promotions], format="ISO8601")
            )
        except (ValueError, TypeError) as error:
            raise InputError(f"promotions: a date cannot be read: {error}") from None
        if stamps.hasnans:
            raise InputError("promotions: a date is empty")
        ages = (np.datetime64(as_of, "D") - stamps.to_numpy().astype("datetime64[D]")).astype(int)
        return cls(np.isin(np.arange(first_age, first_age + days), ages), bool((ages == 0).any()))

    def usual(self, days: int) -> BoolArray:
        """(days,) those that tell of the usual level, newest first: not named, or all if all are."""
        named = self.newest(days) > 0
        return ~named if not named.all() else np.ones(days, dtype=bool)

    def newest(self, days: int) -> FloatArray:
        """(days,) 1 for named days, newest first."""
        found = np.zeros(days)
        found[: len(self.named)] = self.named[:days]
        return found


PLAIN = Calendar(np.zeros(0, dtype=bool), tonight=False)
