"""Every page, in both languages, on a desktop and on a phone: whole, ours alone, and accessible."""

import pytest

PAGES = {
    "today": ("今天", "Today"),
    "plan": ("方案", "The plan"),
    "lines": ("明细", "Lines"),
    "after": ("复盘", "After"),
    "audit": ("审计", "Audit"),
    "account": ("账户", "Account"),
    "people": ("人员", "People"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_pages_are_whole(visit, kind, language):
    with visit(kind, language) as visitor:
        for name, titles in PAGES.items():
            page = visitor.open(name)
            assert titles[language == "en"] in page.inner_text("h1")
            too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            assert not too_wide, f"{name} scrolls sideways"


@pytest.mark.parametrize("kind", ["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_fault_of_access(visit, name, kind):
    with visit(kind) as visitor:
        visitor.open(name)
        assert visitor.grave() == []


def test_an_account_without_a_night_says_what_to_do(visit):
    with visit() as visitor:
        for name in ("today", "plan", "lines", "after"):
            assert "kaiche nightly" in visitor.open(name, "other").inner_text("main")


def test_an_account_that_is_not_there_is_told(browser, served):
    page = browser.new_page()
    page.goto(served.page("today", "nobody"))
    assert "没有账户 nobody; 有: shop, other" in page.inner_text("main")
    page.get_by_role("link", name="回到今天").click()
    page.wait_for_selector("text=测试店铺")
    page.context.close()


def test_the_language_is_kept(visit):
    with visit() as visitor:
        page = visitor.open("plan")
        page.get_by_role("link", name="English").click()
        page.wait_for_selector("text=The efficient frontier")
        assert visitor.open("lines").inner_text("h1") == "Lines"
