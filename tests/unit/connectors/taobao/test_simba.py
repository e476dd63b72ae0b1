"""The older generation's platform over a scripted wire."""

from __future__ import annotations

import json
from datetime import date, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import AnswerError, ConnectorError, PermanentError, UnknownOutcomeError
from connectors.platform import BidChange, MeteredPlatform
from connectors.taobao import SimbaPlatform

NEWEST = date(2026, 7, 19)
FIRST = NEWEST - timedelta(days=6)
SET = "simba.keywords.pricevon.set"
BY_IDS = "simba.keywordsbykeywordids.get"
BASE = "simba.rpt.adgroupkeywordbase.get"
EFFECT = "simba.rpt.adgroupkeywordeffect.get"


def plan(i, **more):
    return {"campaign_id": i, "title": f"计划{i}", "online_status": "online", **more}


def group(i, campaign):
    return {"adgroup_id": i, "campaign_id": campaign, "num_iid": 8_000 + i, "title": f"宝贝{i}"}


def word(i, adgroup=21, campaign=11, **more):
    return {
        "keyword_id": i, "adgroup_id": adgroup, "campaign_id": campaign, "word": f"词{i}",
        "max_price": 100, "max_mobile_price": 0, "match_scope": "1", "is_default_price": False,
        "mobile_is_default_price": 1, "audit_status": "audit_pass", "qscore": "7", **more,
    }  # fmt: skip


def words(*rows):
    return {"keywords": {"keyword": list(rows)} if rows else {}}


def day(i, when, **more):
    return {
        "date": str(when), "keywordid": i, "impressions": "9", "click": "2", "cost": "150",
        "avgpos": "3", **more,
    }  # fmt: skip


def earned(i, when):
    return {"date": str(when), "keywordid": i, "directpay": "990", "directpaycount": "1"}


@pytest.fixture
def platform(desk, connect):
    """Two campaigns, the second bid for by the platform; one adgroup and two words each."""
    desk.on(
        "simba.campaigns.get",
        {"campaigns": {"campaign": [plan(12, bid_type="max_amount"), plan(11)]}},
    )
    answer(desk, "simba.campaign.budget.get", lambda _: {"campaign_budget": {"budget": 300}})
    answer(
        desk,
        "simba.adgroupsbycampaignid.get",
        lambda call: {
            "adgroups": {
                "adgroup_list": {
                    "a_d_group": [group(int(call["campaign_id"]) + 10, int(call["campaign_id"]))]
                }
            }
        },
    )
    answer(
        desk,
        "simba.keywordsbyadgroupid.get",
        lambda call: words(
            *[
                word(int(call["adgroup_id"]) * 10 + i, int(call["adgroup_id"]))
                | {"campaign_id": int(call["adgroup_id"]) - 10}
                for i in (2, 1)
            ]
        ),
    )
    desk.on("simba.login.authsign.get", {"subway_token": "st-1"})
    return SimbaPlatform(connect(daily_calls=1_000_000))


def answer(desk, method, payload):
    """Let ``payload`` answer from the call."""
    root = method.replace(".", "_") + "_response"
    desk.on(method, lambda call: httpx.Response(200, text=json.dumps({root: payload(call)})))


def report(desk, method, rows):
    """Serve a report page by page."""
    kind = "base" if "base" in method else "effect"

    def page(call):
        size, start = int(call["page_size"]), (int(call["page_no"]) - 1) * int(call["page_size"])
        inside = [
            row
            for row in rows.get(call["adgroup_id"], [])
            if call["start_time"] <= row["date"] <= call["end_time"]
        ][start : start + size]
        return {f"rpt_adgroupkeyword_{kind}_list": json.dumps(inside) if inside else "{}"}

    answer(desk, method, page)


def test_it_is_a_metered_platform(platform):
    assert isinstance(platform, MeteredPlatform)
    assert (platform.name, platform.attribution_days) == ("taobao-simba", 15)
    assert platform.calls_left() == 1_000_000


def test_the_roster_in_the_calls_it_promises(desk, platform):
    roster = platform.roster()
    assert [row.campaign_id for row in roster.campaigns] == ["11", "12"]
    assert [row.daily_budget_fen for row in roster.campaigns] == [30_000, 30_000]
    assert [(row.adgroup_id, row.item_id) for row in roster.adgroups] == [
        ("21", "8021"),
        ("22", "8022"),
    ]
    assert [(row.keyword_id, row.bid_fen, row.biddable) for row in roster.keywords] == [
        ("211", 100, True),
        ("212", 100, True),
        ("221", None, False),
        ("222", None, False),
    ]
    assert len(desk.calls) == 1 + 2 + 2 + 2
    assert all(call["nick"] == "沙盒旗舰店" for call in desk.calls)


def test_adgroups_are_paged(desk, platform):
    many = [group(1_000 + i, 11) for i in range(400)]

    def page(call):
        start = (int(call["page_no"]) - 1) * 200
        some = many[start : start + 200] if call["campaign_id"] == "11" else []
        return {"adgroups": {"adgroup_list": {"a_d_group": some} if some else {}}}

    answer(desk, "simba.adgroupsbycampaignid.get", page)
    answer(desk, "simba.keywordsbyadgroupid.get", lambda _: words())
    assert len(platform.roster().adgroups) == 400
    assert len(desk.made("simba.adgroupsbycampaignid.get")) == 3 + 1


def test_a_word_that_cannot_be_read_is_a_reject(desk, platform):
    desk.on("simba.keywordsbyadgroupid.get", words(word(211), word(212, max_price="dear")))
    roster = platform.roster()
    assert len(roster.rejects) == 1
    assert "max_price" in roster.rejects[0].reason


def test_what_is_deleted_while_we_read_is_left_out(desk, platform, refused):
    desk.on("simba.keywordsbyadgroupid.get", refused(15, "推广组未找到"))
    assert platform.roster().keywords == ()
    desk.on("simba.campaign.budget.get", refused(15, "推广计划未找到"))
    assert platform.roster().campaigns == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.sets(st.tuples(st.integers(1, 200), st.integers(0, 6)), max_size=1_300),
    st.floats(0, 1),
)
def test_every_row_comes_once_however_the_pages_fall(desk, platform, keys, share):
    rows = [day(i, FIRST + timedelta(days=d)) for i, d in sorted(keys, key=lambda k: k[::-1])]
    effects = [earned(row["keywordid"], row["date"]) for row in rows[: int(share * len(rows))]]
    report(desk, BASE, {"21": rows})
    report(desk, EFFECT, {"21": effects})
    desk.calls.clear()
    pages = list(platform.keyword_days(FIRST, NEWEST))
    found = [row for page in pages for row in page.rows]
    assert sorted((int(row.keyword_id), (row.date - FIRST).days) for row in found) == sorted(keys)
    assert sum(row.orders for row in found) == len(effects)
    assert {row.adgroup_id for row in found} <= {"21"}
    assert len(desk.made(BASE)) == 1 + len(rows) // 500 + 1  # and one for the other adgroup
    assert len(desk.made(EFFECT)) == (1 + len(effects) // 500 if rows else 0)


def test_a_report_without_an_end_is_not_read_for_ever(desk, platform):
    page = json.dumps([day(i, NEWEST) for i in range(500)])
    desk.on(BASE, {"rpt_adgroupkeyword_base_list": page})
    with pytest.raises(AnswerError, match="does not end"):
        list(platform.keyword_days(FIRST, NEWEST))


def test_long_periods_are_asked_in_pieces_of_what_the_platform_keeps(desk, platform):
    report(desk, BASE, {})
    assert list(platform.keyword_days(date(2020, 1, 1), date(2030, 1, 1))) == []
    asked = {(call["start_time"], call["end_time"]) for call in desk.made(BASE)}
    starts, ends = (sorted(days) for days in zip(*asked, strict=True))
    assert starts[0] == str(date(2026, 7, 20) - timedelta(days=183))
    assert ends[-1] == str(NEWEST)
    assert all(
        date.fromisoformat(end) + timedelta(days=1) == date.fromisoformat(start)
        for end, start in zip(ends, starts[1:], strict=False)
    )
    for start, end in asked:
        assert (date.fromisoformat(end) - date.fromisoformat(start)).days < 30


def test_a_period_without_days_costs_nothing(desk, platform):
    assert list(platform.keyword_days(NEWEST, FIRST)) == []
    assert list(platform.keyword_days(date(2026, 7, 20), date(2026, 8, 20))) == []
    assert desk.calls == []


def test_the_token_is_renewed_at_midnight(desk, platform, watch):
    report(desk, BASE, {})
    desk.on("simba.login.authsign.get", {"subway_token": "st-1"}, {"subway_token": "st-2"})
    pages = platform.keyword_days(FIRST, NEWEST)
    list(pages)
    watch.now += timedelta(hours=13)
    list(platform.keyword_days(FIRST, NEWEST))
    assert [call["subway_token"] for call in desk.made(BASE)] == ["st-1"] * 2 + ["st-2"] * 2


def test_an_adgroup_deleted_while_we_read_ends_nothing(desk, platform):
    report(desk, EFFECT, {})
    gone = json.dumps({"code": 15, "msg": "", "sub_code": "isv.x", "sub_msg": "推广组未找到"})
    rows = json.dumps([day(221, NEWEST)])
    answer(
        desk,
        BASE,
        lambda call: {"rpt_adgroupkeyword_base_list": gone if call["adgroup_id"] == "21" else rows},
    )
    (page,) = platform.keyword_days(FIRST, NEWEST)
    assert [row.keyword_id for row in page.rows] == ["221"]


def test_live_bids_are_asked_200_at_a_time(desk, platform):
    answer(
        desk, BY_IDS, lambda call: words(*[word(int(i)) for i in call["keyword_ids"].split(",")])
    )
    ids = [str(1_000 + i) for i in range(450)]
    assert platform.live_bids([*ids, "", "no", ids[0]]) == dict.fromkeys(ids, 100)
    assert [len(call["keyword_ids"].split(",")) for call in desk.calls] == [200, 200, 50]
    assert platform.live_bids([]) == {}
    assert len(desk.calls) == 3


def test_a_word_without_a_price_has_no_live_bid(desk, platform):
    desk.on(BY_IDS, words(word(1), word(2, max_price=0)))
    assert platform.live_bids(["1", "2"]) == {"1": 100}


def test_a_campaign_whose_budget_is_missing_is_no_campaign_without_one(desk, platform):
    desk.on("simba.campaign.budget.get", {})
    with pytest.raises(AnswerError, match="budget of the campaign 12"):
        platform.roster()


def test_one_foreign_word_does_not_hide_the_others(desk, platform):
    def some(call):
        ids = call["keyword_ids"].split(",")
        if "1007" in ids:
            no = {"code": 15, "msg": "", "sub_msg": "包含了不属于该客户的关键词Id"}
            return httpx.Response(200, text=json.dumps({"error_response": no}))
        root = "simba_keywordsbykeywordids_get_response"
        return httpx.Response(200, text=json.dumps({root: words(*[word(int(i)) for i in ids])}))

    desk.on(BY_IDS, some)
    live = platform.live_bids([str(1_000 + i) for i in range(16)])
    assert live == {str(1_000 + i): 100 for i in range(16) if i != 7}


def changes(bids):
    return [BidChange(keyword_id=i, bid_before_fen=100, bid_fen=fen) for i, fen in bids.items()]


def test_bids_are_set_with_everything_else_as_it_was(desk, platform):
    present = [word(1, match_scope="4"), word(2, max_mobile_price=88, mobile_is_default_price=0)]
    desk.on(BY_IDS, words(*present))
    desk.on(SET, words(word(1, max_price=55)))
    assert platform.set_bids(changes({"1": 55, "2": 66, "3": 77})) == {"1": 55}
    (sent,) = desk.made(SET)
    first, second = json.loads(sent["keywordid_prices"])
    assert (first["keywordId"], first["maxPrice"], first["matchScope"]) == (1, 55, 4)
    assert (second["maxPrice"], second["maxMobilePrice"]) == (100, 66)


def test_prices_that_cannot_be_are_not_sent(desk, platform):
    desk.on(BY_IDS, words(word(5)))
    desk.on(SET, words(word(5, max_price=5)))
    wanted = {"1": 4, "2": 10_000, "3": 0, "4": -5, "5": 5}
    assert platform.set_bids(changes(wanted)) == {"5": 5}
    assert [call["keyword_ids"] for call in desk.made(BY_IDS)] == ["5"]
    assert platform.set_bids(changes({"1": 4})) == {}
    assert len(desk.calls) == 2


def test_nothing_is_sent_where_no_word_is_left(desk, platform):
    desk.on(BY_IDS, words(word(7, max_price=0)))
    assert platform.set_bids(changes({"7": 50, "8": 50})) == {}
    assert desk.made(SET) == []


def test_more_than_200_are_refused_before_anything_is_sent(desk, platform):
    with pytest.raises(PermanentError, match="200"):
        platform.set_bids(changes({str(i): 50 for i in range(201)}))
    assert desk.calls == []


@pytest.mark.parametrize(
    "odd", [{"keywords": 5}, {"keywords": {"keyword": [{"keyword_id": "?"}]}}], ids=str
)
def test_a_write_answered_in_riddles_has_an_unknown_outcome(desk, platform, odd):
    desk.on(BY_IDS, words(word(5)))
    desk.on(SET, odd)
    with pytest.raises(UnknownOutcomeError, match="read the bids"):
        platform.set_bids(changes({"5": 50}))
    assert len(desk.made(SET)) == 1


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["campaigns", "campaign", "adgroups", "keywords", "keyword"]), inner
        )
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["campaigns", "keywords", "error_response"]), json_like),
    st.integers(0, 60),
)
def test_no_answer_ends_in_anything_but_a_connector_error(desk, platform, payload, cut):
    root = {
        "simba_campaigns_get_response": payload,
        "simba_keywordsbykeywordids_get_response": payload,
    }
    text = json.dumps(root)
    for body in (text, text[:cut], json.dumps(payload)):
        desk.on("simba.campaigns.get", lambda _, body=body: httpx.Response(200, text=body))
        desk.on(BY_IDS, lambda _, body=body: httpx.Response(200, text=body))
        for act in (platform.roster, lambda: platform.live_bids(["1"])):
            try:
                act()
            except ConnectorError as error:
                assert str(error)  # noqa: PT017 - not raising is as good
