"""Approved lines as the bulk-edit sheet (XLSX) that a specialist uploads to the platform.

Pure: the same rows give the same bytes, whatever the clock says. Ids are text cells, because a
17-digit number loses its last digits in a spreadsheet; bids are numbers in yuan. The columns are
those of the 出价 list and 原出价, by which the reports connector tells the two apart: a sheet that
nobody has uploaded yet must confirm nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.sheets.cells import MOST_ROWS, content_of, printable, put_header, put_text

TITLE = "关键词出价"
MATCH_NAMES: Mapping[str, str] = {
    "exact": "精准",
    "phrase": "短语",
    "broad": "广泛",
    "auto": "智能",
}
COLUMNS: tuple[tuple[str, int], ...] = (
    ("计划ID", 16),
    ("单元ID", 18),
    ("词ID/词包ID", 22),
    ("关键词", 28),
    ("匹配方式", 10),
    ("原出价", 10),
    ("出价", 10),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One approved bid, fen. ``bid_before_fen`` None leaves its cell empty."""

    campaign_id: str
    adgroup_id: str
    keyword_id: str
    word: str
    match: str | None
    bid_before_fen: int | None
    bid_fen: int


def workbook(rows: Iterable[SheetRow]) -> bytes:
    """The sheet as an XLSX file, its rows in the order given.

    Raises ValueError beyond ``MOST_ROWS`` rows, since the rest would be lost silently.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = TITLE
    sheet.freeze_panes = "A2"
    _write_header(sheet)
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            raise ValueError(f"a sheet holds at most {MOST_ROWS} lines; choose fewer by a filter")
        _write_row(sheet, number, row)
    return content_of(book, TITLE)


def _write_header(sheet: Worksheet) -> None:
    for column, (name, width) in enumerate(COLUMNS, start=1):
        cell = sheet.cell(1, column, name)
        put_header(cell, name)
        sheet.column_dimensions[cell.column_letter].width = width


def _write_row(sheet: Worksheet, number: int, row: SheetRow) -> None:
    match = MATCH_NAMES.get(row.match or "", "")
    texts = (row.campaign_id, row.adgroup_id, row.keyword_id, row.word, match)
    for column, text in enumerate(texts, start=1):
        put_text(sheet.cell(number, column, printable(text)), text)
    for column, fen in enumerate((row.bid_before_fen, row.bid_fen), start=len(texts) + 1):
        cell = sheet.cell(number, column, None if fen is None else Decimal(fen) / 100)
        cell.number_format = "0.00"
