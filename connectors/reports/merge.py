"""Many tables to one row per keyword and day, the same whatever the order of the files.

Of rows with the same key (date, scene, campaign, adgroup, item, word) the newest export wins. The
moment of an export is the timestamp in the file's name, else the latest date inside. Among equally
new rows that differ the larger figures win, compared as (impressions, clicks, spend, orders,
revenue, …), since restated figures grow; the loser is noted and names both places.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.reports.cells import told
from connectors.reports.rejects import SHOWN_PER_CAUSE, RejectBook
from connectors.reports.rows import IDS, MEASURES, NAMES, NONE, Table
from connectors.reports.scan import IntArray

KEY = ["date", *IDS]
DAY = ["word_id", "date"]
TEXTS = (*IDS, *NAMES)

_MEASURED = [*MEASURES, "avg_rank"]
_COLUMNS = {
    "impressions": "展现量",
    "clicks": "点击量",
    "spend": "花费",
    "orders": "总成交笔数",
    "revenue": "总成交金额",
    "carts": "总购物车数",
    "favourites": "总收藏数",
    "avg_rank": "平均展现排名",
}


def age_of(table: Table) -> int:
    """Seconds since the year 1 of the export's moment; 0 where nothing tells it."""
    moment = table.moment
    if moment is None and table.layout.has("date"):
        moment = datetime.fromordinal(int(table.frame["date"].max()))
    return 0 if moment is None else (moment - datetime.min) // timedelta(seconds=1)


def stacked(tables: Sequence[Table], places: npt.NDArray[np.int32]) -> pd.DataFrame:
    """The rows of all tables, with ``file`` (position in ``tables``) and ``age``.

    Codes become places in the sorted texts, which no longer depend on the order of reading.
    """
    parts = []
    for position, table in enumerate(tables):
        frame = table.frame.copy()
        frame["file"] = np.int32(position)
        frame["age"] = age_of(table)
        frame["shape"] = _shape(table)
        parts.append(frame)
    return placed(pd.concat(parts, ignore_index=True), places)


def placed(frame: pd.DataFrame, places: npt.NDArray[np.int32]) -> pd.DataFrame:
    """The frame with its codes of texts replaced by their places."""
    for column in frame.columns.intersection(list(TEXTS)):
        frame[column] = places[frame[column].to_numpy()]
    return frame


def _shape(table: Table) -> int:
    """Which optional parts of the key the template has: rows of unlike shape cannot be added."""
    return sum(2**bit for bit, name in enumerate(IDS) if table.layout.has(name))


def keyword_days(tables: Sequence[Table], frame: pd.DataFrame, book: RejectBook) -> pd.DataFrame:
    """One row per keyword and day in order of (date, word), from the rows of report tables."""
    newest = _newest_per_key(tables, frame, book)
    summed = _summed(_one_shape_a_day(newest))
    return summed.sort_values(["date", "word_id"], ignore_index=True)


def _newest_per_key(tables: Sequence[Table], frame: pd.DataFrame, book: RejectBook) -> pd.DataFrame:
    shared = frame.duplicated(KEY, keep=False).to_numpy()
    if not shared.any():
        return frame
    several = frame.loc[shared]
    newest = several.groupby(KEY)["age"].transform("max")
    several = several.loc[several["age"] == newest].drop_duplicates([*KEY, *_MEASURED])
    unequal = several.duplicated(KEY, keep=False)
    ranked = several.loc[unequal].sort_values([*KEY, *_MEASURED])
    winners = ranked.drop_duplicates(KEY, keep="last")
    _note_conflicts(tables, ranked, winners, book)
    return pd.concat([frame.loc[~shared], several.loc[~unequal], winners], ignore_index=True)


def _note_conflicts(
    tables: Sequence[Table], ranked: pd.DataFrame, winners: pd.DataFrame, book: RejectBook
) -> None:
    losers = ranked.drop(winners.index)
    pairs = losers.merge(winners, on=KEY, suffixes=("", "_kept"))
    groups = pairs["file"].to_numpy() * len(_MEASURED) + _first_difference(pairs)
    for code in np.unique(groups).tolist():
        group = pairs.loc[groups == code]
        table, name = tables[code // len(_MEASURED)], _MEASURED[code % len(_MEASURED)]
        spelling = table.layout.spelling(name) if table.layout.has(name) else _COLUMNS[name]
        for pair in group.head(SHOWN_PER_CAUSE).to_dict("records"):
            lost, kept = (_shown(name, pair[end]) for end in (name, f"{name}_kept"))
            other = tables[pair["file_kept"]].source
            reason = told(
                f"同一天同一词的数字不同：此处 {lost}，{other} 第 {pair['row_kept']} 行 {kept}，"
                "两处一样新，已采用较大的；请重新下载这一天",
                f"conflicts with {other} row {pair['row_kept']}, equally new; the larger was kept; "
                "download that day again",
            )
            book.add(
                table.source,
                reason,
                row=int(pair["row"]),
                column=spelling,
                value=lost,
                cause=_CONFLICT,
            )
        if len(group) > SHOWN_PER_CAUSE:
            book.add_more(table.source, spelling, _CONFLICT, len(group) - SHOWN_PER_CAUSE)


_CONFLICT = told("同一天同一词有两种数字", "two figures for the same word and day")


def _first_difference(pairs: pd.DataFrame) -> IntArray:
    """(n,) position in ``_MEASURED`` of the first figure in which a row and the kept one differ."""
    first = np.zeros(len(pairs), dtype=np.int64)
    for position, name in reversed(list(enumerate(_MEASURED))):
        lost, kept = pairs[name], pairs[f"{name}_kept"]
        unequal = ~((lost == kept) | (lost.isna() & kept.isna()))
        first[unequal.to_numpy()] = position
    return first


def _shown(name: str, value: float) -> str:
    if name in ("spend", "revenue"):
        return f"{int(value) // 100}.{int(value) % 100:02d}"
    return f"{value:g}" if name == "avg_rank" else str(int(value))


def _one_shape_a_day(frame: pd.DataFrame) -> pd.DataFrame:
    """Where templates differ in their key columns, a keyword's day comes from the newest alone."""
    if frame["shape"].nunique() == 1:
        return frame
    rank = frame["age"] * (1 << len(IDS)) + frame["shape"]
    best = rank.groupby([frame[name] for name in DAY]).transform("max")
    return frame.loc[frame["shape"] == best % (1 << len(IDS))]


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    """A keyword seen under several items or scenes on a day: added up, placed where it shows most."""
    shared = frame.duplicated(DAY, keep=False).to_numpy()
    if not shared.any():
        return frame
    several = frame.loc[shared].sort_values([*KEY, *_MEASURED])
    groups = several.groupby(DAY, sort=True)
    main = (
        several.sort_values(
            [*DAY, "impressions", "adgroup_id"], ascending=[True, True, False, True]
        )
        .drop_duplicates(DAY)
        .sort_values(DAY)
        .reset_index(drop=True)
    )
    for name in MEASURES:
        known = several[name].where(several[name] != NONE, 0)
        total = known.groupby([several[key] for key in DAY], sort=True).sum().to_numpy()
        main[name] = np.where(groups[name].max().to_numpy() == NONE, NONE, total)
    main["avg_rank"] = _weighted_rank(several)
    return pd.concat([frame.loc[~shared], main], ignore_index=True)


def _weighted_rank(several: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Mean rank by impressions over the rows that tell one."""
    weight = several["impressions"].where(several["avg_rank"].notna(), 0).astype(np.float64)
    keys = [several[name] for name in DAY]
    weighted = (weight * several["avg_rank"].fillna(0.0)).groupby(keys, sort=True).sum()
    total = weight.groupby(keys, sort=True).sum()
    return (weighted / total.where(total > 0)).to_numpy(dtype=np.float64)


def packed(words: npt.NDArray[Any], days: npt.NDArray[Any]) -> IntArray:
    """Word and day as one sortable number."""
    return (words.astype(np.int64) << 32) + days.astype(np.int64)
