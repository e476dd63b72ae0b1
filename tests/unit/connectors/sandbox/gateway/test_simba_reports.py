"""Old generation: reports as JSON in text, money in fen, rates in percent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from gateway_calls import BASE, EFFECT, SHOP, START, YESTERDAY, asked, report, whole

from connectors.sandbox import SandboxPlatform


def twin(days=0):
    """The same shop in process, as it is seen ``days`` later."""
    today = START.date() + timedelta(days=days)
    opened = SandboxPlatform(
        clock=START.date, seed=11, keywords=400, history_days=14, scenario=SHOP
    )
    opened._shop._clock = lambda: today
    return opened


def test_base_and_effect_are_the_markets_figures(reader):
    truth = {}
    for page in twin().keyword_days(date.min, date.max):
        truth |= {(int(r.keyword_id), r.date.isoformat()): r for r in page.rows if r.impressions}
    base, effect = {}, {}
    for group in reader.adgroups():
        base |= {(r["keywordid"], r["date"]): r for r in whole(reader, BASE, group)}
        effect |= {(r["keywordid"], r["date"]): r for r in whole(reader, EFFECT, group)}
    assert set(base) == set(truth)
    assert set(effect) == {
        key for key, row in truth.items() if row.orders or row.carts or row.favourites
    }
    assert effect
    for key, row in truth.items():
        shown = base[key]
        assert int(shown["impressions"]) == row.impressions
        assert int(shown["click"]) == row.clicks
        assert int(shown["cost"]) == row.spend_fen
        assert float(shown["ctr"]) == pytest.approx(100 * row.clicks / row.impressions, abs=0.006)
        assert float(shown["cpm"]) == pytest.approx(1000 * row.spend_fen / row.impressions, abs=1)
        assert int(shown["avgpos"]) == pytest.approx(row.avg_rank, abs=0.51)
    for key, shown in effect.items():
        row = truth[key]
        assert int(shown["directpay"]) + int(shown["indirectpay"]) == row.revenue_fen
        assert int(shown["directpaycount"]) + int(shown["indirectpaycount"]) == row.orders
        assert int(shown["carttotal"]) == row.carts
        carts = int(shown["directcarttotal"]) + int(shown["indirectcarttotal"])
        assert carts == row.carts
        assert int(shown["favitemcount"]) == row.favourites


def test_the_shape_of_rows(reader):
    group = reader.adgroups()[0]
    row = report(reader, BASE, group)[0]
    assert set(row) == {
        *("date", "campaignid", "adgroupid", "keywordid", "keywordstr", "nick", "source"),
        *("searchtype", "impressions", "click", "cost", "ctr", "cpc", "cpm", "avgpos"),
    }
    assert (row["campaignid"], row["adgroupid"]) == (group["campaign_id"], group["adgroup_id"])
    texts = ("impressions", "click", "cost", "ctr", "cpc", "cpm", "avgpos")
    assert all(isinstance(row[name], str) for name in texts)
    assert isinstance(row["keywordid"], int)


def test_pages_join_to_the_whole_in_order(reader):
    group = reader.adgroups()[0]
    rows = whole(reader, BASE, group)
    assert whole(reader, BASE, group, size=7) == rows
    keys = [(row["date"], row["keywordid"]) for row in rows]
    assert keys == sorted(set(keys))
    beyond = len(rows) // 7 + 2
    assert report(reader, BASE, group, page_no=str(beyond), page_size="7") == {}


def test_a_part_of_the_days(reader):
    group = reader.adgroups()[0]
    rows = whole(reader, BASE, group)
    chosen = whole(reader, BASE, group, start_time="2026-07-10", end_time="2026-07-12")
    assert chosen == [row for row in rows if "2026-07-10" <= row["date"] <= "2026-07-12"]


@pytest.mark.parametrize(
    ("first", "last"), [("2026-07-20", "2026-07-25"), ("2026-06-01", "2026-07-05")]
)
def test_days_without_figures_are_an_empty_object(reader, first, last):
    group = reader.adgroups()[0]
    assert report(reader, BASE, group, start_time=first, end_time=last) == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start_time": "2026-07-12", "end_time": "2026-07-10"}, "开始日期不能大于结束日期"),
        ({"start_time": "2026-01-01"}, "查询时间跨度不能超过90天"),
        ({"subway_token": "st-wrong"}, "subway_token非法"),
        ({"adgroup_id": "1"}, "推广组未找到"),
        ({"campaign_id": "1"}, "推广计划未找到"),
    ],
)
def test_business_errors_hide_in_the_text_of_a_success(reader, changes, message):
    found = report(reader, BASE, reader.adgroups()[0], **changes)
    assert (found["code"], found["sub_msg"]) == (15, message)
    assert found["sub_code"].startswith("isv.")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subway_token": None}, 40),
        ({"start_time": "2026/07/10"}, 41),
        ({"page_size": "501"}, 41),
        ({"source": "1"}, 41),
        ({"search_type": None}, 40),
    ],
)
def test_calls_that_cannot_be_read_are_refused_openly(reader, changes, code):
    parameters = asked(reader, reader.adgroups()[0], **changes)
    assert reader.simba_no(BASE, **parameters)[0] == code


def test_the_token_is_of_the_day(caller):
    group, token = caller.adgroups()[0], caller.token()
    caller.gateway.clock.advance(days=1)
    assert report(caller, BASE, group, subway_token=token)["code"] == 15
    assert caller.token() != token


def test_figures_are_restated_as_orders_arrive(caller):
    groups = caller.adgroups()

    def seen():
        rows = [row for group in groups for row in whole(caller, EFFECT, group)]
        orders = sum(int(r["directpaycount"]) + int(r["indirectpaycount"]) for r in rows)
        clicks = [row for group in groups for row in whole(caller, BASE, group)]
        return orders, sum(int(row["click"]) for row in clicks)

    first = seen()
    caller.gateway.clock.advance(days=1)
    second = seen()
    caller.gateway.clock.advance(days=15)
    last = seen()
    assert first[0] < second[0] < last[0]
    assert first[1] < second[1] == last[1]
    truth = [
        row for page in twin(16).keyword_days(date.min, date(2026, 7, 19)) for row in page.rows
    ]
    assert last == (sum(row.orders for row in truth), sum(row.clicks for row in truth))


def test_today_so_far_is_split_by_source(caller):
    group = max(caller.adgroups(), key=lambda row: row["adgroup_id"])

    def clicks():
        body = caller.simba(
            "rtrpt.bidword.get",
            campaign_id=group["campaign_id"],
            adgroup_id=group["adgroup_id"],
            the_date=caller.gateway.clock.today().isoformat(),
        )["results"]
        rows = body.get("rt_rpt_result_entity_d_t_o", [])
        assert {row["source"] for row in rows} <= {"1", "4"}
        assert all(isinstance(value, str) for row in rows for value in row.values())
        return sum(int(row["impression"]) for row in rows), rows

    morning, rows = clicks()
    caller.gateway.clock.advance(seconds=13 * 3600)
    evening, _ = clicks()
    assert 0 < morning < evening
    assert "impressions" not in rows[0]
    refused = caller.simba_no(
        "rtrpt.bidword.get",
        campaign_id=group["campaign_id"],
        adgroup_id=group["adgroup_id"],
        the_date=YESTERDAY,
    )
    assert refused[0] == 41


def test_prices_of_a_word_on_the_market(reader):
    word = max(reader.keywords(), key=lambda row: int(row["qscore"]))["word"]
    dates = {"start_date": "2026-07-10", "end_date": "2026-07-12"}
    rows = reader.ok("taobao.simba.insight.wordspricedata.get", bidword=word, **dates)
    buckets = rows["word_pricedata_list"]["insight_word_price_distribute_data_d_t_o"]
    assert [row["price"] for row in buckets] == sorted({row["price"] for row in buckets})
    assert all(row["cost"] <= row["click"] * row["price"] for row in buckets if row["click"])
    nothing = reader.ok("taobao.simba.insight.wordspricedata.get", bidword="没有这个词", **dates)
    assert nothing == {"word_pricedata_list": {}}
    backwards = {"start_date": "2026-07-12", "end_date": "2026-07-10"}
    refused = reader.no("taobao.simba.insight.wordspricedata.get", bidword=word, **backwards)
    assert refused == (15, "开始日期不能大于结束日期")
