"""The bulk-edit sheet: what Excel, the platform and our own connector will read."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.sheets import upload
from service.sheets.upload import SheetRow, workbook

ROW = SheetRow(
    campaign_id="72281500001",
    adgroup_id="6402210000012",
    keyword_id="30481986859300054",
    word="孕妇打底裤",
    match="exact",
    bid_before_fen=50,
    bid_fen=129,
)


def opened(*rows: SheetRow) -> Worksheet:
    active = load_workbook(BytesIO(workbook(rows))).active
    assert isinstance(active, Worksheet)
    return active


def test_the_header_is_frozen_bold_and_in_the_platforms_order() -> None:
    book = opened(ROW)
    assert [cell.value for cell in book[1]] == [
        "计划ID",
        "单元ID",
        "词ID/词包ID",
        "关键词",
        "匹配方式",
        "原出价",
        "出价",
    ]
    assert all(cell.font.bold for cell in book[1])
    assert book.freeze_panes == "A2"


def test_ids_stay_text_and_bids_are_yuan() -> None:
    cells = opened(ROW)[2]
    assert [cell.value for cell in cells] == [
        "72281500001",
        "6402210000012",
        "30481986859300054",
        "孕妇打底裤",
        "精准",
        0.5,
        1.29,
    ]
    assert [cell.data_type for cell in cells] == ["s"] * 5 + ["n"] * 2
    assert [cell.number_format for cell in cells] == ["@"] * 5 + ["0.00"] * 2


@pytest.mark.parametrize("word", ["=1+1", "+86", "-优惠", "@美", "=cmd|'/c calc'!A1"])
def test_a_word_is_never_a_formula(word: str) -> None:
    cell = opened(replace(ROW, word=word))["D2"]
    assert (cell.value, cell.data_type) == (word, "s")


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    assert opened(replace(ROW, word="裙\x01子\x0b"))["D2"].value == "裙子"


@pytest.mark.parametrize(
    ("match", "shown"),
    [("exact", "精准"), ("phrase", "短语"), ("broad", "广泛"), ("auto", "智能"), (None, "")],
)
def test_the_match_is_named_as_the_platform_names_it(match: str | None, shown: str) -> None:
    assert (opened(replace(ROW, match=match))["E2"].value or "") == shown


def test_an_unknown_earlier_bid_is_an_empty_cell() -> None:
    assert opened(replace(ROW, bid_before_fen=None))["F2"].value is None


@pytest.mark.parametrize("fen", [5, 7, 10, 29, 57, 114, 1999, 9999])
def test_every_fen_survives(fen: int) -> None:
    assert round(float(opened(replace(ROW, bid_fen=fen))["G2"].value) * 100, 6) == fen


def test_the_same_rows_give_the_same_bytes_and_no_time_is_in_them() -> None:
    first, second = workbook([ROW]), workbook([ROW])
    assert first == second
    with ZipFile(BytesIO(first)) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        assert b"1980-01-01" in archive.read("docProps/core.xml")


def test_rows_stay_in_the_order_given() -> None:
    other = replace(ROW, keyword_id="2", word="裤")
    assert [row[3].value for row in opened(other, ROW).iter_rows(min_row=2)] == ["裤", ROW.word]


def test_no_line_is_an_empty_sheet_with_its_header() -> None:
    assert opened().max_row == 1


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_ROWS", 2)
    assert workbook([ROW, ROW])
    with pytest.raises(ValueError, match="at most 2 lines"):
        workbook([ROW, ROW, ROW])
