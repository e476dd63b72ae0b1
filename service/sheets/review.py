"""The lines to decide on as a workbook, or as comma-separated text. Pure: the same lines, the same bytes.

Above the header stand the totals of what a filter leaves visible. Everything but the bid, the
decision and the note is locked; the version, by which a changed line is noticed, is out of sight.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from service.sheets.cells import content_of, put_header, put_text
from service.sheets.columns import COLUMNS, LETTERS, Column, money_of, texts_of
from service.sheets.words import (
    DECISIONS,
    NOTES,
    NOTES_TITLE,
    PICK,
    TITLE,
    TOTAL,
    Language,
    said,
)
from service.store.rows import LineRow

HEADER_ROW: Final = 2
FIRST_ROW: Final = 3
CSV: Final = "text/csv; charset=utf-8"

_FORMATS: Final = {"yuan": "0.00", "bid": "0.00", "rate": "+0.0%;-0.0%;0.0%"}
_OPEN: Final = Protection(locked=False)
_OPEN_FILL: Final = PatternFill("solid", start_color="FFF8DC")


def workbook(lines: Sequence[LineRow], campaigns: Mapping[str, str], language: Language) -> bytes:
    """The lines as an XLSX file in the order given. ``campaigns``: id → name."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(said(TITLE, language))
    last = max(FIRST_ROW, FIRST_ROW + len(lines) - 1)
    _furnish(sheet, last, language)
    sheet.append(list(_totals(sheet, last, language)))
    header = [WriteOnlyCell(sheet) for _ in COLUMNS]
    for cell, column in zip(header, COLUMNS, strict=True):
        put_header(cell, said(column.names, language))
    sheet.append(header)
    for number, line in enumerate(lines, start=FIRST_ROW):
        sheet.append(list(_cells(sheet, number, line, campaigns, language)))
    notes = book.create_sheet(said(NOTES_TITLE, language))
    notes.column_dimensions["A"].width = 100
    for sentence in NOTES:
        notes.append([said(sentence, language)])
    return content_of(book, said(TITLE, language))


def comma(lines: Sequence[LineRow], campaigns: Mapping[str, str], language: Language) -> bytes:
    """The lines as CSV that Excel opens: a byte order mark, CRLF, no formula, money in yuan.

    A tab stands before ids and before what looks like a formula, so that both stay text.
    """
    text = StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(said(column.names, language) for column in COLUMNS)
    for line in lines:
        texts, money = texts_of(line, campaigns, language), money_of(line)
        rows.writerow(
            _kept(column.key, texts[column.key])
            if column.key in texts
            else _plain(line, money.get(column.key), column)
            for column in COLUMNS
        )
    return text.getvalue().encode("utf-8-sig")


def _furnish(sheet: Any, last: int, language: Language) -> None:
    """Widths, frozen header, filter, protection, the list of decisions."""
    for column in COLUMNS:
        dimension = sheet.column_dimensions[LETTERS[column.key]]
        dimension.width, dimension.hidden = column.width, column.shape == "tag"
    sheet.freeze_panes = f"C{FIRST_ROW}"
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{LETTERS[COLUMNS[-1].key]}{last}"
    sheet.protection.sheet = True
    for allowed in ("autoFilter", "formatColumns", "formatRows"):
        setattr(sheet.protection, allowed, False)  # False: not forbidden
    words = ",".join(said(word, language) for word in DECISIONS.values())
    choice = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
    choice.error, choice.showErrorMessage = said(PICK, language), True
    choice.add(f"{LETTERS['decision']}{FIRST_ROW}:{LETTERS['decision']}{last}")
    sheet.data_validations.append(choice)


def _totals(sheet: Any, last: int, language: Language) -> Iterator[Any]:
    """The row above the header: how many lines are visible, and their sums."""
    for column in COLUMNS:
        letter = LETTERS[column.key]
        cells = f"{letter}{FIRST_ROW}:{letter}{last}"
        cell = WriteOnlyCell(sheet)
        if column.key == "line_id":
            cell.value = f"=SUBTOTAL(103,{cells})"
        elif column.key == "word":
            cell.value = said(TOTAL, language)
        elif column.sums:
            cell.value, cell.number_format = f"=SUBTOTAL(109,{cells})", "0.00"
        yield cell


def _cells(
    sheet: Any, number: int, line: LineRow, campaigns: Mapping[str, str], language: Language
) -> Iterator[Any]:
    texts, money = texts_of(line, campaigns, language), money_of(line)
    here = {key: f"{letter}{number}" for key, letter in LETTERS.items()}
    for column in COLUMNS:
        cell = WriteOnlyCell(sheet)
        if column.formula is not None:
            cell.value = f"={column.formula.format_map(here)}"
        elif column.key in texts:
            put_text(cell, texts[column.key])
        else:
            fen = money[column.key]
            cell.value = None if fen is None else Decimal(fen) / 100
        if column.shape in _FORMATS:
            cell.number_format = _FORMATS[column.shape]
        if column.editable:
            cell.protection, cell.fill = _OPEN, _OPEN_FILL
        yield cell


def _kept(key: str, text: str) -> str:
    """Text that a spreadsheet would take for a number or a formula, kept as it is by a tab."""
    return f"\t{text}" if key.endswith("_id") or text.startswith(("=", "+", "-", "@")) else text


def _plain(line: LineRow, fen: int | None, column: Column) -> str:
    if column.shape == "rate":
        if not line.bid_before_fen or line.bid_fen is None:
            return ""
        return f"{line.bid_fen / line.bid_before_fen - 1:.4f}"
    return "" if fen is None else f"{Decimal(fen) / 100:.2f}"
