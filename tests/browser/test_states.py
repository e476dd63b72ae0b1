"""What stands on a page while there is nothing, while something is read or worked out, and when it fails."""

import pytest

ROWS = "**/proposals/*/rows*"


def test_a_night_under_way_is_followed_live(visit, served):
    with visit() as visitor:
        served.happens("night")
        page = visitor.page
        told = "今晚的计算正在进行: 开始"
        while told not in visitor.open("today", "other").inner_text("main"):
            page.wait_for_load_state("networkidle")
        bar = page.locator("[role=progressbar][aria-label=进度]")
        seen = []
        for step in ("拉取报表", "保存", "检查数据是否新鲜", "整理", "估计", "定价"):
            served.happens("go")
            page.wait_for_selector(f"text=今晚的计算正在进行: {step}")
            seen.append(float(bar.get_attribute("aria-valuenow")))
        assert visitor.grave() == []
        assert seen == sorted(set(seen))
        for _ in range(5):
            served.happens("go")
        page.wait_for_selector("text=看明细并审批")  # by itself: the page has read itself anew


def test_the_grid_says_that_it_reads_that_it_is_empty_and_that_it_failed(visit):
    with visit() as visitor:
        page, held = visitor.page, []

        def hold(route):
            held.append(route)

        page.route(ROWS, hold)
        page.goto(visitor.served.page("lines"))
        page.wait_for_selector(".ag-row >> text=读取中")
        held[0].continue_()
        page.wait_for_selector(".ag-row .ag-cell[col-id=bid]:not(:empty)")
        page.unroute(ROWS)
        page.get_by_label("词", exact=True).fill("没有这样的词")
        page.wait_for_selector("text=没有符合条件的词")
        page.get_by_role("button", name="批准筛出的全部 (A)").click()
        page.wait_for_selector("text=筛选结果为空")
        page.route(ROWS, lambda route: route.abort())
        page.get_by_label("词", exact=True).fill("还是没有")
        page.wait_for_selector("[role=alert] >> text=读不到明细")
        assert visitor.faults.pop().startswith("Failed to load resource")


@pytest.mark.parametrize(
    ("page", "zh", "en"),
    [
        ("after", "还没有提交过", "Nothing was sent yet"),
        ("audit?actor=nobody", "没有符合条件的记录", "No such record"),
        ("people", "还没有用户", "No user yet"),
    ],
)
def test_what_is_empty_says_so(visit, page, zh, en):
    for language, sentence in (("zh", zh), ("en", en)):
        with visit(language=language) as visitor:
            assert sentence in visitor.open(page).inner_text("main")


def test_a_line_that_is_not_there_is_told_in_the_readers_language(visit):
    for language, sentence in (("zh", "没有明细 99999"), ("en", "there is no line 99999")):
        with visit(language=language) as visitor:
            page = visitor.open("lines/99999")
            assert sentence in page.inner_text("[role=alert]")
            assert visitor.grave() == []


def test_the_log_in_speaks_the_language_that_is_chosen_there(visit):
    with visit() as visitor:
        page = visitor.page
        page.goto(f"{visitor.served.address}/sign-in")
        assert visitor.grave() == []
        page.get_by_role("link", name="English").click()
        page.wait_for_selector("h1:has-text('Log in')")
