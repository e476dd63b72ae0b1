"""A recognised table to columns of exact numbers, and the rejects on the way.

Frames hold codes of ``Strings`` for ids and texts, proleptic ordinals for dates, fen for money,
and the spreadsheet row. A table that cannot be taken as a whole raises ``TableError``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.platform import Match
from connectors.reports.cells import (
    EXACT_DIGITS,
    CellError,
    is_blank,
    parse_bid,
    parse_count,
    parse_date,
    parse_id,
    parse_money,
    parse_optional_id,
    parse_rate,
    parse_score,
    told,
)
from connectors.reports.columns import PARTS, Layout
from connectors.reports.rejects import RejectBook
from connectors.reports.scan import BlockScan, IntArray
from connectors.reports.sheets import Sheet
from connectors.reports.strings import Strings
from connectors.reports.vocabulary import parse_match

NONE = -1  # in a column of whole numbers: the platform does not tell
LONGEST_PERIOD_DAYS = 90
MATCHES: tuple[Match, ...] = get_args(Match)

IDS = ("scene_id", "campaign_id", "adgroup_id", "item_id", "word_id")
NAMES = ("word", "kind", "campaign_name", "adgroup_name", "item_name", "bid_type", "daily_budget")
MEASURES = ("impressions", "clicks", "spend", "orders", "revenue", "carts", "favourites")

_SUSPICIOUS_ZEROS = 6  # by chance once in a million files
_REQUIRED_IDS = ("campaign_id", "adgroup_id", "word_id")

Columns = dict[str, npt.NDArray[Any]]


class TableError(ValueError):
    """A whole table that cannot be taken; ``str()`` is the reason."""

    def __init__(self, reason: str, *, column: str | None = None, value: str | None = None) -> None:
        super().__init__(reason)
        self.column, self.value = column, value


@dataclass(frozen=True, slots=True)
class Table:
    """What one sheet holds: ``frame`` a row per line, ``sightings`` the distinct names it tells."""

    source: str
    layout: Layout
    moment: datetime | None  # of the export, from the file's name
    frame: pd.DataFrame
    sightings: pd.DataFrame


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads one sheet whose layout is known; refused rows go to ``book``."""

    sheet: Sheet
    layout: Layout
    moment: datetime | None
    strings: Strings
    book: RejectBook
    attribution_days: int

    def read(self) -> Table:
        """Every row that stands. Raises ``TableError``, and ``SheetError`` where cells end."""
        columns = self._columns[self.layout.kind]
        named = self.layout.kind == "named_report"  # names are all that tells its words apart
        frames, sightings = [], []
        for scan in self._scans():
            frame = pd.DataFrame(columns(scan)).loc[scan.alive]
            if not frame.empty:
                sightings.append(distinct_names(frame))
                frames.append(frame if named else frame.drop(columns=list(NAMES)))
        if not frames:
            raise TableError(told("没有可用的数据行，请核对下载的内容", "no usable rows"))
        whole = pd.concat(frames, ignore_index=True)
        seen = distinct_names(pd.concat(sightings, ignore_index=True))
        _check_rounded_ids(whole, self.strings, self.layout)
        if self.layout.kind in ("report", "named_report"):
            _check_period(whole["date"].to_numpy(), self.layout)
        return Table(self.sheet.source, self.layout, self.moment, whole, seen)

    @property
    def _columns(self) -> Mapping[str, Callable[[BlockScan], Columns]]:
        return {
            "report": self._report,
            "named_report": self._report,
            "bids": self._bids,
            "record": self._record,
        }

    def _scans(self) -> Iterator[BlockScan]:
        layout = self.layout
        identity = "word_id" if layout.has("word_id") else "word"
        positions = sorted({0, *layout.positions.values()})
        for block in self.sheet.blocks(layout.header_index, layout.width, positions):
            scan = BlockScan(block, layout, self.sheet.source, self.book)
            another_table_begins = scan.pass_over_frame(identity)
            yield scan
            if another_table_begins:
                return

    def _report(self, scan: BlockScan) -> Columns:
        self._check_window(scan)
        columns: Columns = {"row": scan.rows, "date": self._dates(scan)}
        columns |= self._texts(scan)
        for name in ("impressions", "clicks"):
            columns[name] = scan.values(name, parse_count, dtype=np.int64)
        columns["spend"] = scan.values("spend", parse_money, dtype=np.int64)
        columns["orders"] = _total(scan, "orders", parse_count)
        columns["revenue"] = _total(scan, "revenue", parse_money)
        columns["carts"] = _total(scan, "carts", parse_count)
        columns["favourites"] = _favourites(scan)
        columns["avg_rank"] = _scores(scan, "avg_rank")
        columns["quality"] = _scores(scan, "quality")
        _check_possible(scan, columns)
        return columns

    def _bids(self, scan: BlockScan) -> Columns:
        sighted = self.moment.toordinal() if self.moment else 0
        columns: Columns = {
            "row": scan.rows,
            "date": np.full(len(scan.alive), sighted, dtype=np.int64),
        }
        columns |= self._texts(scan)
        columns["bid"] = scan.values("bid", _bid_or_none, dtype=np.int64)
        columns["match"] = (
            scan.values("match", _match_code, dtype=np.int64)
            if scan.has("match")
            else np.full(len(scan.alive), NONE, dtype=np.int64)
        )
        columns["quality"] = _scores(scan, "quality")
        return columns

    def _record(self, scan: BlockScan) -> Columns:
        columns: Columns = {"row": scan.rows, "date": self._dates(scan)}
        columns |= self._texts(scan)
        columns["bid"] = scan.values("bid", _bid_or_none, dtype=np.int64)
        columns["quality"] = _scores(scan, "quality")
        return columns

    def _dates(self, scan: BlockScan) -> IntArray:
        days: IntArray = scan.values("date", _ordinal, dtype=np.int64)
        if self.moment is not None:
            exported = self.moment.date()
            reason = told(
                f"日期晚于导出日期 {exported}，请核对文件名或重新下载",
                f"later than the export on {exported}; check the file's name or download again",
            )
            scan.refuse(days > exported.toordinal(), "date", lambda _: reason, reason)
        return days

    def _texts(self, scan: BlockScan) -> Columns:
        columns: Columns = {}
        for name in IDS:
            needed = name in _REQUIRED_IDS and self.layout.kind in ("report", "bids")
            parser = parse_id if needed or name == "word_id" else parse_optional_id
            columns[name] = self._codes(scan, name, parser)
        for name in NAMES:
            columns[name] = self._codes(scan, name, _name)
        return columns

    def _codes(self, scan: BlockScan, name: str, parser: Callable[[str], str]) -> npt.NDArray[Any]:
        if not scan.has(name):
            return np.zeros(len(scan.alive), dtype=np.int32)
        return scan.values(name, lambda text: self.strings.code(parser(text)), dtype=np.int32)

    def _check_window(self, scan: BlockScan) -> None:
        if self.attribution_days == 0 or not scan.has("window"):
            return
        for text in scan.distinct("window")[1]:
            days = re.search(r"\d+", text)
            if days and int(days[0]) != self.attribution_days:
                raise TableError(
                    told(
                        f"转化周期是 {days[0]} 天，而配置为 {self.attribution_days} 天；"
                        "请按配置的周期重新下载，或改配置 attribution_days",
                        f"window of {days[0]} days, configured are {self.attribution_days}; "
                        "download with that window or change attribution_days",
                    ),
                    column=self.layout.spelling("window"),
                    value=text,
                )


def _ordinal(text: str) -> int:
    return parse_date(text).toordinal()


def _name(text: str) -> str:
    return "" if is_blank(text) else text.strip()


def _bid_or_none(text: str) -> int:
    bid = parse_bid(text)
    return NONE if bid is None else bid


def _match_code(text: str) -> int:
    return NONE if is_blank(text) else MATCHES.index(parse_match(text))


def _score_or_nan(text: str) -> float:
    score = parse_score(text)
    return np.nan if score is None else score


def _scores(scan: BlockScan, name: str) -> npt.NDArray[Any]:
    if not scan.has(name):
        return np.full(len(scan.alive), np.nan)
    return scan.values(name, _score_or_nan, dtype=np.float64)


def _total(scan: BlockScan, name: str, parser: Callable[[str], int]) -> IntArray:
    """The total column; where it is absent or blank, direct + indirect; NONE without either."""
    parts = [part for part in PARTS[name] if scan.has(part)]
    if len(parts) < 2:
        if scan.has(name):
            return scan.values(name, parser, dtype=np.int64)
        return np.full(len(scan.alive), NONE, dtype=np.int64)
    direct, indirect = (scan.values(part, parser, dtype=np.int64) for part in parts)
    both: IntArray = direct + indirect
    if not scan.has(name):
        return both
    total = scan.values(name, parser, dtype=np.int64)
    return np.where(scan.where(name, is_blank), both, total)


def _favourites(scan: BlockScan) -> IntArray:
    if scan.has("favourites"):
        return scan.values("favourites", parse_count, dtype=np.int64)
    parts = [part for part in ("item_favourites", "shop_favourites") if scan.has(part)]
    if not parts:
        return np.full(len(scan.alive), NONE, dtype=np.int64)
    total: IntArray = np.sum([scan.values(part, parse_count, dtype=np.int64) for part in parts], 0)
    return total


def _check_possible(scan: BlockScan, columns: Columns) -> None:
    impressions, clicks = columns["impressions"], columns["clicks"]
    scan.refuse(
        clicks > impressions,
        "clicks",
        lambda i: told(
            f"点击量 {clicks[i]} 大于展现量 {impressions[i]}，不可能；请重新下载该报表",
            "more clicks than impressions; download the report again",
        ),
        told("点击量大于展现量", "more clicks than impressions"),
    )
    if scan.has("ctr"):
        _check_rate(scan, impressions, clicks)


def _check_rate(scan: BlockScan, impressions: IntArray, clicks: IntArray) -> None:
    """The rate shown must be clicks ÷ impressions to its last digit, or the columns are shifted."""
    shown = scan.values("ctr", lambda text: _rate(text)[0], dtype=np.float64)
    digit = scan.values("ctr", lambda text: _rate(text)[1], dtype=np.float64)
    rate = clicks / np.maximum(impressions, 1)
    as_fraction = abs(shown - rate) <= digit
    as_percent = abs(shown - rate * 100) <= digit
    scan.refuse(
        ~(as_fraction | as_percent | np.isnan(shown)),
        "ctr",
        lambda i: told(
            f"点击率与 点击量 {clicks[i]} ÷ 展现量 {impressions[i]} 不符，列可能错位；请重新下载",
            "rate and counts disagree, columns may be shifted; download again",
        ),
        told("点击率与点击量、展现量不符", "rate and counts disagree"),
    )


def _rate(text: str) -> tuple[float, float]:
    """A rate and the worth of its last digit; an unreadable one checks nothing (NaN)."""
    try:
        rate = parse_rate(text)
    except CellError:
        rate = None
    if rate is None:
        return np.nan, np.nan
    return float(rate), 1.01 * 10.0 ** int(rate.as_tuple().exponent)


def _check_period(days: IntArray, layout: Layout) -> None:
    first, last = (date.fromordinal(int(day)) for day in (days.min(), days.max()))
    length = (last - first).days + 1
    if length > LONGEST_PERIOD_DAYS:
        raise TableError(
            told(
                f"数据从 {first} 到 {last} 共 {length} 天，而一次导出最多 {LONGEST_PERIOD_DAYS} 天："
                "日期有误，或几份导出被拼在一起；请放入各份原始文件",
                f"{length} days, an export holds at most {LONGEST_PERIOD_DAYS}: a wrong date or "
                "merged exports; put the original files here",
            ),
            column=layout.spelling("date"),
            value=f"{first} … {last}",
        )


def _check_rounded_ids(frame: pd.DataFrame, strings: Strings, layout: Layout) -> None:
    """A spreadsheet keeps 15 digits: when every longer id ends in zeros, their ends are lost."""
    for name in IDS:
        codes = pd.unique(frame[name].to_numpy()) if layout.has(name) else ()
        zeros, example = 0, ""
        for text in (strings.text(int(code)) for code in codes):
            if len(text) <= EXACT_DIGITS:
                continue
            if text[EXACT_DIGITS:].strip("0"):
                zeros = 0
                break
            zeros, example = zeros + len(text) - EXACT_DIGITS, text
        if zeros >= _SUSPICIOUS_ZEROS:
            raise TableError(
                told(
                    "所有长ID末尾都是 0：被表格软件改成了数字，末尾数字已丢失；"
                    "请用未经Excel另存的原始文件",
                    "every long id ends in zeros: a spreadsheet has cut them; use the file as "
                    "downloaded",
                ),
                column=layout.spelling(name),
                value=example,
            )


def distinct_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The distinct combinations of ids and names in a frame, each with the newest date it has."""
    told_once = [*IDS[1:], *NAMES, "quality"]
    newest_last = frame[["date", *told_once]].sort_values("date", kind="stable")
    return newest_last.drop_duplicates(told_once, keep="last")
