"""Excel and back: saved as filtered, edited, compared, confirmed; and who may not does not see how."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook

from service.sheets.columns import LETTERS

PASSWORD = "a horse, a battery"


@pytest.fixture
def served(tmp_path, serve):
    """A shop of its own, with an owner, a specialist and a guest."""
    shop = serve(tmp_path, "staffed")
    yield shop
    shop.end()


def log_in(visitor, name):
    page = visitor.page
    page.goto(f"{visitor.served.address}/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=退出")
    return page


def open_lines(visitor):
    page = visitor.open("lines")
    page.wait_for_selector(".ag-row .ag-cell[col-id=bid]:not(:empty)")
    return page


def grave(page):
    page.wait_for_timeout(300)  # what opens fades in
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_a_sheet_goes_out_and_comes_back(visit, tmp_path):
    with visit() as visitor:
        log_in(visitor, "li")
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
        assert grave(page) == []
        page.get_by_role("button", name="确认改动 2 条").click()
        page.wait_for_selector("text=已改价 1 条, 批准 1 条, 驳回 0 条")
        assert "批准" in visitor.open("audit").inner_text("main")


def test_a_guest_is_offered_nothing_that_is_not_theirs(visit):
    with visit() as visitor:
        log_in(visitor, "guest")
        page = open_lines(visitor)
        buttons = [one.inner_text() for one in page.locator(".k-main button").all()]
        assert [text for text in buttons if text.strip()] == ["导出 Excel", "导出 CSV"]
        assert page.get_by_role("link", name="人员").count() == 0
        page.locator(".ag-row a").first.click()
        page.wait_for_selector("text=为什么")
        assert page.get_by_role("button", name="批准").count() == 0
        assert page.locator(".k-main .q-btn").count() == 0
        assert visitor.open("after").locator(".k-main button").count() == 0
        assert "只有全部账户的所有者" in visitor.open("people").inner_text("main")


def test_the_owner_adds_somebody_and_shuts_them_out(visit):
    with visit() as visitor:
        log_in(visitor, "boss")
        page = visitor.open("people")
        assert grave(page) == []
        page.get_by_label("用户名").fill("Wang")
        page.get_by_role("button", name="添加", exact=True).click()
        page.wait_for_selector(".k-secret")
        assert len(page.inner_text(".k-secret")) == 20
        page.get_by_role("button", name="已记下").click()
        page.get_by_role("button", name="停用 wang").click()
        page.wait_for_selector("text=已停用")
        page.get_by_role("button", name="恢复 wang").wait_for()
        page.get_by_role("button", name="停用 boss").click()
        page.wait_for_selector("text=/nobody would own anything/")
