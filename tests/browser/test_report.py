"""The monthly report in a browser: as the console leads to it, and as a file of its own."""

import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from service.report.figures import assemble
from service.report.page import page as written

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden_month import RECORD, losing

DESKTOP = {"viewport": {"width": 1360, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
KINDS = {"desktop": DESKTOP, "phone": PHONE}


def grave(page):
    """What axe finds that is serious."""
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the golden month from a file, on paper's side of the network: nothing else may be asked for."""
    contexts = []

    def open_file(kind, language, record=RECORD):
        path = tmp_path / f"{kind}-{language}.html"
        path.write_bytes(written(assemble(record), language))
        context = browser.new_context(**KINDS[kind])
        contexts.append(context)
        page = context.new_page()
        faults = []
        page.on("console", lambda said: faults.append(said.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda one: one.url != path.as_uri() and faults.append(one.url))
        page.goto(path.as_uri())
        return page, faults

    yield open_file
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_the_file_is_whole_by_itself(opened, kind, language):
    page, faults = opened(kind, language)
    assert {"zh": "2026年3月 月报", "en": "Report of March 2026"}[language] == page.inner_text("h1")
    seen = {"desktop": "wide", "phone": "narrow"}[kind]
    assert page.locator(f"svg.{seen}:visible").count() == 5
    assert page.locator("svg.wide:visible, svg.narrow:visible").count() == 5
    assert not too_wide(page)
    assert grave(page) == []
    assert faults == []


def test_nothing_of_a_chart_is_cut_off(opened):
    for kind in KINDS:
        page, _ = opened(kind, "en", losing(5_000_000))
        cut = page.evaluate(
            """() => [...document.querySelectorAll('svg[role=img] text')].filter(text => {
                const svg = text.ownerSVGElement, box = text.getBBox(), room = svg.viewBox.baseVal;
                return svg.getClientRects().length &&
                    (box.x < 0 || box.y < 0 || box.x + box.width > room.width
                     || box.y + box.height > room.height);
            }).map(text => text.textContent)"""
        )
        assert cut == []


def test_days_open_by_the_keyboard(opened):
    page, faults = opened("desktop", "en")
    assert not page.get_by_role("cell", name="¥200.00").first.is_hidden()
    page.get_by_text("Open the figures by day").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="Figures by day").is_visible()
    assert faults == []


def test_paper_shows_the_wide_charts_and_every_table_whole(opened):
    page, _ = opened("phone", "zh")
    page.emulate_media(media="print")
    assert page.locator("svg.wide:visible").count() == 5
    assert page.locator("svg.narrow:visible").count() == 0


@pytest.mark.parametrize("kind", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_console_leads_to_it(visit, kind, language):
    with visit(kind, language) as visitor:
        page = visitor.open("after")
        faults, asked = [], []
        page.context.on("console", lambda said: faults.append(said.text))
        page.context.on("request", lambda one: asked.append(one.url))
        name = {"zh": "2026年03月", "en": "2026-03"}[language]
        with page.context.expect_page() as waiting:
            page.get_by_role("link", name=name, exact=True).click()
        report = waiting.value
        report.wait_for_url("**/report?*")
        report.wait_for_load_state()
        heading = {"zh": "2026年3月 月报", "en": "Report of March 2026"}[language]
        assert report.inner_text("h1") == heading
        assert {address.partition("?")[0] for address in asked} == {
            f"{visitor.served.address}/api/v1/accounts/shop/report"
        }
        assert report.locator("svg.wide, svg.narrow").count() >= 2
        assert not too_wide(report)
        assert grave(report) == []
        assert faults == []


def test_the_workbook_is_saved_from_the_console(visit):
    with visit() as visitor:
        page = visitor.open("after")
        with page.expect_download() as saving:
            page.get_by_role("link", name="2026年03月 Excel").click()
        assert saving.value.suggested_filename == "kaiche-report-shop-2026-03-zh.xlsx"


def test_today_offers_it_once_there_are_days(visit):
    with visit("desktop", "en") as visitor:
        link = visitor.open("today").get_by_role("link", name="Open the monthly report")
        assert link.get_attribute("href") == "/api/v1/accounts/shop/report?language=en"
