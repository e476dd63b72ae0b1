"""A sheet of lines as it came back: its columns found by name, whatever was moved or left out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from service.errors import InputError
from service.sheets.columns import COLUMNS, NEEDED
from service.sheets.words import TITLE

MOST_LINES: Final = 200_000
MOST_COLUMNS: Final = 100
MOST_UNPACKED: Final = 300 * 1024 * 1024
_HEADER_WITHIN: Final = 10  # rows, from the top
_KEYS: Final = {name: column.key for column in COLUMNS for name in column.names}

Values = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the sheet: its number, counted from 1, and column key → value."""

    number: int
    values: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What was read: the sheet's name, column key → letter, the rows below the header."""

    name: str
    letters: dict[str, str]
    rows: tuple[Row, ...]


def read(content: bytes) -> Sheet:
    """An XLSX or CSV file (UTF-8, or GB 18030 as Chinese Excel saves it).

    Raises InputError for anything else, for a missing column, and beyond ``MOST_LINES`` rows.
    """
    if content[:2] == b"PK":
        return _found(*_workbook(content))
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError.of("sheet_old")
    return _found("csv", csv.reader(StringIO(_decoded(content), newline="")))


def _workbook(content: bytes) -> tuple[str, Iterator[Values]]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise InputError.of("sheet_too_large")
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        name = next((one for one in book.sheetnames if one in TITLE), book.sheetnames[0])
        sheet = book[name]
        sheet.reset_dimensions()
        return name, _rows_of(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS))
    except (BadZipFile, InvalidFileException, KeyError, ValueError, ParseError) as error:
        raise InputError.of("sheet_unreadable") from error


def _rows_of(rows: Iterable[Values]) -> Iterator[Values]:
    """The rows of a worksheet, read on demand; a damaged one is told like a damaged file."""
    try:
        yield from rows
    except (BadZipFile, KeyError, ValueError, ParseError) as error:
        raise InputError.of("sheet_damaged") from error


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError.of("sheet_unknown")


def _found(name: str, rows: Iterable[Values]) -> Sheet:
    letters: dict[str, str] = {}
    places: dict[str, int] = {}
    found: list[Row] = []
    try:
        for number, values in enumerate(rows, start=1):
            if not places:
                places = _places(values)
                letters = {key: get_column_letter(place + 1) for key, place in places.items()}
                if not places and number >= _HEADER_WITHIN:
                    break
                continue
            row = {key: _value(values, place) for key, place in places.items()}
            if any(value is not None for value in row.values()):
                found.append(Row(number=number, values=row))
            if len(found) > MOST_LINES:
                raise InputError.of("sheet_too_many", most=MOST_LINES)
    except csv.Error as error:
        raise InputError.of("sheet_no_text") from error
    missing = [
        column.names for column in COLUMNS if column.key in NEEDED and column.key not in places
    ]
    if missing:
        names = ", ".join(" / ".join(pair) for pair in missing)
        raise InputError.of("sheet_columns", names=names)
    return Sheet(name=name, letters=letters, rows=tuple(found))


def _places(values: Values) -> dict[str, int]:
    """Column key → place, when this row is the header; empty when it is not."""
    names = [value.strip() if isinstance(value, str) else "" for value in values]
    places = {_KEYS[name]: place for place, name in enumerate(names) if name in _KEYS}
    return places if "line_id" in places else {}


def _value(values: Values, place: int) -> object:
    value = values[place] if place < len(values) else None
    if isinstance(value, str):
        return value.strip() or None
    return value
