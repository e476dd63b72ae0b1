"""The sheet that leaves: formulas, locks, the list of decisions, ids as text, in both languages."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook

from service.sheets.columns import COLUMNS, LETTERS
from service.sheets.review import comma, workbook
from service.sheets.words import Language
from service.store.rows import LineRow

Make = Callable[..., LineRow]


def opened(lines: list[LineRow], language: Language = "zh") -> Any:
    return load_workbook(BytesIO(workbook(lines, {"72281500001": "夏季"}, language)))


def test_the_header_speaks_the_readers_language(make_line: Make) -> None:
    for place, language in enumerate(("zh", "en")):
        book = opened([make_line(1)], language)
        assert [cell.value for cell in book.worksheets[0][2]] == [
            column.names[place] for column in COLUMNS
        ]
        assert book.sheetnames == (["明细", "说明"], ["Lines", "Notes"])[place]
        reason = book.worksheets[0][f"{LETTERS['reason']}3"].value
        assert reason.startswith(("提价", "raise")[place])


def test_ids_and_words_are_text_and_numbers_are_yuan(make_line: Make) -> None:
    sheet = opened([make_line(1, word="=1+1\x07")]).worksheets[0]
    row = {key: sheet[f"{letter}3"] for key, letter in LETTERS.items()}
    assert (row["keyword_id"].value, row["keyword_id"].number_format) == ("30481986859300001", "@")
    assert (row["word"].value, row["word"].data_type) == ("=1+1", "s")
    assert (row["campaign"].value, row["bid"].value, row["bid_before"].value) == ("夏季", 1.1, 1)
    assert (row["spend_before"].value, row["spend_after"].value) == (10, 11)


def test_change_and_totals_are_formulas(make_line: Make) -> None:
    sheet = opened([make_line(1), make_line(2)]).worksheets[0]
    assert sheet["M4"].value == '=IF(N(J4)=0,"",L4/J4-1)'
    assert sheet["R4"].value == "=Q4-P4"
    assert sheet["A1"].value == "=SUBTOTAL(103,A3:A4)"
    assert sheet["R1"].value == "=SUBTOTAL(109,R3:R4)"
    assert sheet.auto_filter.ref == "A2:X4"


def test_only_bid_decision_and_note_can_be_written(make_line: Make) -> None:
    sheet = opened([make_line(1)]).worksheets[0]
    assert sheet.protection.sheet
    assert not sheet.protection.autoFilter  # not forbidden
    free = {key for key, letter in LETTERS.items() if not sheet[f"{letter}3"].protection.locked}
    assert free == {"bid", "decision", "note"}
    assert sheet.column_dimensions[LETTERS["tag"]].hidden
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ('"批准,驳回,不动"', "N3")


def test_the_same_lines_give_the_same_bytes(make_line: Make) -> None:
    assert workbook([make_line(1)], {}, "zh") == workbook([make_line(1)], {}, "zh")


def test_a_sheet_without_a_line_is_a_header() -> None:
    assert opened([]).worksheets[0].max_row == 2


@pytest.mark.parametrize(("word", "kept"), [("=cmd()", "\t=cmd()"), ("裙", "裙")])
def test_comma_separated_text_keeps_ids_and_runs_nothing(
    make_line: Make, word: str, kept: str
) -> None:
    lines = [make_line(1, word=word), make_line(2, bid_before_fen=None, bid_fen=None)]
    content = comma(lines, {}, "en")
    assert content.startswith("\ufeff".encode())
    first, second = list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
    assert (first["Word"], first["Keyword id"]) == (kept, "\t30481986859300001")
    assert (first["Bid"], first["Change"], first["Change of spend"]) == ("1.10", "0.1000", "1.00")
    assert (second["Bid"], second["Change"]) == ("", "")


def test_a_lines_risk_goes_along(make_line: Make) -> None:
    lines = [make_line(1), make_line(2, risk="by_hand", at_stake_fen=None)]
    sheet = opened(lines).worksheets[0]
    cells = [
        (sheet[f"{LETTERS['risk']}{n}"].value, sheet[f"{LETTERS['at_stake']}{n}"].value)
        for n in (3, 4)
    ]
    assert cells == [("中: 预计多赚, 不利时少赚", 0.35), ("人工定价, 未评估", None)]
