"""The specialist's morning: read, filter, open, edit, approve, send, undo; by keyboard where it counts."""

import re

import pytest


@pytest.fixture
def served(tmp_path, serve):
    """A shop of its own: what one morning decides is not there for the next."""
    shop = serve(tmp_path)
    yield shop
    shop.end()


@pytest.fixture
def staffed(tmp_path, serve):
    """One with people."""
    shop = serve(tmp_path, "staffed")
    yield shop
    shop.end()


def settled(page):
    page.wait_for_selector(".ag-row .ag-cell[col-id=bid]:not(:empty)")
    page.wait_for_load_state("networkidle")


def words_told(page):
    told = page.wait_for_selector("text=/筛出 [\\d,]+ 词/").inner_text()
    return int(re.search(r"筛出 ([\d,]+) 词", told)[1].replace(",", ""))


def first_cell(page, column):
    return page.locator(f'.ag-row[row-index="0"] [col-id="{column}"]').first


def edit_first(page, change):
    bid = first_cell(page, "bid")
    before = float(bid.inner_text().strip("¥"))
    bid.click()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type(f"{before + change:.2f}")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=/每天点击: .* … .*/")
    page.get_by_role("button", name="保存").click()
    page.wait_for_selector("text=已改价")
    settled(page)
    return f"¥{before + change:.2f}"


def approve_all(visitor, count):
    page = visitor.page
    page.locator("h1").click()
    page.keyboard.press("Shift+A")
    page.wait_for_selector(f"text=批准 {count} 条改动?")
    told = page.get_by_role("dialog").inner_text()
    for sentence in ("提价", "每天花费", "每天贡献", "每天利润", "风险: "):
        assert sentence in told
    assert visitor.grave() == []
    page.keyboard.press("Enter")


@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_a_morning(visit_as, staffed, kind):
    with visit_as(staffed, kind) as visitor:
        page = visitor.log_in("li")
        assert "条改动等待审批" in visitor.open("today").inner_text("main")
        assert "今晚的方案" in page.inner_text("main")
        page.get_by_role("link", name="看明细并审批").click()
        settled(page)
        everything = words_told(page)

        word = first_cell(page, "word").inner_text().strip()
        page.locator("h1").click()
        page.keyboard.press("/")
        page.keyboard.type(word)
        page.wait_for_function(
            "told => !document.body.innerText.includes(told)", arg=f"筛出 {everything} 词"
        )
        assert words_told(page) < everything
        settled(page)
        bid = edit_first(page, 0.01)
        first_cell(page, "word").locator("a").click()
        page.wait_for_selector("text=为什么")
        page.wait_for_selector(".k-graphs canvas")
        assert bid in page.inner_text("main")
        assert "人工定价" in page.inner_text("main")
        assert "改价" in page.inner_text("main")
        assert visitor.grave() == []

        visitor.open("lines")
        settled(page)
        approve_all(visitor, everything)
        page.wait_for_selector(f"text=/已批准 {everything - 1} 条; 1 条未动.*须由别人批准/")

        visitor.open("after")
        page.get_by_role("button", name="提交已批准的").click()
        page.wait_for_selector(f"text=/生效 {everything - 1}/")
        visitor.open("lines?state=applied")
        settled(page)
        assert words_told(page) == everything - 1

        staffed.happens("elsewhere")
        visitor.open("after")
        page.get_by_role("button", name="撤销…").first.click()
        page.wait_for_selector(f"text=将恢复 {everything - 2} 个词的原价")
        assert re.search(
            "1 个词不恢复.*之后被改过", page.get_by_role("dialog").inner_text(), re.DOTALL
        )
        assert visitor.grave() == []
        page.get_by_label("理由").fill("早上走一遍")
        page.get_by_role("button", name="生成撤销建议").click()
        settled(page)
        assert words_told(page) == everything - 2


def test_three_hundred_lines_are_approved_by_two_presses_of_a_key(visit):
    with visit() as visitor:
        page = visitor.open("lines")
        settled(page)
        count = words_told(page)
        assert count >= 300
        pressed = ["Shift+A", "Enter"]
        page.keyboard.press(pressed[0])
        page.wait_for_selector(f"text=批准 {count} 条改动?")
        page.keyboard.press(pressed[1])
        page.wait_for_selector(f"text=已批准 {count} 条; 0 条未动")


def test_whoever_decides_later_is_told_that_it_has_changed(visit):
    with visit() as first, visit() as second:
        for visitor in (first, second):
            settled(visitor.open("lines"))
        first_cell(second.page, "word").focus()
        second.page.keyboard.press("Space")
        count = words_told(first.page)
        first.page.keyboard.press("Shift+A")
        first.page.wait_for_selector(f"text=批准 {count} 条改动?")
        first.page.keyboard.press("Enter")
        first.page.wait_for_selector(f"text=/已批准 {count} 条/")
        second.page.keyboard.press("a")
        second.page.wait_for_selector("text=批准 1 条改动?")
        second.page.keyboard.press("Enter")
        second.page.wait_for_selector(
            "text=/展示之后有 1 条明细变化, ?本次没有改动|展示之后有 1 条明细变化/"
        )


def test_lines_are_picked_and_approved_with_the_keyboard_alone(visit):
    with visit() as visitor:
        page = visitor.open("lines")
        settled(page)
        before = words_told(page)
        first_cell(page, "word").focus()
        pressed = ["Space", "ArrowDown", "Space", "a", "Enter"]
        for key in pressed[:4]:
            page.keyboard.press(key)
        page.wait_for_selector("text=批准 2 条改动?")
        page.keyboard.press(pressed[4])
        page.wait_for_selector("text=/已批准 2 条/")
        page.wait_for_selector(f"text=筛出 {before - 2} 词")


def test_a_rejection_needs_its_reason(visit):
    with visit() as visitor:
        page = visitor.open("lines")
        settled(page)
        first_cell(page, "word").focus()
        page.keyboard.press("Space")
        page.keyboard.press("r")
        page.wait_for_selector("text=驳回 1 条改动?")
        assert page.get_by_role("button", name="驳回", exact=True).is_disabled()
        page.get_by_label("理由").fill("不划算")
        page.get_by_role("button", name="驳回", exact=True).click()
        page.wait_for_selector("text=/已驳回 1 条/")


def test_lines_are_grouped_by_what_is_asked_for(visit):
    with visit() as visitor:
        page = visitor.open("lines")
        settled(page)
        for name, group in (
            ("按计划", "手动"),
            ("按原因", "降价"),
            ("按风险", "少赚"),
            ("按幅度", "%"),
            ("按状态", "待审"),
        ):
            page.get_by_label("分组").click()
            page.get_by_role("option", name=name).click()
            page.wait_for_selector(f"table th:has-text('{name}')")
            rows = page.locator("tbody tr")
            assert group in rows.first.inner_text() or rows.count() > 1
            sums = [
                int(row.locator("td").first.inner_text().replace(",", "")) for row in rows.all()
            ]
            assert sum(sums) == words_told(page)


def test_a_group_narrows_the_filter_to_itself(visit):
    with visit() as visitor:
        page = visitor.open("lines")
        settled(page)
        page.get_by_label("分组").click()
        page.get_by_role("option", name="按风险").click()
        row = page.locator("tbody tr").first
        row.wait_for()
        of_it = row.locator("td").first.inner_text()
        row.get_by_role("button").click()
        page.wait_for_selector(f"text=筛出 {of_it} 词")
        risk = row.inner_text()[0]
        page.wait_for_selector(f'.ag-row[row-index="0"] [col-id="risk"]:has-text("{risk}")')
        page.wait_for_selector(f"label.k-choice:has-text('风险{risk}')")
