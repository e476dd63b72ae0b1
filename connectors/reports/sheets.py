"""The cells of a table as text, in blocks: CSV by pandas, XLSX by openpyxl.

Row numbers are those of a spreadsheet: the first line is 1, and a quoted line break inside a cell
does not count. No cell becomes a float on its way: CSV is read as text, and a number of an XLSX
is written out with the 15 digits that a spreadsheet keeps.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
from pandas.io.parsers import TextFileReader

from connectors.reports import files
from connectors.reports.cells import DAMAGED, EXACT_DIGITS, told
from connectors.reports.columns import HEADER_SEARCH_ROWS
from connectors.reports.files import Member, content_of

ROWS_PER_BLOCK = 100_000

_END = "\x1e"  # appended to every line, so that a row with too few or too many cells shows
_HEAD_BYTES = 1 << 18
_WIDEST = 400  # columns looked at for a header
_LONGEST = 1 << 20  # rows of a worksheet

TextArray = npt.NDArray[np.object_]


class SheetError(ValueError):
    """A table whose cells cannot be read at all; ``str()`` is the reason."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of a sheet: ``cells[position]`` holds n texts, ``full[i]`` says that row i has its width."""

    first_row: int
    cells: Mapping[int, TextArray]
    full: npt.NDArray[np.bool_]


class Sheet(Protocol):
    """A table whose first rows can be looked at before its columns are read."""

    @property
    def source(self) -> str:
        """The file, as rejects name it."""
        ...

    def head(self) -> list[list[str]]:
        """The first rows, in which the header is looked for."""
        ...

    def blocks(self, header_index: int, width: int, positions: Sequence[int]) -> Iterator[Block]:
        """The rows below the header: only the columns at ``positions``, as text."""
        ...


def sheets(member: Member) -> list[Sheet]:
    """The tables of a file. Raises ``SheetError`` with the reason where there are none."""
    content = content_of(member.data)
    if content == "xlsx":
        return _worksheets(member)
    if content == "text":
        return [CsvSheet(member.source, member.data)]
    raise SheetError(_NOT_TABLES[content])


_NOT_TABLES = {
    "empty": told("文件是空的，请重新下载", "empty file; download it again"),
    "html": told(
        "这是网页，不是报表（可能登录已过期），请重新登录后下载",
        "a web page, not a report; log in again and download",
    ),
    "ole": told(
        "旧版XLS或有密码的工作簿，请另存为无密码的XLSX或CSV，或下载CSV",
        "old XLS or a workbook with a password; download as CSV",
    ),
    "zip": told("压缩包里没有报表", "no report in the zip"),
}


class CsvSheet:
    """Delimited text in UTF-8, UTF-16 with a mark, or GB18030."""

    def __init__(self, source: str, data: bytes) -> None:
        self._source = source
        text, self._encoding = _in_known_encoding(data)
        self._text = _plain_lines(text, self._encoding)
        self._quoted = b'"' in text
        self._head_text = text[:_HEAD_BYTES].decode(self._encoding, errors="replace")
        self._delimiter = max(",\t;", key=lambda mark: _most_cells(self._head_text, mark))

    @property
    def source(self) -> str:
        """The file, as rejects name it."""
        return self._source

    def head(self) -> list[list[str]]:
        """The first rows, in which the header is looked for."""
        return _read_head(self._head_text, self._delimiter)

    def blocks(self, header_index: int, width: int, positions: Sequence[int]) -> Iterator[Block]:
        """The rows below the header: only the columns at ``positions``, as text."""
        try:
            with self._reader(width, positions) as reader:
                for frame in reader:
                    below = frame.iloc[max(0, header_index + 1 - int(frame.index[0])) :]
                    if not below.empty:
                        yield self._block(below, width, positions)
        except pd.errors.ParserError as error:
            row = re.search(r"starting at row (\d+)", str(error))
            raise SheetError(
                told(
                    f"{f'第 {row[1]} 行起' if row else ''}引号没有配对，分不清单元格，请重新下载",
                    "an unclosed quotation mark; download it again",
                )
            ) from None

    def _reader(self, width: int, positions: Sequence[int]) -> TextFileReader:
        names = self._delimiter.join(str(position) for position in range(width + 2))
        mark = (self._delimiter + _END).encode("ascii")
        lines = self._text.replace(b"\n", mark + b"\n")
        return pd.read_csv(
            io.BytesIO(names.encode("ascii") + b"\n" + lines),
            sep=self._delimiter,
            encoding=self._encoding,
            encoding_errors="replace",
            header=0,
            usecols=[*positions, width, width + 1],  # also makes the parser pass over surplus cells
            index_col=False,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
            chunksize=ROWS_PER_BLOCK,
        )

    def _block(self, frame: pd.DataFrame, width: int, positions: Sequence[int]) -> Block:
        cells = {position: self._column(frame, position) for position in positions}
        end, after = (frame[str(width + k)].to_numpy(dtype=object) for k in (0, 1))
        full = (end == _END) | ((end == "") & (after == _END))
        return Block(int(frame.index[0]) + 1, cells, full)

    def _column(self, frame: pd.DataFrame, position: int) -> TextArray:
        texts = frame[str(position)].to_numpy(dtype=object)
        if self._quoted:  # a line break inside quotes got the mark too
            mark = self._delimiter + _END
            texts = np.array([text.replace(mark, "") for text in texts], dtype=object)
        return texts


def _in_known_encoding(data: bytes) -> tuple[bytes, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode("utf-8"), "utf-8"
    data = data.removeprefix(codecs.BOM_UTF8)
    for encoding in ("utf-8", "gb18030"):
        if _decodes(data, encoding):
            return data, encoding
    head = data[:_HEAD_BYTES]
    broken = {
        encoding: head.decode(encoding, errors="replace").count(DAMAGED)
        for encoding in ("utf-8", "gb18030")
    }
    return data, min(broken, key=lambda encoding: broken[encoding])


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    try:
        for start in range(0, len(data), 1 << 22):
            decoder.decode(view[start : start + (1 << 22)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _plain_lines(text: bytes, encoding: str) -> bytes:
    """Line ends unified and NUL bytes, at which the parser would cut a cell, made visible.

    In UTF-8 and GB18030 none of these bytes is ever part of another character.
    """
    if b"\0" in text:
        text = text.replace(b"\0", DAMAGED.encode(encoding))
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not text.endswith(b"\n"):
        text += b"\n"
    return text


def _most_cells(text: str, delimiter: str) -> int:
    return max((len(row) for row in _read_head(text, delimiter)), default=0)


def _read_head(text: str, delimiter: str) -> list[list[str]]:
    lines = csv.reader(io.StringIO(text.replace("\0", DAMAGED), newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in islice(lines, HEADER_SEARCH_ROWS):
            rows.append(row)
    except csv.Error:
        pass  # a cell too long for a header: what came before it is all there is to look at
    return rows


class _Streamed(Protocol):
    """What is used of openpyxl's read-only worksheet."""

    title: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, values_only: bool) -> Iterator[tuple[object, ...]]: ...


class XlsxSheet:
    """One worksheet of a workbook, streamed."""

    def __init__(self, source: str, worksheet: _Streamed) -> None:
        self._source = source
        self._worksheet = worksheet

    @property
    def source(self) -> str:
        """The file, with the sheet's title where the workbook has several."""
        return self._source

    def head(self) -> list[list[str]]:
        """The first rows, in which the header is looked for."""
        with _opening():
            rows = islice(self._worksheet.iter_rows(values_only=True), HEADER_SEARCH_ROWS)
            return [[_as_text(value) for value in row[:_WIDEST]] for row in rows]

    def blocks(self, header_index: int, width: int, positions: Sequence[int]) -> Iterator[Block]:
        """The rows below the header: only the columns at ``positions``, as text."""
        rows = islice(self._worksheet.iter_rows(values_only=True), header_index + 1, _LONGEST)
        first = header_index + 2
        while True:
            with _opening():
                taken = [_pick(row, width, positions) for row in islice(rows, ROWS_PER_BLOCK)]
            if not taken:
                return
            columns = zip(*(texts for texts, _ in taken), strict=True)
            cells = {
                position: np.array(column, dtype=object)
                for position, column in zip(positions, columns, strict=True)
            }
            yield Block(first, cells, np.array([full for _, full in taken], dtype=np.bool_))
            first += len(taken)


def _pick(row: tuple[object, ...], width: int, positions: Sequence[int]) -> tuple[list[str], bool]:
    """Trailing blanks are not stored in XLSX, so only a surplus of cells can be told."""
    texts = [_as_text(row[position]) if position < len(row) else "" for position in positions]
    return texts, all(value is None for value in row[width:])


def _as_text(value: object) -> str:
    """What a spreadsheet would show, without formats: a number has at most 15 digits."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) or (type(value) is int and abs(value) >= 10**EXACT_DIGITS):
        return format(value, f".{EXACT_DIGITS}g")
    return str(value)


@contextmanager
def _opening() -> Iterator[None]:
    """openpyxl raises whatever its parts raise on damaged input, so everything is caught."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing default styles and the like
            yield
    except Exception as error:
        raise SheetError(
            told(
                "XLSX 文件不完整或已损坏，请重新下载，或下载CSV",
                f"damaged XLSX ({type(error).__name__}); download it again",
            )
        ) from error


def _worksheets(member: Member) -> list[Sheet]:
    with _opening(), zipfile.ZipFile(io.BytesIO(member.data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > files.LARGEST_FILE:
        raise SheetError(
            told("工作簿过大，请按更短的日期分几次下载", "too large; download shorter periods")
        )
    with _opening():
        book = openpyxl.load_workbook(io.BytesIO(member.data), read_only=True, data_only=True)
        found = cast(list[_Streamed], book.worksheets)
        for sheet in found:
            sheet.reset_dimensions()
    if not found:
        raise SheetError(told("工作簿里没有工作表，请重新下载", "no worksheet; download it again"))
    several = len(found) > 1
    return [
        XlsxSheet(f"{member.source}[{sheet.title}]" if several else member.source, sheet)
        for sheet in found
    ]
