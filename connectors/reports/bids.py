"""Bids in force from the newest 关键词出价 list, and bids by day from the 出价记录.

The lists exported on the newest day form the bids in force together (an agency may export one per
campaign). For a word that several of them name, the newest export wins; among equally new ones
that differ the lower bid wins, so that a mistake spends less, and the other is noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
import pandas as pd

from connectors.reports.cells import told
from connectors.reports.merge import packed, stacked
from connectors.reports.rejects import RejectBook
from connectors.reports.rows import NONE, Table
from connectors.reports.scan import IntArray
from connectors.reports.strings import CodeArray


@dataclass(frozen=True, slots=True)
class BidsInForce:
    """The bid list as of a day: places of words with their bid (fen, NONE where blank) and match."""

    as_of: date | None
    exported_at: datetime | None  # the oldest of these exports, local
    listed: bool  # whether there is any list at all
    words: IntArray  # ascending
    bids: IntArray
    matches: IntArray


@dataclass(frozen=True, slots=True)
class DailyBids:
    """Bids by word and day: ``keys`` ascending as ``merge.packed``, ``bids`` in fen."""

    keys: IntArray
    bids: IntArray

    def at(self, keys: IntArray) -> IntArray:
        """Bids of the given keys, NONE where not known."""
        if not len(self.keys):
            return np.full(len(keys), NONE, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[found] == keys, self.bids[found], NONE)


_EMPTY = np.zeros(0, dtype=np.int64)


def bids_in_force(lists: Sequence[Table], places: CodeArray, book: RejectBook) -> BidsInForce:
    """The bids of the newest day's lists."""
    dated = [table.moment.date() for table in lists if table.moment is not None]
    as_of = max(dated, default=None)
    current = [table for table in lists if (table.moment and table.moment.date()) == as_of]
    exported_at = min(
        (_at_the_latest(table.moment) for table in current if table.moment), default=None
    )
    for table in lists:
        if table.moment is None:
            book.add(table.source, _UNDATED_UNUSED if as_of else _UNDATED)
    if not current:
        return BidsInForce(None, None, False, _EMPTY, _EMPTY, _EMPTY)
    frame = _newest(current, stacked(current, places), ["word_id"], book)
    words, bids, matches = (
        frame[name].to_numpy(dtype=np.int64) for name in ("word_id", "bid", "match")
    )
    return BidsInForce(as_of, exported_at, True, words, bids, matches)


def _at_the_latest(moment: datetime) -> datetime:
    """The moment itself, or the end of its day where the name tells the day alone."""
    return moment if moment.time() != time.min else datetime.combine(moment, time.max)


def daily_bids(
    records: Sequence[Table], lists: Sequence[Table], places: CodeArray, book: RejectBook
) -> DailyBids:
    """Bids by day from the records; a dated list tells its own day where no record does."""
    parts = []
    if records:
        parts.append(_newest(records, stacked(records, places), ["word_id", "date"], book))
    if dated := [table for table in lists if table.moment is not None]:
        frame = stacked(dated, places)
        parts.append(frame.sort_values(["age", "bid"], ascending=[False, True]))
    if not parts:
        return DailyBids(_EMPTY, _EMPTY)
    known = pd.concat([part[["word_id", "date", "bid"]] for part in parts], ignore_index=True)
    known = known.loc[known["bid"] != NONE].drop_duplicates(["word_id", "date"])
    keys = packed(known["word_id"].to_numpy(), known["date"].to_numpy())
    order = np.argsort(keys)
    return DailyBids(keys[order], known["bid"].to_numpy(dtype=np.int64)[order])


def _newest(
    tables: Sequence[Table], frame: pd.DataFrame, key: list[str], book: RejectBook
) -> pd.DataFrame:
    """One row per key in order of the key: the newest, among those the lowest bid."""
    newest = frame.groupby(key)["age"].transform("max")
    told_bids = frame.loc[frame["age"] == newest].drop_duplicates([*key, "bid"])
    ranked = told_bids.sort_values([*key, "bid"])
    kept = ranked.drop_duplicates(key)
    losers = ranked.drop(kept.index).merge(kept, on=key, suffixes=("", "_kept"))
    cause = told("同一词有两个出价", "two bids for the same word")
    for pair in losers.to_dict("records"):
        here, there = tables[pair["file"]], tables[pair["file_kept"]]
        place = f"{there.source} 第 {pair['row_kept']} 行"
        book.add(
            here.source,
            told(
                f"同一词有两个出价：此处 {_yuan(pair['bid'])}，{place} {_yuan(pair['bid_kept'])}，"
                "两处一样新，已采用较低的；请重新下载",
                f"two bids for the same word, see {there.source} row {pair['row_kept']}; "
                "the lower was kept; download again",
            ),
            row=int(pair["row"]),
            column=here.layout.spelling("bid"),
            value=_yuan(pair["bid"]),
            cause=cause,
        )
    return kept


def _yuan(fen: int) -> str:
    return "-" if fen == NONE else f"{fen // 100}.{fen % 100:02d}"


_UNDATED = told(
    "出价表的文件名没有日期，无法知道是哪一天的出价，也无法用来确认调价；"
    "请保留下载时的文件名，如 关键词出价_20260515.csv",
    "no date in the bid list's name: it cannot confirm changes; keep the name as downloaded",
)
_UNDATED_UNUSED = told(
    "出价表的文件名没有日期，已采用有日期的出价表；请保留下载时的文件名",
    "no date in the bid list's name; the dated lists were used instead",
)
