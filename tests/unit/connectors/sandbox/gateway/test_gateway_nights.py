"""Thirty nights in seconds, a restart, several shops, a large account page by page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from gateway_calls import (
    BASE,
    NICK,
    OTHER_NICK,
    OTHER_SESSION,
    SHOP,
    START,
    calling,
    gateway,
    one_shop,
    other_shop,
    whole,
)

from connectors.sandbox.gateway import ALL_KINDS, FaultPlan, SandboxClock, ShopSpec, listen, serve
from connectors.sandbox.gateway.wire import Gateway
from connectors.sandbox.scenario import DEMO, SPARSE


def test_thirty_nights(caller):
    group = max(caller.adgroups(), key=lambda row: row["adgroup_id"])
    word = next(row for row in caller.priced())
    for night in range(30):
        caller.gateway.clock.advance(days=1)
        today = caller.gateway.clock.today()
        yesterday = (today - timedelta(days=1)).isoformat()
        rows = whole(caller, BASE, group, start_time=yesterday, end_time=yesterday)
        assert rows
        wish = [{"keywordId": word["keyword_id"], "maxPrice": 50 + night}]
        caller.simba("keywords.pricevon.set", keywordid_prices=wish)
    changes = caller.gateway.front(NICK).shop.changes()[-30:]
    assert [change.bid_fen for change in changes] == list(range(50, 80))
    assert len({change.day for change in changes}) == 30


def test_a_clock_may_run(caller):
    moments = iter([datetime(2026, 7, 1, tzinfo=UTC) + timedelta(seconds=i) for i in range(9)])
    clock = SandboxClock(lambda: next(moments))
    clock.set(START)
    assert (clock.now() - START).total_seconds() == 1
    clock.advance(days=2)
    assert clock.today().isoformat() == "2026-07-22"
    assert caller.gateway.clock.now() == START


def test_bids_and_budgets_outlive_a_restart(tmp_path):
    spec = one_shop(state=tmp_path / "shop.db")
    for caller in calling(gateway(spec)):
        word = caller.priced()[0]["keyword_id"]
        wish = [{"keywordId": word, "maxPrice": 77}]
        caller.simba("keywords.pricevon.set", keywordid_prices=wish)
        plan = caller.simba("campaigns.get")["campaigns"]["campaign"][0]["campaign_id"]
        caller.simba("campaign.budget.update", campaign_id=plan, budget="444")
    for caller in calling(gateway(spec)):
        assert caller.prices([word]) == {word: 77}
        shown = caller.simba("campaign.budget.get", campaign_id=plan)["campaign_budget"]
        assert shown["budget"] == 444


def test_two_shops_share_a_quota_and_nothing_else():
    for caller in calling(gateway(one_shop(), other_shop())):
        other = type(caller)(caller.gateway, caller.url, caller.http, OTHER_SESSION, OTHER_NICK)
        mine, theirs = caller.priced()[0], other.priced()[0]
        wish = [{"keywordId": mine["keyword_id"], "maxPrice": 99}]
        assert other.simba_no("keywords.pricevon.set", keywordid_prices=wish)[0] == 15
        caller.gateway.front(NICK).expired = True
        assert caller.simba_no("campaigns.get")[0] == 27
        assert other.prices([theirs["keyword_id"]]) == {theirs["keyword_id"]: theirs["max_price"]}
        assert caller.gateway.meter.calls_today == caller.gateway.calls


def test_ids_of_17_digits_stay_exact(reader):
    text = reader.post(
        reader.signed(
            reader.parameters(
                "taobao.simba.keywordsbyadgroupid.get",
                nick=NICK,
                adgroup_id=str(reader.adgroups()[0]["adgroup_id"]),
            )
        )
    ).text
    exact = json.loads(text, parse_int=str)["simba_keywordsbyadgroupid_get_response"]
    known = set(reader.gateway.front(NICK).shop.directory.keyword_ids)
    assert {row["keyword_id"] for row in exact["keywords"]["keyword"]} <= known


def test_a_large_account_costs_its_arrays_and_a_page():
    spec = ShopSpec(
        nick=NICK,
        session="session-of-one",
        seed=3,
        scenario=SPARSE,
        keywords=20_000,
        history_days=3,
    )
    for caller in calling(gateway(spec)):
        asked = {
            "start_time": "2026-07-17",
            "end_time": "2026-07-19",
            "split_type": "day",
            "query_field_in_list": ["adPv"],
            "page_size": 500,
        }
        count, rows = caller.listed(
            "report.query.bidword", "top_report_v_o", top_bid_word_report_query_v_o=asked
        )
        assert count > 10_000
        assert len(rows) == 500
        last = {**asked, "offset": count - 3}
        _, rows = caller.listed(
            "report.query.bidword", "top_report_v_o", top_bid_word_report_query_v_o=last
        )
        assert [row["thedate"] for row in rows] == ["2026-07-19"] * 3


def test_nothing_that_is_drawn_breaks_the_gateway():
    async def at_once(_):
        return None

    plan = FaultPlan(seed=9, rate=0.6, kinds=ALL_KINDS)
    made = gateway(one_shop(scenario=replace(SHOP, keywords=80)), faults=plan, sleep=at_once)
    for caller in calling(made):
        for night in range(60):
            made.front(NICK).expired = False
            parameters = caller.parameters(
                "taobao.simba.campaigns.get"
                if night % 2
                else "taobao.simba.customers.authorized.get",
                nick=NICK,
            )
            try:
                response = caller.post(caller.signed(parameters))
            except httpx.TransportError:
                continue
            assert response.status_code in (200, 502)
        made.faults.clear()
        made.skew = timedelta()
        made.front(NICK).expired = False
        assert caller.simba("campaigns.get")


def test_a_taken_port_is_an_error_before_anything_is_served():
    made = gateway(one_shop(scenario=replace(DEMO, keywords=20, campaigns=1), history_days=1))
    with serve(made) as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            listen(port)
    assert isinstance(made, Gateway)
