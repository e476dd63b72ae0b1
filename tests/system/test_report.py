"""``kaiche report`` on a demo's data: a page and a workbook in a folder, in both languages."""

import json
import re

import pytest
from openpyxl import load_workbook

OVER_HTTP = """\
database: sqlite:///var/kaiche.db
accounts:
  - id: shop
    name: 演示店铺
    connector:
      kind: taobao
      generation: universalbp
      nick: 店
      sandbox: {seed: 3, keywords: 300, history_days: 21, state: var/shop.db}
    history_days: 30
    budgets: {daily: 400}
    allowance: {amount: 40, window_days: 30, window_cap: 600, end_date: 2027-12-31}
    guardrails: {max_changed_share: 1, max_spend_rise: 5, max_step_down: 0.9}
    economics: [{margin_rate: 0.3}]
"""
LIVED = 3


@pytest.fixture(scope="module")
def lived(kaiche_in, tmp_path_factory):
    """A shop of which three nights were lived, from the 1st of March on."""
    made = kaiche_in(tmp_path_factory.mktemp("shop"), OVER_HTTP)
    done = made.run("demo", "--nights", LIVED, "--date", "2026-03-04")
    assert done.returncode == 0, done.stderr
    return made


def test_a_month_is_written_as_a_page_and_a_workbook(lived):
    found = lived.call(
        "report", "--account", "shop", "--month", "2026-03", "--to", "months", "--json"
    )
    assert found.returncode == 0, found.stderr
    (told,) = json.loads(found.stdout)
    names = ["kaiche-report-shop-2026-03-en.html", "kaiche-report-shop-2026-03-en.xlsx"]
    assert told["paths"] == [f"months/{name}" for name in names]
    assert re.match(
        r"In March 2026 \(Mar 1 to Mar 3\) kaiche spent ¥[\d,.]+ and brought", told["said"][0]
    )
    page = (lived.folder / "months" / names[0]).read_text(encoding="utf-8")
    assert told["said"][0].replace("'", "&#x27;") in page
    assert page.count('class="wide"') == 5
    book = load_workbook(lived.folder / "months" / names[1])
    days = list(book["Days"].values)
    assert [row[1] for row in days[1 : LIVED + 1]] == ["yes"] * LIVED
    assert book["Batches"].max_row > 2
    assert book["Forecasts"].max_row == 1 + 2 * LIVED


def test_the_ledger_and_the_report_agree(lived):
    ledger = json.loads(lived.call("ledger", "--account", "shop", "--json").stdout)
    lost = sum(
        entry["day"]["loss_fen"]
        for entry in ledger[0]["days"]
        if entry["day"]["date"] >= "2026-03-01"
    )
    lived.call("report", "-a", "shop", "--month", "2026-03", "--to", "agree")
    book = load_workbook(lived.folder / "agree" / "kaiche-report-shop-2026-03-en.xlsx")
    head, *days = book["Days"].values
    at = {name: head.index(name) for name in ("Spend", "Contribution")}
    shown = sum(row[at["Spend"]] - row[at["Contribution"]] for row in days[:LIVED])
    assert round(shown * 100) == lost


def test_what_is_there_is_not_overwritten_unasked(lived):
    asked = ("report", "--month", "2026-02", "--language", "zh", "--to", "twice")
    assert lived.call(*asked).returncode == 0
    again = lived.call(*asked)
    assert (again.returncode, "exists already" in again.stderr) == (8, True)
    assert lived.call(*asked, "--force").returncode == 0
    page = (lived.folder / "twice" / "kaiche-report-shop-2026-02-zh.html").read_text(
        encoding="utf-8"
    )
    assert "kaiche 还没有开始" in page


def test_a_month_without_data_is_a_page_that_says_so(lived):
    found = lived.call("report", "--month", "2020-01", "--to", "old")
    assert found.returncode == 0, found.stderr
    assert "Nothing is on record of this month" in found.stdout
    assert (lived.folder / "old" / "kaiche-report-shop-2020-01-en.html").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--month", "2026-13"), 8, "write it as 2026-10"),
        (("--account", "nobody"), 3, "there is no account nobody; there are: shop"),
        (("--language", "fr"), 8, "write zh or en"),
        (("--to", "kaiche.yaml"), 8, "kaiche.yaml cannot be made"),
    ],
)
def test_what_cannot_be_done_is_said(lived, arguments, code, says):
    found = lived.call("report", *arguments)
    assert found.returncode == code, found.stderr
    assert says in found.stderr
