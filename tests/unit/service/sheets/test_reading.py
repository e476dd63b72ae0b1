"""The sheet that comes back: found by its header, whatever was moved; told when it is no sheet."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from service.errors import InputError
from service.sheets import reading
from service.sheets.reading import read
from service.sheets.review import comma, workbook
from service.store.rows import LineRow

Make = Callable[..., LineRow]


def saved(book: Any) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def test_both_formats_say_the_same(make_line: Make) -> None:
    lines = [make_line(1), make_line(2)]
    for language in ("zh", "en"):
        for content in (workbook(lines, {}, language), comma(lines, {}, language)):
            sheet = read(content)
            assert [str(row.values["line_id"]) for row in sheet.rows] == ["1", "2"]
            assert [float(str(row.values["bid"])) for row in sheet.rows] == [1.1, 1.1]
            assert {row.values["tag"] for row in sheet.rows} == {
                row.values["tag"] for row in read(workbook(lines, {}, "zh")).rows
            }


def test_columns_may_be_moved_and_left_out(make_line: Make) -> None:
    book = load_workbook(BytesIO(workbook([make_line(1)], {}, "zh")))
    book.worksheets[0].delete_cols(2, 8)
    book.worksheets[0].insert_rows(1)
    sheet = read(saved(book))
    assert (sheet.letters["bid"], sheet.rows[0].number, sheet.name) == ("D", 4, "明细")


def test_a_renamed_sheet_and_empty_rows_do_no_harm(make_line: Make) -> None:
    book = load_workbook(BytesIO(workbook([make_line(1)], {}, "zh")))
    book.worksheets[0].title = "我的"
    book.worksheets[0]["A9"] = " "
    sheet = read(saved(book))
    assert (sheet.name, len(sheet.rows)) == ("我的", 1)


def test_chinese_excel_saves_gb18030(make_line: Make) -> None:
    text = comma([make_line(1)], {}, "zh").decode("utf-8-sig")
    assert len(read(text.encode("gb18030")).rows) == 1


def lacking(column: int) -> bytes:
    book = Workbook()
    names = ["行号", "出价", "决定", "版本"]
    del names[column]
    book.active.append(names)  # type: ignore[union-attr]
    return saved(book)


def damaged() -> bytes:
    content = BytesIO()
    with ZipFile(BytesIO(lacking(1))) as source, ZipFile(content, "w") as target:
        for name in source.namelist():
            cut = name.endswith("sheet1.xml")
            target.writestr(name, source.read(name)[: 300 if cut else None])
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 no zip", "no workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old .xls"),
        (b"\xff\xfe\xff\xff\xff", "neither .xlsx nor .csv"),
        (b"", "lacks the columns"),
        (b"a,b\n" * 20, "lacks the columns"),
        (lacking(0), "行号 / Line"),
        (lacking(1), "出价 / Bid"),
        (damaged(), "damaged"),
        (b'"' + b"x" * 140_000, "no text with commas"),
    ],
)
def test_what_is_no_sheet_of_lines_is_told(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(content)


def test_there_is_an_end_to_lines_and_to_what_is_unpacked(
    make_line: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workbook([make_line(1), make_line(2)], {}, "zh")
    monkeypatch.setattr(reading, "MOST_LINES", 1)
    with pytest.raises(InputError, match="split the file"):
        read(content)
    monkeypatch.setattr(reading, "MOST_UNPACKED", 1000)
    with pytest.raises(InputError, match="too large"):
        read(content)
