"""One import: every file below a path, read once, to a roster and keyword-days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from connectors.errors import SourceError
from connectors.platform import Reject, Roster
from connectors.reports import roster
from connectors.reports.bids import bids_in_force, daily_bids
from connectors.reports.cells import told
from connectors.reports.columns import Kind, LayoutError, recognise
from connectors.reports.files import Found, Member, members
from connectors.reports.merge import keyword_days, packed, stacked
from connectors.reports.names import with_ids
from connectors.reports.rejects import RejectBook
from connectors.reports.rows import MEASURES, Table, TableError, TableReader
from connectors.reports.sheets import Sheet, SheetError, sheets
from connectors.reports.strings import Strings
from connectors.reports.unshown import covered_days, unshown_days

_SHOWN_REASONS = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """What the files say. ``days`` is in order of (date, word) and holds places in ``texts``."""

    roster: Roster
    bids_as_of: date | None
    bids_exported_at: datetime | None
    days: pd.DataFrame
    texts: Sequence[str]
    day_rejects: tuple[Reject, ...]


@dataclass(slots=True)
class _Reading:
    """What has been read so far. Rejects of daily figures are told with the figures."""

    attribution_days: int
    strings: Strings = field(default_factory=Strings)
    files: RejectBook = field(default_factory=RejectBook)
    daily: RejectBook = field(default_factory=RejectBook)
    tables: list[Table] = field(default_factory=list)

    def of_kind(self, kind: Kind) -> list[Table]:
        return [table for table in self.tables if table.layout.kind == kind]


def load(path: Path, found: Sequence[Found], attribution_days: int) -> Imported:
    """Read every file; raises ``SourceError`` where not one of them is of use."""
    reading = _Reading(attribution_days)
    for file in found:
        for member in members(file, reading.files):
            _read_member(member, reading)
    _name_ids(reading)
    if not reading.tables:
        raise SourceError(_nothing_usable(path, reading))
    return _assembled(reading)


def _read_member(member: Member, reading: _Reading) -> None:
    unknown: list[tuple[str, LayoutError]] = []
    before = len(reading.tables)
    try:
        for sheet in sheets(member):
            try:
                _read_sheet(sheet, member, reading)
            except LayoutError as error:
                unknown.append((sheet.source, error))
    except SheetError as error:
        reading.files.add(member.source, str(error))
    for source, problem in unknown:
        if problem.column or len(reading.tables) == before:  # notes beside a report are fine
            reading.files.add(source, str(problem), column=problem.column)


def _read_sheet(sheet: Sheet, member: Member, reading: _Reading) -> None:
    layout = recognise(sheet.head())
    book = reading.files if layout.kind == "bids" else reading.daily
    reader = TableReader(
        sheet, layout, member.moment, reading.strings, book, reading.attribution_days
    )
    try:
        reading.tables.append(reader.read())
    except TableError as error:
        reading.files.add(sheet.source, str(error), column=error.column, value=error.value)


def _name_ids(reading: _Reading) -> None:
    others = [table for table in reading.tables if table.layout.kind != "named_report"]
    named = (
        with_ids(table, others, reading.strings, reading.daily)
        for table in reading.of_kind("named_report")
    )
    reading.tables = [*others, *(table for table in named if table is not None)]


def _nothing_usable(path: Path, reading: _Reading) -> str:
    rejects = [*reading.files.all(), *reading.daily.all()]
    reasons = "; ".join(_one_line(reject) for reject in rejects[:_SHOWN_REASONS])
    more = f"; … {len(rejects) - _SHOWN_REASONS} more" if len(rejects) > _SHOWN_REASONS else ""
    message = told(
        f"{path} 里没有可用的关键词报表或出价表，请下载后放入",
        "no usable report or bid list there; download them into it",
    )
    return f"{message} {reasons}{more}".strip()


def _one_line(reject: Reject) -> str:
    row = "" if reject.row is None else f" 第{reject.row}行"
    return f"{reject.source}{row}: {reject.reason}"


def _assembled(reading: _Reading) -> Imported:
    texts, places = reading.strings.in_order()
    tables = sorted(reading.tables, key=lambda table: table.source)
    lists = [table for table in tables if table.layout.kind == "bids"]
    records = [table for table in tables if table.layout.kind == "record"]
    reports = [table for table in tables if table.layout.kind in ("report", "named_report")]
    seen = roster.sightings(tables, places)
    in_force = bids_in_force(lists, places, reading.files)
    bids = daily_bids(records, lists, places, reading.daily)
    days = _empty_days()
    if reports:
        frame = stacked(reports, places)
        shown = keyword_days(reports, frame, reading.daily)
        silent = unshown_days(shown, covered_days(frame), bids, roster.placements(seen), len(texts))
        columns = list(days.columns)
        days = pd.concat([shown[columns], silent[columns]], ignore_index=True)
        days = days.sort_values(["date", "word_id"], ignore_index=True)
    days["bid"] = bids.at(packed(days["word_id"].to_numpy(), days["date"].to_numpy()))
    return Imported(
        roster=roster.build(seen, texts, in_force, reading.files.all()),
        bids_as_of=in_force.as_of,
        bids_exported_at=in_force.exported_at,
        days=days,
        texts=texts,
        day_rejects=reading.daily.all(),
    )


def _empty_days() -> pd.DataFrame:
    whole = ["word_id", "date", "adgroup_id", "campaign_id", *MEASURES]
    frame = pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in whole})
    return frame.assign(avg_rank=np.zeros(0))
