"""The workbook, read back: real numbers, formats, formulas that add up, text that stays text."""

import re
from datetime import datetime
from io import BytesIO

import pytest
from golden_month import EMPTY, FORMULA, HOSTILE, RECORD
from openpyxl import load_workbook

from service.report.figures import assemble
from service.report.workbook import workbook


def opened(record=RECORD, language="en"):
    return load_workbook(BytesIO(workbook(assemble(record), language)))


@pytest.fixture(scope="module")
def book():
    return opened()


def rows(sheet):
    """Rows by the names of the header."""
    head, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def worth(sheet, value):
    """What a spreadsheet would show for the formulas that the workbook uses."""
    if not isinstance(value, str) or not value.startswith("="):
        return value
    text = value[1:]
    if found := re.fullmatch(r"SUM\(([A-Z]+)(\d+):([A-Z]+)(\d+)\)", text):
        cells = [row[0] for row in sheet[f"{found[1]}{found[2]}:{found[3]}{found[4]}"]]
        return sum(worth(sheet, cell.value) or 0 for cell in cells)
    if found := re.fullmatch(r'IF\((N\()?([A-Z]+\d+)\)?=(?:0|""),"",(.+)\)', text):
        asked = worth(sheet, sheet[found[2]].value)
        return "" if not asked else worth(sheet, f"={found[3]}")
    if found := re.fullmatch(r"N\((\w+)\)-N\((\w+)\)", text):
        text = f"{found[1]}-{found[2]}"
    found = re.fullmatch(r"([A-Z]+\d+)([-/])([A-Z]+\d+)(-1)?", text)
    assert found, value
    left, right = (worth(sheet, sheet[found[at]].value) or 0 for at in (1, 3))
    return (left - right if found[2] == "-" else left / right) - (1 if found[4] else 0)


def test_every_sheet_is_there_with_its_header_frozen(book):
    assert book.sheetnames == [
        "Summary", "Days", "Campaigns", "Keywords", "Batches", "Forecasts", "Events",
    ]  # fmt: skip
    for sheet in book:
        assert sheet.freeze_panes == "B2", sheet.title
        assert all(cell.font.bold for cell in sheet[1])
    assert opened(language="zh").sheetnames[:3] == ["月度汇总", "每天", "计划"]


def test_the_summary_shows_the_month_beside_the_others(book):
    sheet = book["Summary"]
    found = {row[0].value: row for row in sheet.iter_rows()}
    assert [cell.value for cell in sheet[1]] == [
        "Figure", "This month", "Before kaiche", "Month before",
    ]  # fmt: skip
    spend, roas = found["Spend"], found["Return on ads (gross, so far)"]
    assert [cell.value for cell in spend[1:]] == [400, 200, 300]
    assert spend[1].number_format.startswith("#,##0.00")
    assert worth(sheet, roas[1].value) == pytest.approx(1_050 / 400)
    assert worth(sheet, found["Profit = contribution − spend"][1].value) == pytest.approx(-15)
    assert worth(sheet, found["Of it still to come"][1].value) == pytest.approx(70)
    assert worth(sheet, found["Contribution per yuan spent"][1].value) == pytest.approx(0.9625)
    assert found["Break-even return (net)"][1].value == pytest.approx(0.8 / 0.3)
    assert any("it lost ¥15.00 of the ¥25.00 allowed." in str(name) for name in found)


def test_days_add_up_by_formula(book):
    sheet = book["Days"]
    *days, total = rows(sheet)
    assert [day["Day"] for day in days] == [datetime(2026, 3, at) for at in range(1, 6)]
    assert [day["Kaiche at work"] for day in days] == ["no", "no", "yes", "yes", "yes"]
    assert (total["Day"], worth(sheet, total["Spend"])) == ("Total", 600)
    assert worth(sheet, total["Loss"]) == pytest.approx(35)
    assert worth(sheet, total["To come"]) == pytest.approx(70)
    assert worth(sheet, total["Return on ads"]) == pytest.approx(1_650 / 600)
    assert (days[3]["Loss low"], days[4]["Share in"]) == (pytest.approx(-17.18), 0.5)
    assert (days[4]["Lost so far"], days[4]["Allowed so far"]) == (15, 25)
    assert sheet["A2"].number_format == "yyyy-mm-dd"


def test_campaigns_and_words_are_text_and_numbers(book):
    campaigns = rows(book["Campaigns"])
    assert campaigns[0]["Campaign"] == "裙子 <b>"
    assert worth(book["Campaigns"], campaigns[-1]["Profit"]) == pytest.approx(-85)
    sheet = book["Keywords"]
    words = rows(sheet)
    assert [(one["List"], one["Rank"]) for one in words] == [
        ("Most spent", 1), ("Most spent", 2), ("Most spent", 3), ("Most earned", 1),
        ("Most lost", 1), ("Most lost", 2),
    ]  # fmt: skip
    assert {one["Word"] for one in words} >= {HOSTILE, FORMULA}
    typed = next(cell for row in sheet.iter_rows() for cell in row if cell.value == FORMULA)
    assert typed.data_type == "s"
    assert worth(sheet, words[3]["Profit"]) == pytest.approx(30)
    assert worth(sheet, words[3]["Return on ads"]) == pytest.approx(500 / 120)
    assert sheet.auto_filter.ref == "A1:L7"


def test_batches_and_forecasts(book):
    first, second, total = rows(book["Batches"])
    assert (first["Batch id"], first["Words"], first["Spent"]) == ("b1", 10, 60)
    assert worth(book["Batches"], first["Profit realised"]) == pytest.approx(-10)
    assert worth(book["Batches"], total["Words"]) == 12
    forecasts = rows(book["Forecasts"])
    assert [(one["Figure"], one["Within"]) for one in forecasts] == [
        ("Spend", "yes"), ("Spend", "no"), ("Spend", "yes"),
        ("Contribution", "yes"), ("Contribution", "no"), ("Contribution", None),
    ]  # fmt: skip
    assert worth(book["Forecasts"], forecasts[1]["Bias"]) == pytest.approx(200 / 150 - 1)
    assert second["Spent"] == 0


def test_events_are_told(book):
    said = [one["What"] for one in rows(book["Events"])]
    assert said[1].endswith("yesterday is missing")
    assert said[-1] == "Roll-backs: 小王, 季节不对"


def test_a_month_without_data_is_a_workbook_all_the_same():
    book = opened(EMPTY)
    assert book["Days"].max_row == 1
    assert any("Nothing is on record" in str(row[0]) for row in book["Summary"].values)


def test_the_same_month_is_the_same_bytes():
    assert workbook(assemble(RECORD), "zh") == workbook(assemble(RECORD), "zh")
