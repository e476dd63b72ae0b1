"""New generation: paged and asynchronous reports, in yuan and fractions."""

from __future__ import annotations

import csv
import io
import json

import pytest
from gateway_calls import BASE, EFFECT, whole

ALL_FIELDS = [
    *("adPv", "click", "charge", "ctr", "ecpc", "ecpm", "alipayDirAmt", "alipayIndirAmt"),
    *("alipayInshopAmt", "alipayDirNum", "alipayIndirNum", "alipayInshopNum", "cvr", "roi"),
    *("cartInshopNum", "itemColInshopNum"),
]
PERIOD = {"start_time": "2026-07-06", "end_time": "2026-07-19"}


def query(**changes):
    return {
        **PERIOD,
        "split_type": "day",
        "effect_equal": 15,
        "unify_type": "zhai",
        "query_field_in_list": ALL_FIELDS,
        "offset": 0,
        "page_size": 500,
        **changes,
    }


def report(caller, **changes):
    return caller.listed(
        "report.query.bidword", "top_report_v_o", top_bid_word_report_query_v_o=query(**changes)
    )


def whole_report(caller, **changes):
    rows, count = [], 1
    while len(rows) < count:
        count, page = report(caller, offset=len(rows), **changes)
        assert page
        rows += page
    return rows


def test_both_generations_report_the_same(reader):
    new = {(row["thedate"], row["bidword_id"]): row for row in whole_report(reader)}
    base, effect = {}, {}
    for group in reader.adgroups():
        base |= {(r["date"], str(r["keywordid"])): r for r in whole(reader, BASE, group)}
        effect |= {(r["date"], str(r["keywordid"])): r for r in whole(reader, EFFECT, group)}
    assert set(new) == set(base)
    for key, row in new.items():
        index, old = row["report_index"], base[key]
        assert (index["ad_pv"], index["click"]) == (old["impressions"], old["click"])
        assert index["charge"] == f"{int(old['cost']) / 100:.2f}"
        assert float(index["ctr"]) == pytest.approx(float(old["ctr"]) / 100, abs=1e-4)
        led = effect.get(key, {})
        pay = int(led.get("directpay", 0)), int(led.get("indirectpay", 0))
        assert index["alipay_dir_amt"] == f"{pay[0] / 100:.2f}"
        assert index["alipay_inshop_amt"] == f"{sum(pay) / 100:.2f}"
        orders = int(led.get("directpaycount", 0)) + int(led.get("indirectpaycount", 0))
        assert index["alipay_inshop_num"] == str(orders)
        clicks = int(index["click"])
        assert float(index["cvr"]) == pytest.approx(orders / clicks if clicks else 0, abs=1e-6)
        assert index["cart_inshop_num"] == led.get("carttotal", "0")
        assert index["item_col_inshop_num"] == led.get("favitemcount", "0")


def test_only_the_fields_asked_for_in_either_spelling(reader):
    _, rows = report(reader, query_field_in_list=["adPv", "alipay_inshop_amt"], page_size=3)
    assert {tuple(row["report_index"]) for row in rows} == {("ad_pv", "alipay_inshop_amt")}
    assert set(rows[0]) == {
        *("thedate", "biz_code", "campaign_id", "campaign_name", "adgroup_id", "adgroup_name"),
        *("bidword_id", "original_word", "bid_word_type", "report_index"),
    }
    assert all(isinstance(rows[0][key], str) for key in ("campaign_id", "bidword_id", "thedate"))


def test_pages_of_any_size_join_to_the_whole(reader):
    rows = whole_report(reader)
    small = {"start_time": "2026-07-18"}
    assert whole_report(reader, page_size=37, **small) == [
        row for row in rows if row["thedate"] >= "2026-07-18"
    ]
    keys = [(row["thedate"], int(row["bidword_id"])) for row in rows]
    assert keys == sorted(keys)
    assert report(reader, offset=len(rows) + 1)[1] == []


def test_filters_by_plan_and_adgroup(reader):
    rows = whole_report(reader)
    group = reader.adgroups()[2]
    by_group = whole_report(reader, strategy_adgroup_id_in_list=[group["adgroup_id"]])
    assert by_group == [row for row in rows if row["adgroup_id"] == str(group["adgroup_id"])]
    by_plan = whole_report(reader, strategy_campaign_id_in_list=[group["campaign_id"]])
    assert by_plan == [row for row in rows if row["campaign_id"] == str(group["campaign_id"])]
    assert report(reader, strategy_adgroup_id_in_list=[17]) == (0, [])


def test_the_sum_of_a_period(reader):
    totals = {}
    for row in whole_report(reader):
        entry = totals.setdefault(row["bidword_id"], [0, 0, 0])
        for i, name in enumerate(("ad_pv", "click", "alipay_inshop_num")):
            entry[i] += int(row["report_index"][name])
    summed = whole_report(reader, split_type="sum")
    assert all("thedate" not in row for row in summed)
    found = {
        row["bidword_id"]: [
            int(row["report_index"][name]) for name in ("ad_pv", "click", "alipay_inshop_num")
        ]
        for row in summed
    }
    assert found == totals


def test_a_shorter_window_credits_fewer_orders(reader):
    def orders(window):
        rows = whole_report(reader, effect_equal=window, query_field_in_list=["alipayInshopNum"])
        return sum(int(row["report_index"]["alipay_inshop_num"]) for row in rows)

    by_window = [orders(window) for window in (1, 3, 7, 15, 30)]
    assert by_window == sorted(by_window)
    assert by_window[0] < by_window[2]
    assert by_window[3] == by_window[4]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start_time": "2026-07-20"}, 15),
        ({"start_time": "2026-01-01"}, 15),
        ({"start_time": "2026-7"}, 41),
        ({"start_time": None}, 40),
        ({"split_type": "week"}, 41),
        ({"effect_equal": 2}, 41),
        ({"unify_type": "guess"}, 41),
        ({"query_field_in_list": []}, 40),
        ({"query_field_in_list": ["profit"]}, 41),
        ({"query_field_in_list": "click"}, 41),
        ({"page_size": 501}, 41),
        ({"offset": 99_900}, 41),
        ({"strategy_adgroup_id_in_list": ["x"]}, 41),
    ],
)
def test_questions_that_are_refused(reader, changes, code):
    asked = query(**changes)
    refused = reader.new_no("report.query.bidword", top_bid_word_report_query_v_o=asked)
    assert refused[0] == code


def create(caller, **changes):
    asked = query(file_name="月报", **changes)
    done = caller.new("report.async.create.download.task", report_query_v_o=asked)
    return done["top_report_download_v_o"]["task_id"]


def find(caller, *chosen):
    return caller.listed(
        "report.async.download.find.task.page",
        "top_report_download_v_o",
        async_rpt_query_v_o={"task_id_list": list(chosen)},
    )[1]


def url(caller, task_id):
    done = caller.new("report.async.download.get.url", async_rpt_query_v_o={"task_id": task_id})
    return done["top_report_download_url_v_o"]["url"]


def test_an_asynchronous_report_is_the_paged_one(caller):
    task_id = create(caller)
    refused = caller.new_no(
        "report.async.download.get.url", async_rpt_query_v_o={"task_id": task_id}
    )
    assert refused == (15, "任务未完成")
    assert [row["status"] for row in find(caller, task_id)] == ["running"]
    (task,) = find(caller)
    assert (task["status"], task["file_name"]) == ("success", "月报")
    response = caller.http.get(url(caller, task_id))
    assert response.headers["content-type"] == "text/csv;charset=UTF-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    paged = whole_report(caller)
    assert len(rows) == len(paged)
    for row, wanted in zip(rows, paged, strict=True):
        flat = {**wanted, **wanted["report_index"]}
        assert row == {key: flat[key] for key in row}
    assert list(rows[0])[:6] == [
        *("thedate", "campaign_id", "adgroup_id", "bidword_id", "original_word", "bid_word_type")
    ]


def test_time_finishes_a_task_and_ends_a_link(caller):
    task_id = create(caller, split_type="sum")
    caller.gateway.clock.advance(seconds=30)
    link = url(caller, task_id)
    rows = csv.reader(io.StringIO(caller.http.get(link).content.decode("utf-8-sig")))
    assert {row[0] for row in rows} == {"thedate", ""}
    caller.gateway.clock.advance(seconds=3600)
    assert caller.http.get(link).status_code == 403
    assert caller.http.get(url(caller, task_id)).status_code == 200


def test_tasks_are_the_shops_own(caller):
    for task_id in (17, create(caller) + 1):
        refused = caller.new_no(
            "report.async.download.get.url", async_rpt_query_v_o={"task_id": task_id}
        )
        assert refused == (15, "下载任务不存在")
    assert json.dumps(find(caller, 99)) == "[]"
