"""Old generation: words and their prices in fen."""

from __future__ import annotations

from datetime import timedelta

import pytest


def price_wish(row, fen, **more):
    return {"keywordId": row["keyword_id"], "maxPrice": fen, **more}


def set_prices(caller, *wishes):
    body = caller.simba("keywords.pricevon.set", keywordid_prices=list(wishes))
    return {row["keyword_id"]: row for row in body["keywords"].get("keyword", [])}


def test_words_of_an_adgroup_come_at_once(reader):
    group = reader.adgroups()[0]
    rows = reader.simba("keywordsbyadgroupid.get", adgroup_id=group["adgroup_id"])["keywords"]
    words = rows["keyword"]
    assert {row["adgroup_id"] for row in words} == {group["adgroup_id"]}
    assert [row["keyword_id"] for row in words] == sorted(row["keyword_id"] for row in words)
    for row in words:
        assert isinstance(row["max_price"], int)
        assert row["match_scope"] in ("1", "4")
        assert 1 <= int(row["qscore"]) <= 10
        assert (row["max_mobile_price"], row["mobile_is_default_price"]) == (0, 1)


def test_words_of_plans_that_bid_for_themselves_have_no_price(reader):
    auto = {
        row["campaign_id"]
        for row in reader.simba("campaigns.get")["campaigns"]["campaign"]
        if "bid_type" in row
    }
    by_plan = {row["max_price"] == 0 for row in reader.keywords() if row["campaign_id"] in auto}
    by_word = {row["max_price"] == 0 for row in reader.keywords() if row["campaign_id"] not in auto}
    assert (by_plan, by_word) == ({True}, {False})


def test_words_by_id_leave_out_what_does_not_exist(reader):
    rows = reader.keywords()[:3]
    asked = ",".join(str(row["keyword_id"]) for row in rows) + ",17"
    found = reader.simba("keywordsbykeywordids.get", keyword_ids=asked)["keywords"]["keyword"]
    assert [row["keyword_id"] for row in found] == [row["keyword_id"] for row in rows]
    assert "qscore" not in found[0]
    assert found[0]["max_price"] == rows[0]["max_price"]
    none = reader.simba("keywordsbykeywordids.get", keyword_ids="17,18")
    assert none == {"keywords": {}}


def test_ids_are_at_most_200(reader):
    asked = ",".join(map(str, range(1, 202)))
    refused = reader.simba_no("keywordsbykeywordids.get", keyword_ids=asked)
    assert refused == (15, "bidwordList size must in [1,200] , actual is 201")
    assert reader.simba_no("keywordsbykeywordids.get", keyword_ids="1,a")[0] == 41
    assert reader.simba_no("keywordsbykeywordids.get", keyword_ids="")[0] == 40


def test_a_price_is_set_in_fen_and_read_back(caller):
    one, two, three = caller.priced()[:3]
    caller.gateway.clock.advance(seconds=3600)
    done = set_prices(
        caller,
        price_wish(one, 123),
        price_wish(two, 5, matchScope=1, maxMobilePrice=77, mobileIsDefaultPrice=0),
    )
    assert {key: row["max_price"] for key, row in done.items()} == {
        one["keyword_id"]: 123,
        two["keyword_id"]: 5,
    }
    assert done[two["keyword_id"]]["match_scope"] == "1"
    assert done[two["keyword_id"]]["max_mobile_price"] == 77
    assert done[two["keyword_id"]]["mobile_is_default_price"] == 0
    assert done[one["keyword_id"]]["modified_time"] == "2026-07-20 09:30:00"
    ids = [row["keyword_id"] for row in (one, two, three)]
    assert caller.prices(ids) == dict(zip(ids, (123, 5, three["max_price"]), strict=True))


def test_the_default_price_is_the_adgroups(caller):
    word = caller.priced()[0]
    default = {row["adgroup_id"]: row["default_price"] for row in caller.adgroups()}
    done = set_prices(caller, price_wish(word, 1, isDefaultPrice=1))[word["keyword_id"]]
    assert done["is_default_price"] is True
    assert done["max_price"] == default[word["adgroup_id"]]
    done = set_prices(caller, price_wish(word, 88))[word["keyword_id"]]
    assert (done["is_default_price"], done["max_price"]) == (False, 88)


def test_only_what_was_set_is_answered(caller):
    words = caller.keywords()
    rejected = next(row for row in words if row["audit_status"] == "audit_reject")
    auto = next(row for row in words if row["max_price"] == 0)
    good, gone = caller.priced()[:2]
    caller.simba("keywords.delete", campaign_id=gone["campaign_id"], keyword_ids=gone["keyword_id"])
    done = set_prices(caller, *(price_wish(row, 66) for row in (rejected, auto, good, gone)))
    assert set(done) == {good["keyword_id"]}
    assert set_prices(caller, price_wish(rejected, 66)) == {}


@pytest.mark.parametrize("fen", [4, 10_000])
def test_one_price_out_of_range_stops_the_whole_call(caller, fen):
    one, two = caller.priced()[:2]
    wishes = [price_wish(one, 66), price_wish(two, fen)]
    refused = caller.simba_no("keywords.pricevon.set", keywordid_prices=wishes)
    assert refused == (15, "出价必须在0.05元到99.99元之间")
    assert caller.prices([one["keyword_id"]]) == {one["keyword_id"]: one["max_price"]}


def test_a_word_of_somebody_else_stops_the_whole_call(caller):
    one = caller.priced()[0]
    wishes = [price_wish(one, 66), {"keywordId": 17, "maxPrice": 66}]
    refused = caller.simba_no("keywords.pricevon.set", keywordid_prices=wishes)
    assert refused == (15, "包含了不属于该客户的关键词Id")
    assert caller.prices([one["keyword_id"]]) == {one["keyword_id"]: one["max_price"]}


@pytest.mark.parametrize("count", [0, 201])
def test_prices_are_set_for_1_to_200_words(reader, count):
    wishes = [{"keywordId": i, "maxPrice": 50} for i in range(count)]
    refused = reader.simba_no("keywords.pricevon.set", keywordid_prices=wishes)
    assert refused == (15, f"bidwordList size must in [1,200] , actual is {count}")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ("not json", 41),
        ({"keywordId": 1}, 41),
        ([1], 41),
        ([{"maxPrice": 50}], 40),
        ([{"keywordId": 1}], 40),
        ([{"keywordId": 1, "maxPrice": 50.5}], 41),
        ([{"keywordId": 1, "maxPrice": True}], 41),
    ],
)
def test_prices_that_cannot_be_read(reader, wish, code):
    assert reader.simba_no("keywords.pricevon.set", keywordid_prices=wish)[0] == code


def test_a_match_that_does_not_exist(reader):
    word = reader.priced()[0]
    wish = [price_wish(word, 50, matchScope=2)]
    assert reader.simba_no("keywords.pricevon.set", keywordid_prices=wish)[0] == 15


def test_words_are_deleted_and_come_back(caller):
    before = caller.priced()
    word = before[0]
    gone = caller.simba(
        "keywords.delete", campaign_id=word["campaign_id"], keyword_ids=word["keyword_id"]
    )["keywords"]["keyword"]
    assert [row["keyword_id"] for row in gone] == [word["keyword_id"]]
    assert len(caller.priced()) == len(before) - 1
    again = caller.simba(
        "keywords.delete", campaign_id=word["campaign_id"], keyword_ids=word["keyword_id"]
    )
    assert again == {"keywords": {}}
    wishes = [
        {"word": word["word"], "maxPrice": 71, "matchScope": 1},
        {"word": "从来没有人搜的词", "maxPrice": 71},
    ]
    added = caller.simba("keywordsvon.add", adgroup_id=word["adgroup_id"], keyword_prices=wishes)[
        "keywords"
    ]["keyword"]
    assert [(row["word"], row["max_price"], row["match_scope"]) for row in added] == [
        (word["word"], 71, "1")
    ]
    assert added[0]["keyword_id"] == word["keyword_id"]


def test_at_most_100_words_are_deleted_and_only_of_the_campaign(caller):
    words = caller.priced()
    elsewhere = next(row for row in words if row["campaign_id"] != words[0]["campaign_id"])
    refused = caller.simba_no(
        "keywords.delete",
        campaign_id=words[0]["campaign_id"],
        keyword_ids=str(elsewhere["keyword_id"]),
    )
    assert refused == (15, "包含了不属于该客户的关键词Id")
    many = ",".join(map(str, range(101)))
    refused = caller.simba_no(
        "keywords.delete", campaign_id=words[0]["campaign_id"], keyword_ids=many
    )
    assert refused == (15, "bidwordList size must in [1,100] , actual is 101")


def test_an_adgroup_holds_200_words(reader):
    group = reader.adgroups()[0]["adgroup_id"]
    wishes = [{"word": f"词{i}", "maxPrice": 50} for i in range(190)]
    refused = reader.simba_no("keywordsvon.add", adgroup_id=group, keyword_prices=wishes)
    assert refused == (15, "已有关键词已经达到200")


def test_changes_since_a_moment(caller):
    one, two, gone = caller.priced()[:3]
    caller.gateway.clock.advance(seconds=60)
    start = caller.gateway.clock.now().strftime("%Y-%m-%d %H:%M:%S")
    set_prices(caller, price_wish(one, 61))
    caller.simba("keywords.delete", campaign_id=gone["campaign_id"], keyword_ids=gone["keyword_id"])
    caller.gateway.clock.advance(seconds=60)
    caller.gateway.front(caller.nick).edit_as_person({str(two["keyword_id"]): 62})
    pages = [
        caller.simba("keywords.changed.get", start_time=start, page_size="1", page_no=number)
        for number in ("1", "2", "3")
    ]
    lists = [page["keywords"]["keyword_list"].get("keyword", []) for page in pages]
    assert [[row["keyword_id"] for row in rows] for rows in lists] == [
        [one["keyword_id"]],
        [two["keyword_id"]],
        [],
    ]
    assert lists[1][0]["modified_time"] == "2026-07-20 08:32:00"
    assert pages[0]["keywords"]["total_item"] == 2
    assert "total_item" not in pages[1]["keywords"]
    deleted = caller.simba("keywordids.deleted.get", start_time=start)
    assert deleted == {"deleted_keyword_ids": {"number": [gone["keyword_id"]]}}


def test_changes_reach_back_a_month_at_most(reader):
    long_ago = reader.gateway.clock.now() - timedelta(days=32)
    start = long_ago.strftime("%Y-%m-%d %H:%M:%S")
    assert reader.simba_no("keywords.changed.get", start_time=start)[0] == 41
    assert reader.simba_no("keywords.changed.get", start_time="2026-07-20")[0] == 41
    refused = reader.simba_no(
        "keywords.changed.get", start_time="2026-07-19 00:00:00", page_size="1001"
    )
    assert refused[0] == 41


def test_scores_of_an_adgroup(reader):
    word = reader.keywords()[0]
    rows = reader.simba("keywords.qscore.get", adgroup_id=word["adgroup_id"])
    scores = {row["keyword_id"]: row for row in rows["keyword_qscore_list"]["keyword_qscore"]}
    assert scores[word["keyword_id"]]["qscore"] == word["qscore"]
    assert set(scores[word["keyword_id"]]) >= {"cust_score", "creative_score", "rele_score"}


def test_ranks_of_at_most_20_words(reader):
    group = reader.adgroups()[0]["adgroup_id"]
    rows = reader.simba("keywordsbyadgroupid.get", adgroup_id=group)["keywords"]["keyword"]
    ids = [str(row["keyword_id"]) for row in rows]
    found = reader.simba(
        "keywords.realtime.ranking.batch.get", ad_group_id=group, bidword_ids=",".join(ids[:20])
    )["result"]["realtime_rank_list"]["result"]
    assert [str(row["bidwordid"]) for row in found] == ids[:20]
    places = {row["mobile_rank"] for row in found}
    assert places <= {-1, 0, 1, 3, 6, 10, 11, 12}
    assert len(places) > 1
    refused = reader.simba_no(
        "keywords.realtime.ranking.batch.get",
        ad_group_id=group,
        bidword_ids=",".join(map(str, range(21))),
    )
    assert refused == (15, "bidwordList size must in [1,20] , actual is 21")
