"""A month as a workbook: real numbers with formats, and formulas where a spreadsheet person wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from service.reading.catalogue import Language
from service.report import sheets
from service.report.figures import Report
from service.report.sheets import Field, Sheet, Value
from service.report.texts import Texts
from service.report.wording import month_name
from service.sheets.cells import content_of, put_header, put_text

HEADER_ROW: Final = 1
FIRST_ROW: Final = 2
FORMATS: Final[dict[str, str]] = {
    "yuan": "#,##0.00;[Red]-#,##0.00",
    "count": "#,##0",
    "rate": "0.0%",
    "times": "0.00",
    "date": "yyyy-mm-dd",
}
BOLD: Final = Font(bold=True)


def workbook(report: Report, language: Language) -> bytes:
    """The month as an XLSX file; the same report gives the same bytes."""
    texts = Texts(language)
    book = Workbook(write_only=True)
    for sheet in sheets.sheets(texts, report):
        _write(book, sheet)
    title = texts("title", name=report.name, month=month_name(texts, report.month))
    return content_of(book, title)


def _write(book: Workbook, sheet: Sheet) -> None:
    """Header, rows, and below them the sums of the rows."""
    page = book.create_sheet(sheet.name)
    letters = {field.key: get_column_letter(at) for at, field in enumerate(sheet.fields, start=1)}
    for field in sheet.fields:
        page.column_dimensions[letters[field.key]].width = field.width
    page.freeze_panes = f"{'B' if sheet.fields[0].frozen else 'A'}{FIRST_ROW}"
    header = [WriteOnlyCell(page) for _ in sheet.fields]
    for cell, field in zip(header, sheet.fields, strict=True):
        put_header(cell, field.name)
    page.append(header)
    last = FIRST_ROW + len(sheet.rows) - 1
    if sheet.rows and sheet.filtered:
        page.auto_filter.ref = f"A{HEADER_ROW}:{letters[sheet.fields[-1].key]}{last}"
    for number, row in enumerate(sheet.rows, start=FIRST_ROW):
        page.append(list(_cells(page, sheet.fields, row, letters, number)))
    if sheet.rows and sheet.total:
        page.append(list(_sums(page, sheet, letters, last)))


def _cells(
    page: Any, fields: Sequence[Field], row: Sequence[Value], letters: dict[str, str], number: int
) -> Iterator[Any]:
    here = {key: f"{letter}{number}" for key, letter in letters.items()}
    for field, value in zip(fields, row, strict=True):
        yield _cell(
            page,
            field.shape,
            value,
            f"={field.formula.format_map(here)}" if field.formula else None,
        )


def _cell(page: Any, shape: str, value: Value, formula: str | None = None) -> Any:
    """One cell; a value that names its own shape, as the summary's do, has it."""
    if isinstance(value, tuple):
        shape, value = value
    cell = WriteOnlyCell(page)
    if formula is not None:
        cell.value = formula
    elif shape == "text":
        put_text(cell, "" if value is None else str(value))
    elif isinstance(value, str) and value.startswith("="):
        cell.value = value
    elif shape == "yuan" and isinstance(value, int | float):
        cell.value = Decimal(round(value)) / 100
    else:
        cell.value = value
    if shape in FORMATS:
        cell.number_format = FORMATS[shape]
    return cell


def _sums(page: Any, sheet: Sheet, letters: dict[str, str], last: int) -> Iterator[Any]:
    """The row below: SUM over what adds up, and the row's own formula for what does not."""
    below = {key: f"{letter}{last + 1}" for key, letter in letters.items()}
    for field in sheet.fields:
        letter = letters[field.key]
        cell = WriteOnlyCell(page)
        if field.key == sheet.fields[0].key:
            put_text(cell, sheet.total)
        elif field.sums:
            cell.value = f"=SUM({letter}{FIRST_ROW}:{letter}{last})"
        elif field.formula and field.again:
            cell.value = f"={field.formula.format_map(below)}"
        if field.shape in FORMATS and field.key != sheet.fields[0].key:
            cell.number_format = FORMATS[field.shape]
        cell.font = BOLD
        yield cell
