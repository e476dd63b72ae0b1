"""Old generation: campaigns, budgets, schedules, adgroups."""

from __future__ import annotations

import pytest
from gateway_calls import OTHER_NICK, OTHER_SESSION, SHOP, calling, gateway, one_shop


def campaigns(caller):
    return caller.simba("campaigns.get")["campaigns"]["campaign"]


def test_campaigns_come_at_once_and_show_who_bids(reader):
    rows = campaigns(reader)
    assert len(rows) == SHOP.campaigns
    assert {row["nick"] for row in rows} == {reader.nick}
    assert {row["settle_status"] for row in rows} == {"online"}
    auto = [row for row in rows if "bid_type" in row]
    assert len(auto) == 1
    assert auto[0]["bid_type"] in ("max_amount", "cost_control", "roi_control")


def test_a_campaign_over_its_budget_says_so_late_in_the_day():
    for caller in calling(gateway(one_shop(seed=13))):
        campaign = campaigns(caller)[0]["campaign_id"]
        caller.simba("campaign.budget.update", campaign_id=campaign, budget="30")
        caller.gateway.clock.advance(seconds=15 * 3600)
        state = {row["campaign_id"]: row for row in campaigns(caller)}
        stop = caller.gateway.front(caller.nick)
        hours = stop.shop.day(stop.shop.today).stop_hour
        for i, name in enumerate(stop.shop.directory.campaign_ids):
            over = hours[i] <= 23.5
            assert state[int(name)]["settle_reason"] == ("2" if over else "")
            assert state[int(name)]["settle_status"] == ("offline" if over else "online")


def test_another_nick_is_no_customer_of_this_session(reader):
    assert reader.simba_no("campaigns.get", nick=OTHER_NICK) == (15, "未找到指定客户")


def test_every_session_opens_its_own_shop(reader):
    other = type(reader)(reader.gateway, reader.url, reader.http, OTHER_SESSION, OTHER_NICK)
    assert other.simba("customers.authorized.get")["nicks"] == {"string": [OTHER_NICK]}
    assert len(campaigns(other)) == 2
    ours = {row["campaign_id"] for row in campaigns(reader)}
    theirs = {row["campaign_id"] for row in campaigns(other)}
    assert not ours & theirs
    foreign = min(theirs - ours)
    assert reader.simba_no("campaign.budget.get", campaign_id=str(foreign))[0] == 15


def test_a_budget_is_whole_yuan_and_can_be_set(caller):
    campaign = campaigns(caller)[0]["campaign_id"]
    before = caller.simba("campaign.budget.get", campaign_id=campaign)["campaign_budget"]
    assert isinstance(before["budget"], int)
    assert before["is_smooth"] is False
    set_to = caller.simba(
        "campaign.budget.update", campaign_id=campaign, budget="456", use_smooth="true"
    )["campaign_budget"]
    assert (set_to["budget"], set_to["is_smooth"]) == (456, True)
    assert caller.simba("campaign.budget.get", campaign_id=campaign)["campaign_budget"] == set_to


def test_a_budget_may_be_unlimited_but_not_below_30(caller):
    campaign = campaigns(caller)[0]["campaign_id"]
    refused = caller.simba_no("campaign.budget.update", campaign_id=campaign, budget="29")
    assert refused == (15, "日限额不能低于30元")
    free = caller.simba("campaign.budget.update", campaign_id=campaign)["campaign_budget"]
    assert free["budget"] is None
    bad = caller.simba_no("campaign.budget.update", campaign_id=campaign, use_smooth="maybe")
    assert bad[0] == 41
    assert caller.simba_no("campaign.budget.update", campaign_id=campaign, budget="30.5")[0] == 41


def test_a_budget_moves_the_market_from_today_on(caller):
    front = caller.gateway.front(caller.nick)
    shop, today = front.shop, front.shop.today
    spend = [int(shop.day(today - i).clicks.price_fen.sum()) for i in range(2)]
    for row in campaigns(caller):
        caller.simba("campaign.budget.update", campaign_id=row["campaign_id"], budget="30")
    cut = shop.day(today)
    by_campaign = [
        int(cut.clicks.price_fen[shop.market.ground.campaign[cut.clicks.keyword] == i].sum())
        for i in range(SHOP.campaigns)
    ]
    assert max(by_campaign) <= 3_000 < spend[0]
    assert int(shop.day(today - 1).clicks.price_fen.sum()) == spend[1]


@pytest.mark.parametrize("plan", ["all", ";".join(["00:00-24:00:100"] * 7), ";".join(["0"] * 7)])
def test_a_schedule_is_shown_as_it_was_set(caller, plan):
    campaign = campaigns(caller)[0]["campaign_id"]
    first = caller.simba("campaign.schedule.get", campaign_id=campaign)["campaign_schedule"]
    assert first["schedule"] == "all"
    caller.simba("campaign.schedule.update", campaign_id=campaign, schedule=plan)
    again = caller.simba("campaign.schedule.get", campaign_id=campaign)["campaign_schedule"]
    assert again["schedule"] == plan


@pytest.mark.parametrize("plan", ["never", "00:00-24:00:100", ";".join(["00:10-24:00:100"] * 7)])
def test_a_schedule_off_the_grid_is_refused(caller, plan):
    campaign = campaigns(caller)[0]["campaign_id"]
    refused = caller.simba_no("campaign.schedule.update", campaign_id=campaign, schedule=plan)
    assert refused[0] == 41


def test_adgroups_come_in_pages_with_the_total_on_the_first(reader):
    campaign = campaigns(reader)[0]["campaign_id"]
    first, second, third = (
        reader.simba(
            "adgroupsbycampaignid.get", campaign_id=campaign, page_size="1", page_no=str(number)
        )["adgroups"]
        for number in (1, 2, 3)
    )
    assert first["total_item"] == 2
    assert "total_item" not in second
    (one,), (two,) = (page["adgroup_list"]["a_d_group"] for page in (first, second))
    assert one["adgroup_id"] < two["adgroup_id"]
    assert isinstance(one["default_price"], int)
    assert one["num_iid"] != two["num_iid"]
    assert third["adgroup_list"] == {}


@pytest.mark.parametrize(
    "arguments", [{"page_size": "201"}, {"page_size": "0"}, {"page_no": "0"}, {"page_no": "x"}]
)
def test_pages_have_bounds(reader, arguments):
    campaign = campaigns(reader)[0]["campaign_id"]
    refused = reader.simba_no("adgroupsbycampaignid.get", campaign_id=campaign, **arguments)
    assert refused[0] == 41


def test_what_is_not_there_is_not_found(reader):
    assert reader.simba_no("adgroupsbycampaignid.get", campaign_id="1") == (15, "推广计划未找到")
    assert reader.simba_no("keywordsbyadgroupid.get", adgroup_id="1") == (15, "推广组未找到")
