"""Rows of the newer generation become ours: yuan in text become fen."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.errors import AnswerError
from connectors.platform import KeywordDayRow
from connectors.taobao import universalbp_rows as rows

PLAN = {
    "campaign_id": 11, "campaign_name": "夏装", "online_status": 1, "dmc_type": "normal",
    "day_budget": "300.50", "bid_type": "custom_bid",
    "adgroup_list": {
        "adgroup_v_o": [
            {"adgroup_id": 21, "adgroup_name": "单元A", "material_id": 8021, "promotion_name": "裙"}
        ]
    },
}  # fmt: skip
WORD = {
    "bidword_id": 30481986859301234, "campaign_id": 11, "adgroup_id": 21, "word": "孕妇打底裤",
    "bid_price": "0.55", "match_scope": 4, "status": "launch", "online_status": 1,
}  # fmt: skip
DAY = {
    "thedate": "2026-07-01", "campaign_id": "11", "adgroup_id": "21", "bidword_id": "211",
    "bid_word_type": "word", "ad_pv": "120", "click": "6", "charge": "3.41",
    "alipay_inshop_amt": "79.00", "alipay_inshop_num": "1", "cart_inshop_num": "2",
    "item_col_inshop_num": "3",
}  # fmt: skip


def test_a_campaign_and_its_adgroups():
    plan = rows.campaign(PLAN)
    assert (plan.campaign_id, plan.daily_budget_fen, plan.bid_type) == ("11", 30_050, "custom_bid")
    assert plan.online
    (group,) = rows.adgroups(PLAN)
    assert (group.adgroup_id, group.campaign_id, group.item_id) == ("21", "11", "8021")
    assert (group.name, group.item_name) == ("单元A", "裙")
    bare = rows.campaign({"campaign_id": 12})
    assert (bare.daily_budget_fen, bare.bid_type, bare.name) == (None, "unknown", "计划12")


@pytest.mark.parametrize(
    ("said", "change", "bid", "reason"),
    [
        ("custom_bid", {}, 55, None),
        ("custom_bid", {"status": "preview"}, 55, None),
        ("custom_bid", {"status": "noflow"}, 55, None),
        ("custom_bid", {"status": "reject"}, 55, "审核"),
        ("custom_bid", {"bid_price": None}, None, "没有给出"),
        ("max_amount", {}, None, "最大化拿量"),
        ("cost_control", {}, None, "控成本"),
        ("roi_control", {}, None, "控投产比"),
        ("", {}, None, "未知"),
        ("brand_new", {}, None, "brand_new"),
    ],
)
def test_only_words_of_manual_campaigns_take_a_bid_and_others_say_why(said, change, bid, reason):
    row = rows.keyword(WORD | change, "夏装", said, 7.0)
    assert (row.bid_fen, row.biddable) == (bid, reason is None)
    assert (reason or "") in (row.not_biddable_reason or "")
    if said != "custom_bid":
        assert "夏装" in (row.not_biddable_reason or "")


def test_a_day():
    assert rows.keyword_day(DAY) == KeywordDayRow(
        keyword_id="211", adgroup_id="21", campaign_id="11", date=date(2026, 7, 1),
        impressions=120, clicks=6, spend_fen=341, orders=1, revenue_fen=7_900, carts=2,
        favourites=3,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["ad_pv", "click", "charge", "bidword_id", "thedate"])
def test_a_day_without_its_figures_is_refused(name):
    with pytest.raises(AnswerError, match=name):
        rows.keyword_day({key: value for key, value in DAY.items() if key != name})


@pytest.mark.parametrize(("fen", "yuan"), [(5, "0.05"), (55, "0.55"), (9_999, "99.99")])
def test_a_price_is_sent_in_yuan_with_everything_else_as_it_was(fen, yuan):
    assert rows.price_item(WORD, fen) == {
        "campaign_id": 11, "adgroup_id": 21, "bidword_id": 30481986859301234,
        "word": "孕妇打底裤", "bid_price": yuan, "match_scope": 4, "online_status": 1,
    }  # fmt: skip


def test_packages_of_words_are_told_apart():
    assert rows.is_word(DAY)
    assert rows.is_word({})
    assert not rows.is_word({"bid_word_type": "wordPackage"})
