"""The examination: it finds what is wrong, and writes nothing."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal

import httpx
import pytest

from connectors.taobao import examine
from connectors.taobao.doctor import Sample, units

GOOD = Sample(
    campaign="夏装", days=7, clicks=100, spend_fen=10_100, cpc_fen=Decimal("101.00"),
    bids_fen=(80, 120, 150), budget_fen=30_000,
)  # fmt: skip
WORD = {"keyword_id": 1, "bidword_id": 1, "adgroup_id": 21, "campaign_id": 11, "word": "裙",
        "max_price": 120, "bid_price": "1.20"}  # fmt: skip


def verdicts(checks):
    return {check.name: check.passed for check in checks}


def test_units_that_agree():
    assert set(verdicts(units(GOOD)).values()) == {True}


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"cpc_fen": Decimal("1.01")}, ["units of spend"]),
        ({"spend_fen": 101, "cpc_fen": Decimal("1.01")}, ["units of bids"]),
        ({"bids_fen": (1, 2)}, ["units of bids"]),
        ({"budget_fen": 300}, ["units of budget"]),
        ({"spend_fen": 10_100_00, "cpc_fen": Decimal("10100")}, ["units of bids"]),
        ({"days": 1, "spend_fen": 10_100 * 100, "clicks": 10_000}, ["units of budget"]),
    ],
)
def test_units_that_do_not_agree_are_told(change, failed):
    checks = units(dataclasses.replace(GOOD, **change))
    assert [check.name for check in checks if check.passed is False] == failed
    assert all("yuan" in check.detail.en for check in checks)
    assert all("元" in check.detail.zh for check in checks)


def test_a_factor_of_a_hundred_is_called_by_its_name():
    (spend, _, _) = units(dataclasses.replace(GOOD, cpc_fen=Decimal("1.01")))
    assert "fen where yuan" in spend.detail.en


@pytest.mark.parametrize("change", [{"clicks": 0}, {"bids_fen": ()}])
def test_what_has_no_clicks_cannot_be_judged(change):
    (check,) = units(dataclasses.replace(GOOD, **change))
    assert check.passed is None


def test_no_budget_cannot_be_judged():
    assert verdicts(units(dataclasses.replace(GOOD, budget_fen=None)))["units of budget"] is None


def on_simba(desk):
    plans = [{"campaign_id": 12, "bid_type": "max_amount"}, {"campaign_id": 11, "title": "夏装"}]
    group = {"adgroup_id": 21, "campaign_id": 11, "title": "裙"}
    row = {"impressions": "900", "click": "50", "cost": "5050", "cpc": "101.00"}
    desk.on("simba.login.authsign.get", {"subway_token": "st"})
    desk.on("simba.campaigns.get", {"campaigns": {"campaign": plans}})
    desk.on("simba.campaign.budget.get", {"campaign_budget": {"budget": 300}})
    desk.on(
        "simba.adgroupsbycampaignid.get",
        {"adgroups": {"adgroup_list": {"a_d_group": [group | {"adgroup_id": 20}, group]}}},
    )
    desk.on("simba.keywordsbyadgroupid.get", {"keywords": {"keyword": [WORD]}})
    empty = {"rpt_adgroupkeyword_base_list": "{}"}
    full = {"rpt_adgroupkeyword_base_list": json.dumps([row])}
    desk.on("simba.rpt.adgroupkeywordbase.get", empty, full)


def bulk(name, rows):
    data = {"count": len(rows), f"{name}_list": {name: rows}}
    return {"top_result": {"info": {"ok": True}, f"{name}_top_bulk_data": data}}


def on_bp(desk, cpc="1.01"):
    plans = [
        {"campaign_id": 12, "bid_type": "max_amount"},
        {"campaign_id": 11, "campaign_name": "夏装", "bid_type": "custom_bid", "day_budget": "300"},
    ]
    figures = {"ad_pv": "900", "click": "50", "charge": "50.50", "ecpc": cpc}
    rows = [
        {"campaign_id": str(i), "adgroup_id": "21", "bidword_id": "1", "report_index": figures}
        for i in (12, 11, 99)
    ]
    desk.on("universalbp.new.campaign.findpage", bulk("campaign_v_o", plans))
    desk.on("universalbp.new.report.query.bidword", bulk("top_report_v_o", rows))
    desk.on("universalbp.new.bidword.findlist", bulk("word_v_o", [WORD]))


@pytest.mark.parametrize(("generation", "script"), [("simba", on_simba), ("universalbp", on_bp)])
def test_a_healthy_shop_passes_and_nothing_is_written(desk, connect, generation, script):
    script(desk)
    checks = examine(connect(generation))
    found = verdicts(checks)
    assert found.pop("right to write") is None
    assert set(found) >= {"sign in", "clock", "read campaigns", "read reports", "read words",
                          "units of spend", "units of bids", "units of budget"}  # fmt: skip
    assert set(found.values()) == {True}
    reading = ("get", "findpage", "findlist", "report.query.bidword")
    assert all(call["method"].endswith(reading) for call in desk.calls)


def test_a_unit_that_is_not_what_we_think_fails(desk, connect):
    on_bp(desk, cpc="101")
    assert verdicts(examine(connect("universalbp")))["units of spend"] is False


@pytest.mark.parametrize(
    ("generation", "method"),
    [("simba", "simba.login.authsign.get"), ("universalbp", "universalbp.new.campaign.findpage")],
)
def test_a_shop_that_cannot_sign_in_says_why_and_stops(desk, connect, refused, generation, method):
    desk.on(method, refused(27))
    (check,) = examine(connect(generation))
    assert (check.name, check.passed) == ("sign in", False)
    assert "re-authorisation" in check.detail.en


def test_a_missing_permission_is_told_and_the_rest_is_still_looked_at(desk, connect, refused):
    on_simba(desk)
    desk.on("simba.rpt.adgroupkeywordbase.get", refused(11))
    found = verdicts(examine(connect("simba")))
    assert found["read reports"] is False
    assert found["read campaigns"] is True
    on_simba(desk)
    desk.on("simba.keywordsbyadgroupid.get", refused(11))
    found = verdicts(examine(connect("simba")))
    assert (found["read words"], found["read the budget"]) == (False, True)
    assert found["units"] is None


def test_figures_nobody_can_read_are_told(desk, connect):
    on_bp(desk)
    row = {"campaign_id": "11", "adgroup_id": "21", "report_index": {"click": "many"}}
    desk.on("universalbp.new.report.query.bidword", bulk("top_report_v_o", [row]))
    failed = [check for check in examine(connect("universalbp")) if check.passed is False]
    assert [check.name for check in failed] == ["units"]
    assert "click" in failed[0].detail.en


def test_a_shop_without_clicks_or_campaigns_ends_without_a_verdict(desk, connect):
    on_bp(desk)
    desk.on("universalbp.new.report.query.bidword", bulk("top_report_v_o", []))
    assert False not in verdicts(examine(connect("universalbp"))).values()
    on_simba(desk)
    desk.on("simba.campaigns.get", {"campaigns": {}})
    assert False not in verdicts(examine(connect("simba"))).values()


def test_a_clock_that_is_off_is_told(desk, connect, refused):
    on_bp(desk)
    page = bulk("campaign_v_o", [])
    no = refused(31, date="Mon, 20 Jul 2026 05:00:00 GMT")
    desk.on("universalbp.new.campaign.findpage", no, page)
    (clock,) = [check for check in examine(connect("universalbp")) if check.name == "clock"]
    assert clock.passed is False
    assert "3600 s" in clock.detail.en


def test_no_connection_is_told(desk, connect):
    desk.on("simba.login.authsign.get", httpx.ConnectError("refused"))
    (check,) = examine(connect("simba"))
    assert "no usable answer" in check.detail.en
