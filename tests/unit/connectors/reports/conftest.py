"""Small exports as a person would download them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from connectors.platform import KeywordDayRow, Reject, Roster
from connectors.reports import ReportsPlatform

PLAIN = {
    "日期": "2026-05-01",
    "场景ID": "376",
    "场景名字": "关键词推广",
    "计划ID": "11",
    "计划名字": "计划甲",
    "单元ID": "21",
    "单元名字": "单元甲",
    "宝贝ID": "31",
    "宝贝名称": "宝贝甲",
    "词类型": "关键词",
    "词ID/词包ID": "30481986859300002",
    "词名字/词包名字": "连衣裙",
    "展现量": "100",
    "点击量": "4",
    "花费": "1.20",
    "总成交金额": "30.00",
    "总成交笔数": "1",
}
HEADER = list(PLAIN)
BID_HEADER = ["计划ID", "单元ID", "词ID/词包ID", "关键词", "匹配方式", "出价"]
PLAIN_BID = dict(
    zip(BID_HEADER, ["11", "21", "30481986859300002", "连衣裙", "精准", "0.50"], strict=True)
)
RECORD_HEADER = ["日期", "词ID/词包ID", "出价"]


class Exports:
    """Makes and reads report files; every method is a plain function."""

    HEADER = HEADER
    BID_HEADER = BID_HEADER
    RECORD_HEADER = RECORD_HEADER

    @staticmethod
    def row(**changes: object) -> dict[str, str]:
        """A sound row of a 关键词报表 with some cells changed."""
        return PLAIN | {column: str(value) for column, value in changes.items()}

    @staticmethod
    def bid(**changes: object) -> dict[str, str]:
        """A sound row of a 关键词出价 list with some cells changed."""
        return PLAIN_BID | {column: str(value) for column, value in changes.items()}

    @staticmethod
    def lines(
        rows: Iterable[Mapping[str, str] | Sequence[str]], header: Sequence[str] | None = None
    ) -> list[list[str]]:
        """The header and the rows as lists of cells."""
        header = HEADER if header is None else header
        return [
            list(header),
            *(
                [row[column] for column in header] if isinstance(row, Mapping) else list(row)
                for row in rows
            ),
        ]

    @staticmethod
    def text(lines: Iterable[Sequence[str]], delimiter: str = ",") -> str:
        """Lines as delimited text."""
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(lines)
        return out.getvalue()

    @classmethod
    def csv(
        cls,
        rows: Iterable[Mapping[str, str] | Sequence[str]],
        header: Sequence[str] | None = None,
        encoding: str = "gb18030",
    ) -> bytes:
        """A CSV file."""
        return cls.text(cls.lines(rows, header)).encode(encoding)

    @staticmethod
    def xlsx(*sheets: Iterable[Sequence[object]]) -> bytes:
        """A workbook with a sheet for each argument."""
        book = openpyxl.Workbook()
        book.remove(book.active)
        for sheet in sheets:
            page = book.create_sheet()
            for line in sheet:
                page.append(list(line))
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    @staticmethod
    def zip(**files: bytes) -> bytes:
        """A zip of files by name."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return out.getvalue()

    @staticmethod
    def read(
        path: Path, attribution_days: int = 15
    ) -> tuple[Roster, list[KeywordDayRow], list[Reject]]:
        """Roster, keyword-days of all time, and all rejects."""
        platform = ReportsPlatform(path, attribution_days)
        roster = platform.roster()
        pages = list(platform.keyword_days(date(2000, 1, 1), date(2100, 12, 31)))
        rows = [row for page in pages for row in page.rows]
        return roster, rows, [*roster.rejects, *(r for page in pages for r in page.rejects)]


@pytest.fixture(scope="session")
def exports() -> type[Exports]:
    return Exports
