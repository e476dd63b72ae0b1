"""New generation: plans, in yuan."""

from __future__ import annotations

import pytest
from gateway_calls import SHOP


def plans(caller, **query):
    return caller.listed("campaign.findpage", "campaign_v_o", campaign_query_v_o=query)


def test_plans_come_by_offset_with_the_count_of_all(reader):
    count, rows = plans(reader, page_size=100)
    assert count == SHOP.campaigns == len(rows)
    assert plans(reader, offset=2, page_size=3) == (count, rows[2:5])
    assert plans(reader, offset=100) == (count, [])
    assert len(plans(reader)[1]) == min(20, count)


def test_a_plan_shows_who_bids_its_budget_in_yuan_and_its_adgroups(reader):
    _, rows = plans(reader)
    kinds = {row["campaign_id"]: row["bid_type"] for row in rows}
    assert sorted(kinds.values()).count("custom_bid") == len(kinds) - 1
    old = {
        row["campaign_id"]: row.get("bid_type", "custom_bid")
        for row in reader.simba("campaigns.get")["campaigns"]["campaign"]
    }
    assert kinds == old
    adgroups = [g for row in rows for g in row["adgroup_list"]["adgroup_v_o"]]
    assert {g["adgroup_id"] for g in adgroups} == {g["adgroup_id"] for g in reader.adgroups()}
    assert all(isinstance(row["day_budget"], str) for row in rows)
    for row in rows:
        fen = reader.gateway.front(reader.nick).shop.budgets_now()
        i = reader.gateway.front(reader.nick).campaigns[str(row["campaign_id"])]
        assert row["day_budget"] == f"{fen[i] / 100:.2f}"


def test_one_plan_by_id(reader):
    _, rows = plans(reader)
    assert plans(reader, campaign_id=rows[3]["campaign_id"]) == (1, [rows[3]])
    assert plans(reader, campaign_id=17) == (0, [])


@pytest.mark.parametrize("query", [{"page_size": 101}, {"page_size": 0}, {"offset": -1}])
def test_pages_have_bounds(reader, query):
    assert reader.new_no("campaign.findpage", campaign_query_v_o=query)[0] == 41


def test_the_scene_must_be_named(reader):
    missing = reader.new_no("campaign.findpage", top_service_context=None, campaign_query_v_o={})
    assert missing[0] == 40
    other = {"biz_code": "onebpDisplay"}
    wrong = reader.new_no("campaign.findpage", top_service_context=other, campaign_query_v_o={})
    assert wrong[0] == 41
    listed = reader.new_no("campaign.findpage", top_service_context=[], campaign_query_v_o={})
    assert listed[0] == 41


def set_budgets(caller, *entries):
    body = caller.new(
        "campaign.budget.batchupdate", campaign_budget_list_v_o={"budget_list": entries}
    )
    return body["batch_result_v_o"]["success_id_list"]["number"]


@pytest.mark.parametrize("amount", ["456.78", 456.78, 456])
def test_a_budget_is_set_in_yuan(caller, amount):
    one, two = (row["campaign_id"] for row in plans(caller)[1][:2])
    entry = {"campaign_id": one, "dmc_type": "normal", "day_budget": amount}
    free = {"campaign_id": two, "dmc_type": "unlimit", "smooth_option": "smooth"}
    assert set_budgets(caller, entry, free) == [one, two]
    first, second = plans(caller)[1][:2]
    assert float(first["day_budget"]) == float(amount)
    assert (first["dmc_type"], first["smooth_option"]) == ("normal", "quick")
    assert "day_budget" not in second
    assert (second["dmc_type"], second["smooth_option"]) == ("unlimit", "smooth")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"day_budget": "29.99"}, 15),
        ({"day_budget": "30.001"}, 41),
        ({"day_budget": "much"}, 41),
        ({"day_budget": True}, 41),
        ({"day_budget": "1e400"}, 41),
        ({"day_budget": "NaN"}, 41),
        ({}, 40),
        ({"dmc_type": "total", "day_budget": "50"}, 41),
        ({"day_budget": "50", "smooth_option": "slow"}, 41),
        ({"campaign_id": 17, "day_budget": "50"}, 15),
    ],
)
def test_a_wrong_budget_stops_the_whole_call(caller, entry, code):
    one, two = plans(caller)[1][:2]
    entries = [
        {"campaign_id": one["campaign_id"], "day_budget": "777"},
        {"campaign_id": two["campaign_id"]} | entry,
    ]
    refused = caller.new_no(
        "campaign.budget.batchupdate", campaign_budget_list_v_o={"budget_list": entries}
    )
    assert refused[0] == code
    assert plans(caller)[1][0]["day_budget"] == one["day_budget"]


def test_who_bids_cannot_be_changed_here(caller):
    one = plans(caller)[1][0]
    entries = [
        {"campaign_id": one["campaign_id"], "bid_type": one["bid_type"]},
        {"campaign_id": one["campaign_id"], "bid_type": "roi_control"},
    ]
    done = caller.new("campaign.bid.batchupdate", campaign_bid_list_v_o={"bid_list": entries})
    lists = done["batch_result_v_o"]
    assert lists["success_id_list"] == {"number": [one["campaign_id"]]}
    assert lists["fail_list"]["fail_v_o"][0]["id"] == one["campaign_id"]
    entries = [{"campaign_id": one["campaign_id"], "bid_type": "none"}]
    refused = caller.new_no("campaign.bid.batchupdate", campaign_bid_list_v_o={"bid_list": entries})
    assert refused[0] == 41


def test_hours_are_shown_as_they_were_set(caller):
    one = plans(caller)[1][0]
    hours = [{"day_of_week": 1, "time_span": "08:00-24:00", "discount": 80}]
    entries = [
        {"campaign_id": one["campaign_id"], "launch_period_list": hours},
        {"campaign_id": one["campaign_id"]},
    ]
    caller.new(
        "campaign.advanced.batchupdate", campaign_advanced_list_v_o={"advanced_list": entries}
    )
    shown = plans(caller)[1][0]["launch_period_list"]
    assert shown == {"launch_period_v_o": hours}
