"""Excel and back: saved as filtered, edited, compared, confirmed."""

import pytest
from openpyxl import load_workbook

from service.sheets.columns import LETTERS


@pytest.fixture
def served(tmp_path, serve):
    """A shop of its own, with an owner, a specialist and a guest."""
    shop = serve(tmp_path, "staffed")
    yield shop
    shop.end()


def open_lines(visitor):
    page = visitor.open("lines")
    page.wait_for_selector(".ag-row .ag-cell[col-id=bid]:not(:empty)")
    return page


def test_a_sheet_goes_out_and_comes_back(visit, tmp_path):
    with visit() as visitor:
        visitor.log_in("li")
        page = open_lines(visitor)
        with page.expect_download() as saved:
            page.get_by_role("button", name="导出 Excel").click()
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        book = load_workbook(path)
        sheet = book.worksheets[0]
        assert sheet.max_row > 100
        word = sheet[f"{LETTERS['word']}3"].value
        sheet[f"{LETTERS['bid']}3"] = round(sheet[f"{LETTERS['bid']}3"].value + 0.03, 2)
        sheet[f"{LETTERS['decision']}4"] = "批准"
        sheet[f"{LETTERS['decision']}5"] = "也许"
        book.save(path)

        page.get_by_role("button", name="导入改好的表…").click()
        page.set_input_files("input[type=file]", path)
        page.wait_for_selector("text=改价 1 条")
        shown = page.inner_text(".k-wide")
        assert "批准 1 条" in shown
        assert "明细!N5" in shown
        assert word in shown
        assert visitor.grave() == []
        page.get_by_role("button", name="确认改动 2 条").click()
        page.wait_for_selector("text=已改价 1 条, 批准 1 条, 驳回 0 条")
        assert "批准" in visitor.open("audit").inner_text("main")
