"""Days on which a word was bid on and not shown: the reports leave them out, the 出价记录 tells.

A missing keyword-day is a day of zero impressions, and the bid that brought nothing is worth
knowing. It is told only where a report covers the word's campaign on that day; elsewhere the day
is not zero but unknown.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.reports.bids import DailyBids
from connectors.reports.merge import packed
from connectors.reports.roster import Newest
from connectors.reports.rows import MEASURES, NONE
from connectors.reports.scan import IntArray

_DAY = (1 << 32) - 1


def covered_days(frame: pd.DataFrame) -> IntArray:
    """Campaigns and days, packed, inside the period of an export that names the campaign."""
    keys = []
    for _, rows in frame.groupby("file"):
        days = np.arange(rows["date"].min(), rows["date"].max() + 1, dtype=np.int64)
        campaigns = np.unique(rows["campaign_id"].to_numpy(dtype=np.int64))
        keys.append(packed(np.repeat(campaigns, len(days)), np.tile(days, len(campaigns))))
    return np.unique(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.int64)


def unshown_days(
    days: pd.DataFrame,
    covered: IntArray,
    bids: DailyBids,
    placements: tuple[Newest, Newest],
    texts: int,
) -> pd.DataFrame:
    """Rows of zeros, shaped like ``days``; ``texts`` is the number of texts, that is of places."""
    adgroup_of, campaign_of = (_lookup(newest, texts) for newest in placements)
    shown = packed(days["word_id"].to_numpy(), days["date"].to_numpy())
    silent = bids.keys[~np.isin(bids.keys, shown)]
    words, dates = silent >> 32, silent & _DAY
    adgroups = adgroup_of[words]
    campaigns = campaign_of[adgroups]
    told = np.isin(packed(campaigns, dates), covered) & (adgroups > 0)
    zeros = {name: np.zeros(int(told.sum()), dtype=np.int64) for name in MEASURES}
    zeros |= {name: np.full(int(told.sum()), NONE) for name in ("carts", "favourites")}
    return pd.DataFrame(
        {
            "word_id": words[told],
            "date": dates[told],
            "adgroup_id": adgroups[told],
            "campaign_id": campaigns[told],
            **zeros,
            "avg_rank": np.nan,
        }
    )


def _lookup(newest: Newest, texts: int) -> npt.NDArray[np.int64]:
    table = np.zeros(texts, dtype=np.int64)
    table[list(newest)] = list(newest.values())
    return table
