"""The newer generation's platform over a scripted wire."""

from __future__ import annotations

import json
from datetime import date

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import (
    AuthorisationError,
    ConnectorError,
    PermanentError,
    UnknownOutcomeError,
)
from connectors.platform import BidChange, MeteredPlatform
from connectors.taobao import UniversalbpPlatform

PLANS = "universalbp.new.campaign.findpage"
WORDS = "universalbp.new.bidword.findlist"
SCORES = "universalbp.new.bidword.qscore"
SET = "universalbp.new.bidword.update"
REPORT = "universalbp.new.report.query.bidword"
DOWNLOADS = tuple(
    f"universalbp.new.report.async.{step}"
    for step in ("create.download.task", "download.find.task.page", "download.get.url")
)


def plan(i, groups, said="custom_bid"):
    return {
        "campaign_id": i,
        "campaign_name": f"计划{i}",
        "online_status": 1,
        "day_budget": "300.00",
        "bid_type": said,
        "adgroup_list": {"adgroup_v_o": [{"adgroup_id": g, "adgroup_name": "A"} for g in groups]},
    }


def word(i, adgroup, campaign, price="0.55", **more):
    return {
        "bidword_id": i, "campaign_id": campaign, "adgroup_id": adgroup, "word": f"词{i}",
        "bid_price": price, "match_scope": 4, "status": "launch", "online_status": 1, **more,
    }  # fmt: skip


def bulk(name, rows, count=None):
    inner = {name: rows} if rows else {}
    data = {"count": len(rows) if count is None else count, f"{name}_list": inner}
    return {"top_result": {"info": {"ok": True}, f"{name}_top_bulk_data": data}}


def answer(desk, method, parameter, reply):
    root = method.replace(".", "_") + "_response"

    def say(call):
        assert json.loads(call["top_service_context"]) == {"biz_code": "onebpSearch"}
        found = reply(json.loads(call[parameter]))
        return httpx.Response(200, text=json.dumps({root: found}))

    desk.on(method, say)


class Account:
    """Campaigns 1 and 2 by hand, 3 by the platform; adgroup c*10+g holds words adgroup*10+w."""

    def __init__(self):
        self.plans = [plan(2, [21]), plan(1, [11, 12]), plan(3, [31], "max_amount")]
        self.words = {
            g: [word(g * 10 + w, g, g // 10, None if g == 31 else f"0.{50 + w}") for w in (2, 1)]
            for g in (11, 12, 21, 31)
        }
        self.gone = set()

    def on(self, desk):
        answer(desk, PLANS, "campaign_query_v_o", self.page)
        answer(desk, SCORES, "qscore_real_query_v_o", self.scores)
        desk.on(WORDS, self.listed)

    def page(self, asked):
        some = self.plans[asked["offset"] : asked["offset"] + asked["page_size"]]
        return bulk("campaign_v_o", some, len(self.plans))

    def scores(self, asked):
        assert len(asked["bidword_id_list"]) <= 200
        return bulk(
            "qscore_v_o", [{"bidword_id": i, "qscore": 7} for i in asked["bidword_id_list"]]
        )

    def listed(self, call):
        asked = json.loads(call["word_query_v_o"])
        groups = asked["adgroup_id_list"]
        assert 1 <= len(groups) <= 20
        if self.gone & set(groups):
            no = {"code": 15, "msg": "", "sub_code": "isv.x", "sub_msg": "推广组未找到"}
            return httpx.Response(200, text=json.dumps({"error_response": no}))
        rows = [
            row
            for g in groups
            for row in self.words.get(g, [])
            if row["campaign_id"] in asked["campaign_id_list"]
        ]
        root = WORDS.replace(".", "_") + "_response"
        return httpx.Response(200, text=json.dumps({root: bulk("word_v_o", rows)}))


@pytest.fixture
def account(desk):
    made = Account()
    made.on(desk)
    return made


@pytest.fixture
def platform(account, connect):
    assert account.words
    return UniversalbpPlatform(connect("universalbp", daily_calls=1_000_000))


def changes(bids):
    return [BidChange(keyword_id=i, bid_before_fen=100, bid_fen=fen) for i, fen in bids.items()]


def test_it_is_a_metered_platform(platform):
    assert isinstance(platform, MeteredPlatform)
    assert (platform.name, platform.attribution_days) == ("taobao-bp", 15)
    assert platform.calls_left() == 1_000_000


def test_the_roster_in_the_calls_it_promises(desk, platform):
    roster = platform.roster()
    assert [row.campaign_id for row in roster.campaigns] == ["1", "2", "3"]
    assert [row.adgroup_id for row in roster.adgroups] == ["11", "12", "21", "31"]
    assert [(row.keyword_id, row.bid_fen) for row in roster.keywords] == [
        ("111", 51), ("112", 52), ("121", 51), ("122", 52), ("211", 51), ("212", 52),
        ("311", None), ("312", None),
    ]  # fmt: skip
    assert {row.quality_score for row in roster.keywords} == {7.0}
    assert [row.keyword_id for row in roster.keywords if not row.biddable] == ["311", "312"]
    assert len(desk.calls) == 1 + 1 + 1


def test_campaigns_and_adgroups_are_paged(desk, account, platform):
    account.plans = [plan(i, [10 * i]) for i in range(1, 251)]
    account.words = {10 * i: [word(10 * i, 10 * i, i)] for i in range(1, 251)}
    roster = platform.roster()
    assert len(roster.campaigns) == len(roster.keywords) == 250
    assert [len(desk.made(method)) for method in (PLANS, WORDS, SCORES)] == [3, 13, 2]


def test_an_adgroup_deleted_meanwhile_hides_no_other(account, platform):
    account.gone = {12}
    assert [row.keyword_id for row in platform.roster().keywords][:3] == ["111", "112", "211"]


def test_scores_that_are_not_told_are_unknown_and_said_so(desk, platform, refused):
    desk.on(SCORES, refused(11))
    roster = platform.roster()
    assert {row.quality_score for row in roster.keywords} == {None}
    assert "质量分" in roster.rejects[0].reason
    desk.on(SCORES, refused(27))
    with pytest.raises(AuthorisationError):
        platform.roster()


def test_a_word_that_cannot_be_read_is_a_reject(account, platform):
    account.words[11] = [word(111, 11, 1, "dear"), word("?", 11, 1), word(112, 11, 1)]
    roster = platform.roster()
    assert [row.keyword_id for row in roster.keywords][:2] == ["112", "121"]
    assert sorted(reject.reason.split()[3] for reject in roster.rejects) == [
        "bid_price",
        "bidword_id",
    ]


def test_live_bids_ask_only_the_adgroups_of_their_words(desk, account, platform):
    platform.roster()
    desk.calls.clear()
    account.words[11][0]["bid_price"] = "1.23"
    assert platform.live_bids(["112", "111", "311", "", "x"]) == {"112": 123, "111": 51}
    (call,) = desk.calls
    asked = json.loads(call["word_query_v_o"])
    assert asked == {"campaign_id_list": [1, 3], "adgroup_id_list": [11, 31]}
    assert platform.live_bids([]) == {}
    assert len(desk.calls) == 1


def test_a_fresh_platform_finds_where_words_live_once(desk, platform):
    assert platform.live_bids(["211"]) == {"211": 51}
    assert len(desk.calls) == 3
    assert platform.live_bids(["111"]) == {"111": 51}
    assert len(desk.calls) == 4


def test_a_word_made_after_the_roster_is_found(account, platform):
    platform.roster()
    account.words[21].append(word(219, 21, 2, "2.00"))
    assert platform.live_bids(["219", "218"]) == {"219": 200}


def test_a_deleted_word_has_no_live_bid(account, platform):
    platform.roster()
    account.words[21] = []
    assert platform.live_bids(["211", "111"]) == {"111": 51}


def test_bids_are_set_with_everything_else_as_it_was(desk, platform):
    desk.on(SET, bulk("word_v_o", [word(111, 11, 1, "0.60")]))
    wanted = {"111": 60, "211": 61, "311": 62, "999": 63, "112": 4, "212": 10_000}
    assert platform.set_bids(changes(wanted)) == {"111": 60}
    (sent,) = desk.made(SET)
    items = json.loads(sent["word_update_request_v_o"])["bidword_list"]
    assert [(item["bidword_id"], item["bid_price"]) for item in items] == [
        (111, "0.60"),
        (211, "0.61"),
    ]
    assert items[0] == {
        "campaign_id": 1, "adgroup_id": 11, "bidword_id": 111, "word": "词111",
        "bid_price": "0.60", "match_scope": 4, "online_status": 1,
    }  # fmt: skip


def test_nothing_is_sent_where_no_word_is_left(desk, platform):
    assert platform.set_bids(changes({"311": 50, "999": 50})) == {}
    assert desk.made(SET) == []


def test_more_than_200_are_refused_before_anything_is_sent(desk, platform):
    with pytest.raises(PermanentError, match="200"):
        platform.set_bids(changes({str(i): 50 for i in range(201)}))
    assert desk.calls == []


@pytest.mark.parametrize(
    "odd",
    [{"x": 1}, {"top_result": 5}, bulk("word_v_o", [{"bidword_id": 1}]), bulk("word_v_o", [5])],
    ids=str,
)
def test_a_write_answered_in_riddles_has_an_unknown_outcome(desk, platform, odd):
    desk.on(SET, odd)
    with pytest.raises(UnknownOutcomeError, match="read the bids"):
        platform.set_bids(changes({"111": 50}))
    assert len(desk.made(SET)) == 1


def test_days_that_cannot_be_read_are_rejects_and_packages_are_left_out(desk, platform):
    good = {
        "thedate": "2026-07-01", "campaign_id": "1", "adgroup_id": "11", "bidword_id": "111",
        "report_index": {"ad_pv": "9", "click": "1", "charge": "0.31"},
    }  # fmt: skip
    rows = [
        good,
        good | {"bidword_id": "3.04E+11"},
        good | {"report_index": {}},
        good | {"bidword_id": "112", "bid_word_type": "wordPackage"},
    ]
    desk.on(REPORT, bulk("top_report_v_o", rows))
    (page,) = platform.keyword_days(date(2026, 7, 1), date(2026, 7, 1))
    assert [(row.keyword_id, row.spend_fen) for row in page.rows] == [("111", 31)]
    assert len(page.rejects) == 2


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["top_result", "info", "ok", "campaign_v_o", "word_v_o", "count"]),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(json_like, st.integers(0, 60))
def test_no_answer_ends_in_anything_but_a_connector_error(desk, platform, payload, cut):
    wrapped = {"campaign_v_o_top_bulk_data": payload, "top_report_v_o_top_bulk_data": payload}
    bodies = [
        lambda root: json.dumps({root: {"top_result": payload}}),
        lambda root: json.dumps({root: {"top_result": wrapped}}),
        lambda root: json.dumps({root: {"top_result": payload}})[:cut],
        lambda root: json.dumps({root: payload}),
        lambda _: json.dumps({"error_response": payload}),
    ]
    days = date(2026, 7, 1), date(2026, 7, 2)
    for body in bodies:
        for method in (
            PLANS,
            REPORT,
            *DOWNLOADS,
        ):  # an answer may say that there is too much for pages
            text = body(method.replace(".", "_") + "_response")
            desk.on(method, lambda _, text=text: httpx.Response(200, text=text))
        for act in (platform.roster, lambda: list(platform.keyword_days(*days))):
            try:
                act()
            except ConnectorError as error:
                assert str(error)  # noqa: PT017 - not raising is as good
