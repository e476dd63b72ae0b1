"""Report exports as a platform to read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from connectors.platform import KeywordDayRow, Page, Roster
from connectors.reports.files import Found, find
from connectors.reports.load import Imported, load
from connectors.reports.rows import NONE

ROWS_PER_PAGE = 5_000


class ReportsPlatform:
    """The read half of a platform from files that a person downloaded.

    ``path`` is one file or a folder with any mixture of 关键词报表, 关键词出价, 出价记录 and old
    直通车 reports, as CSV, XLSX or zip, overlapping and in any order. The files are read when
    first asked for, and again when one of them has changed. Every reject is told once: those of
    daily figures with the first page of ``keyword_days``, all others with ``roster``.
    """

    def __init__(self, path: Path, attribution_days: int = 15) -> None:
        self._path = path
        self._attribution_days = attribution_days
        self._read: tuple[list[Found], Imported] | None = None

    @property
    def name(self) -> str:
        """Short name of the connector."""
        return "reports"

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final (转化周期)."""
        return self._attribution_days

    @property
    def bids_as_of(self) -> date | None:
        """Day of the newest bid list, None without a dated one. Raises ``SourceError``."""
        return self._imported().bids_as_of

    @property
    def bids_exported_at(self) -> datetime | None:
        """When the bids in force were exported, local; see ``connectors.platform.Exported``.

        Of several lists of one day the oldest counts. Raises ``SourceError``.
        """
        return self._imported().bids_exported_at

    @property
    def newest_day(self) -> date | None:
        """The newest business day that any report tells. Raises ``SourceError``."""
        days = self._imported().days
        return date.fromordinal(int(days["date"].iloc[-1])) if len(days) else None

    def roster(self) -> Roster:
        """Campaigns, adgroups and words with the bids of the newest list.

        Raises ``SourceError`` where the path is missing or holds nothing usable.
        """
        return self._imported().roster

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        """Keyword-days from ``first`` to ``last`` inclusive in order of date, then keyword.

        Days on which a word was bid on and not shown come as zeros where the 出价记录 tells them.
        Raises ``SourceError`` where the path is missing or holds nothing usable.
        """
        return _pages(self._imported(), first, last)

    def _imported(self) -> Imported:
        found = find(self._path)
        if self._read is None or self._read[0] != found:
            self._read = (found, load(self._path, found, self._attribution_days))
        return self._read[1]


def _pages(imported: Imported, first: date, last: date) -> Iterator[Page]:
    dates = imported.days["date"].to_numpy()
    start = int(np.searchsorted(dates, first.toordinal(), side="left"))
    stop = int(np.searchsorted(dates, last.toordinal(), side="right"))
    rejects = imported.day_rejects
    for begin in range(start, max(start, stop), ROWS_PER_PAGE):
        piece = imported.days.iloc[begin : min(begin + ROWS_PER_PAGE, stop)]
        yield Page(rows=_rows(piece, imported.texts), rejects=rejects)
        rejects = ()
    if rejects:
        yield Page(rows=(), rejects=rejects)


_COLUMNS = (
    "word_id",
    "adgroup_id",
    "campaign_id",
    "date",
    "impressions",
    "clicks",
    "spend",
    "orders",
    "revenue",
    "bid",
    "carts",
    "favourites",
    "avg_rank",
)


def _rows(piece: pd.DataFrame, texts: Sequence[str]) -> tuple[KeywordDayRow, ...]:
    columns = [piece[name].tolist() for name in _COLUMNS]
    return tuple(
        KeywordDayRow(
            keyword_id=texts[word],
            adgroup_id=texts[adgroup],
            campaign_id=texts[campaign],
            date=date.fromordinal(day),
            impressions=impressions,
            clicks=clicks,
            spend_fen=spend,
            orders=orders,
            revenue_fen=revenue,
            bid_fen=None if bid == NONE else bid,
            carts=None if carts == NONE else carts,
            favourites=None if favourites == NONE else favourites,
            avg_rank=None if rank != rank else rank,  # noqa: PLR0124 - NaN is unlike itself
        )
        for (
            word,
            adgroup,
            campaign,
            day,
            impressions,
            clicks,
            spend,
            orders,
            revenue,
            bid,
            carts,
            favourites,
            rank,
        ) in zip(*columns, strict=True)
    )
