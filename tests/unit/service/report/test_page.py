"""The page: whole and valid HTML, nothing of it anywhere else, what was typed stays text."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from golden_month import EMPTY, HOSTILE, OURS, RECORD, losing, settled

from service.report import svg
from service.report.figures import assemble
from service.report.page import STYLE, page
from service.report.record import Span

VOID = {"meta", "br"}
LONELY = {"path", "rect", "circle", "line"}  # drawn without anything in them, closed by "/>"
MONTHS = {
    "running": RECORD,
    "settled": settled(),
    "beyond": losing(5_000),
    "profit": losing(-90_000),
    "free": replace(RECORD, terms={}),
    "before": replace(RECORD, ours=Span(first=OURS.first, last=OURS.last), nights=(), terms={}),
    "unbooked": replace(RECORD, ours=replace(OURS, booked=())),
    "bare": replace(
        RECORD, nights=(), decided=(), batches=(), keywords=(), events=(), rollbacks=()
    ),
    "empty": EMPTY,
    "ahead": replace(EMPTY, today=date(2026, 2, 1)),
    "begun": replace(EMPTY, runs=1, events=RECORD.events),
}


class Reader(HTMLParser):
    """Keeps what a browser would build: open elements, attributes, text."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.attributes, self.tags, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in LONELY:
            self.wrong.append(f"<{tag}/>")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        self.text.append(data)


def read(record, language="zh"):
    found = Reader()
    found.feed(page(assemble(record), language).decode())
    found.close()
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", MONTHS)
def test_every_month_is_whole_html(name, language):
    found = read(MONTHS[name], language)
    assert (found.open, found.wrong) == ([], [])
    assert found.tags.count("h1") == 1
    ids = [value for key, value in found.attributes if key == "id"]
    assert ids == []
    assert dict(found.attributes)["lang"] == {"zh": "zh-CN", "en": "en"}[language]


@pytest.mark.parametrize("name", MONTHS)
def test_nothing_is_asked_for_elsewhere_and_nothing_runs(name):
    written = page(assemble(MONTHS[name]), "zh").decode()
    found = read(MONTHS[name])
    assert not {"script", "link", "img", "iframe", "object", "base", "a"} & set(found.tags)
    keys = {key for key, _ in found.attributes}
    assert not {"src", "href", "xlink:href", "srcset", "action", "data"} & keys
    assert not [key for key in keys if key.startswith("on")]
    assert not re.search(r"https?:|//\w|url\(|@import|javascript:", written)


def test_what_others_typed_stays_text():
    written = page(assemble(RECORD), "zh").decode()
    assert "<script" not in written
    assert "<i>搬家" not in written
    assert "<b>" not in written
    text = "".join(read(RECORD).text)
    for typed in (HOSTILE, "裙子 <b>", "<i>搬家</i>", "季节不对"):
        assert typed in text


def test_a_name_full_of_markup_stays_text():
    name = '"><svg onload=x>'
    found = read(replace(RECORD, name=name))
    assert (found.open, found.wrong) == ([], [])
    assert "onload" not in {key for key, _ in found.attributes}
    assert name in "".join(found.text)


def test_the_result_comes_first_in_both_languages():
    chinese, english = ("".join(read(RECORD, one).text) for one in ("zh", "en"))
    assert (
        "2026年3月 (3月3日 到 3月5日) kaiche 花费 ¥400.00, 带来 14 单, 成交额 ¥1,050, 贡献 ¥385.00; "
        "亏损 ¥15.00, 在允许的 ¥25.00 之内."
    ) in chinese
    assert (
        "In March 2026 (Mar 3 to Mar 5) kaiche spent ¥400.00 and brought 14 orders, ¥1,050 of "
        "turnover and ¥385.00 of contribution; it lost ¥15.00 of the ¥25.00 allowed."
    ) in english
    assert (
        "profit will lie between −¥53.55 and ¥23.55 with 90 % confidence (negative: loss)"
        in english
    )
    assert "昨天没有数据" in chinese
    assert "yesterday is missing" in english
    assert "预算被提高" in chinese
    assert "a budget was raised" in english


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("running", "The month is not over: figures are up to Mar 5."),
        ("settled", "All orders are in; these figures will not change any more."),
        ("beyond", "it lost ¥65.00, more than the ¥25.00 allowed."),
        ("profit", "it earned ¥885.00, and did not need the ¥25.00 of loss that it was allowed."),
        ("free", "a loss of ¥15.00; this account has no loss allowance."),
        ("before", "kaiche was not at work yet"),
        ("unbooked", "the ledger does not know the contribution of these days yet."),
        ("bare", "There is no night to compare yet."),
        ("empty", "Nothing is on record of this month"),
        ("ahead", "This month has not begun."),
        ("begun", "Nights have begun, but no day has been reported yet."),
    ],
)
def test_every_kind_of_month_says_what_it_is(name, says):
    assert says in "".join(read(MONTHS[name], "en").text)


def test_a_month_whose_figures_end_early_says_so():
    text = "".join(read(settled(), "en").text)
    assert "There are no figures after Mar 5." in text


def test_the_charts_show_every_day_twice_for_two_widths():
    written = page(assemble(RECORD), "en").decode()
    assert written.count('class="wide"') == written.count('class="narrow"') == 5
    assert written.count('role="img"') == 10
    assert written.count('aria-label="Loss so far (below zero: profit)"') == 2
    assert written.count("If no further order came") == 2  # by day and together
    assert "03-03: Loss ¥10.00" in written  # told where the pointer rests
    assert "03-05: ¥100.00 (¥80.00 … ¥120.00)" in written


def test_the_same_month_is_the_same_bytes():
    assert page(assemble(RECORD), "zh") == page(assemble(RECORD), "zh")


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_from_what_is_behind_it():
    colours = set(re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", STYLE)) | {svg.INK, svg.QUIET}
    assert len(colours) >= 5
    for colour in colours:
        for ground in ("#ffffff", "#eef2f0", svg.SHADE):
            assert contrast(colour, ground) >= 4.5, (colour, ground)


def test_marks_stand_out_from_the_page():
    for colour in (svg.TEAL, svg.AMBER, svg.RED, svg.BLUE, svg.QUIET, svg.INK):
        for ground in ("#ffffff", svg.SHADE):
            assert contrast(colour, ground) >= 3, colour
    assert svg.TEAL in svg.edge_of(svg.PALE)  # too faint alone
