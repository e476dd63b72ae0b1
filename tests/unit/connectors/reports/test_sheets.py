from __future__ import annotations

import codecs
import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

import pytest

from connectors.reports import files, sheets
from connectors.reports.files import Member
from connectors.reports.sheets import Sheet, SheetError


def opened(data: bytes) -> list[Sheet]:
    return sheets.sheets(Member("a.csv", data, None))


def cells(sheet: Sheet, width: int, header_index: int = 0) -> list[tuple[int, list[str], bool]]:
    """Row number, texts of all columns, and whether the row has its width."""
    rows = []
    for block in sheet.blocks(header_index, width, range(width)):
        for index, full in enumerate(block.full):
            texts = [block.cells[position][index] for position in range(width)]
            rows.append((block.first_row + index, texts, bool(full)))
    return rows


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_text_in_every_encoding(encoding: str, delimiter: str, line_end: str) -> None:
    lines = [["日期", "词"], ["2026-05-01", "连衣裙"], ["2026-05-02", "𠮷野家"]]
    data = line_end.join(delimiter.join(line) for line in lines).encode(encoding)
    (sheet,) = opened(data)
    assert sheet.source == "a.csv"
    assert sheet.head() == lines
    assert cells(sheet, 2) == [
        (2, ["2026-05-01", "连衣裙"], True),
        (3, ["2026-05-02", "𠮷野家"], True),
    ]


def test_utf_16_big_endian() -> None:
    (sheet,) = opened(codecs.BOM_UTF16_BE + "日期,词\n1,二".encode("utf-16-be"))
    assert cells(sheet, 2) == [(2, ["1", "二"], True)]


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    (sheet,) = opened(b'title\nab,c\n"two\nlines",1\n\n3,4\n')
    assert cells(sheet, 2, header_index=1) == [
        (3, ["two\nlines", "1"], True),
        (4, ["", "\x1e"], False),
        (5, ["3", "4"], True),
    ]


def test_numbering_goes_on_across_blocks(monkeypatch: pytest.MonkeyPatch, exports: Any) -> None:
    monkeypatch.setattr(sheets, "ROWS_PER_BLOCK", 2)
    lines = [["a", "b"], *([str(number), "x"] for number in range(2, 8))]
    (text,) = opened(exports.text(lines).encode())
    (workbook,) = opened(exports.xlsx(lines))
    for sheet in (text, workbook):
        assert [(row, texts[0]) for row, texts, _ in cells(sheet, 2)] == [
            (number, str(number)) for number in range(2, 8)
        ]


def test_too_few_and_too_many_cells_show() -> None:
    (sheet,) = opened(b"a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3,\n1,2,3,,,,,,,,,,,,,,,,\n")
    assert [full for _, _, full in cells(sheet, 3)] == [False, True, False, True, False]


def test_ids_written_as_formulas_keep_their_quotes() -> None:
    (sheet,) = opened(b'a,b\n="0012",x\n"=""0012""",y\n')
    assert [texts[0] for _, texts, _ in cells(sheet, 2)] == ['="0012"', '="0012"']


def test_a_nul_byte_does_not_cut_a_cell_short() -> None:
    (sheet,) = opened("日期,数\n1,12\x0034\n".encode("gb18030"))
    assert cells(sheet, 2) == [(2, ["1", "12\ufffd34"], True)]


def test_a_few_broken_bytes_leave_the_rest_readable() -> None:
    data = "日期,词\n1,连衣裙\n2,好词\n".encode("gb18030").replace("衣".encode("gb18030"), b"\xff")
    (sheet,) = opened(data)
    (_, first, _), (_, second, _) = cells(sheet, 2)
    assert "\ufffd" in first[1]
    assert second == ["2", "好词"]


def test_an_unclosed_quotation_mark_names_its_row() -> None:
    (sheet,) = opened(b'a,b\n1,2\n"3,4\n5,6\n')
    with pytest.raises(SheetError, match="第 3 行起引号没有配对"):
        cells(sheet, 2)


def test_numbers_of_a_workbook_never_pass_through_an_inexact_text(exports: Any) -> None:
    values = [
        "30481986859300002",
        30481986859300002,
        304819868593000,
        0.43,
        0.1 + 0.2,
        63.0,
        1.5,
        None,
        True,
        datetime(2026, 5, 1),
        date(2026, 5, 2),
    ]
    (sheet,) = opened(exports.xlsx([["x"] * len(values), values]))
    ((_, texts, full),) = cells(sheet, len(values))
    assert texts == [
        "30481986859300002",
        "3.04819868593e+16",
        "304819868593000",
        "0.43",
        "0.3",
        "63",
        "1.5",
        "",
        "True",
        "2026-05-01",
        "2026-05-02",
    ]
    assert full


def test_rows_left_out_of_a_workbook_keep_their_numbers(exports: Any) -> None:
    (sheet,) = opened(exports.xlsx([["a", "b"], [], ["1", "2", "3"], ["4"]]))
    assert cells(sheet, 2) == [
        (2, ["", ""], True),
        (3, ["1", "2"], False),
        (4, ["4", ""], True),
    ]


def test_several_worksheets_are_told_apart(exports: Any) -> None:
    first, second = opened(exports.xlsx([["a"]], [["b"]]))
    assert [first.source, second.source] == ["a.csv[Sheet]", "a.csv[Sheet1]"]
    assert second.head() == [["b"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空的"),
        (b"<html></html>", "网页"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版XLS或有密码"),
    ],
)
def test_what_is_no_table(data: bytes, reason: str) -> None:
    with pytest.raises(SheetError, match=reason):
        opened(data)


def test_a_workbook_cut_short(exports: Any) -> None:
    data = exports.xlsx([["a"]])
    with pytest.raises(SheetError, match="XLSX"):
        opened(data[: len(data) // 2])


def test_a_workbook_too_large(exports: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    with pytest.raises(SheetError, match="过大"):
        opened(exports.xlsx([["a"]]))


def test_a_cell_too_long_for_a_header_is_no_accident() -> None:
    (sheet,) = opened(b"a,b\n1," + b"x" * 200_000 + b"\n")
    assert sheet.head() == [["a", "b"]]


def test_a_workbook_without_worksheets(exports: Any) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(exports.xlsx([["a"]]))) as whole,
        zipfile.ZipFile(out, "w") as bare,
    ):
        for entry in whole.infolist():
            data = whole.read(entry)
            bare.writestr(entry.filename, re.sub(rb"<sheet [^>]*/>", b"", data))
    with pytest.raises(SheetError, match="没有工作表"):
        opened(out.getvalue())
