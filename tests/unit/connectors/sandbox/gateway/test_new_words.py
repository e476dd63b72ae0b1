"""New generation: words and their prices in yuan."""

from __future__ import annotations

import pytest


def words(caller, *groups):
    query = {
        "campaign_id_list": sorted({group["campaign_id"] for group in groups}),
        "adgroup_id_list": [group["adgroup_id"] for group in groups],
    }
    return caller.listed("bidword.findlist", "word_v_o", word_query_v_o=query)[1]


def all_words(caller):
    return words(caller, *caller.adgroups())


def update(caller, *entries):
    request = {"bidword_list": list(entries)}
    return caller.listed("bidword.update", "word_v_o", word_update_request_v_o=request)[1]


def refused(caller, *entries):
    request = {"bidword_list": list(entries)}
    return caller.new_no("bidword.update", word_update_request_v_o=request)


def entry(row, price, **more):
    keys = ("campaign_id", "adgroup_id", "bidword_id", "word")
    return {**{key: row[key] for key in keys}, "bid_price": price, **more}


def test_both_generations_show_the_same_words(reader):
    old = {row["keyword_id"]: row for row in reader.keywords()}
    new = {row["bidword_id"]: row for row in all_words(reader)}
    assert set(old) == set(new)
    for key, row in new.items():
        assert row["word"] == old[key]["word"]
        assert str(row["match_scope"]) == old[key]["match_scope"]
        assert (row["status"] == "reject") == (old[key]["audit_status"] == "audit_reject")
        price = row.get("bid_price", "0.00")
        assert price == f"{old[key]['max_price'] / 100:.2f}"
    assert {row["status"] for row in new.values()} == {"launch", "reject", "noflow"}
    assert any("bid_price" not in row for row in new.values())


def test_words_are_asked_for_by_plan_and_adgroup(reader):
    one, *_, other = reader.adgroups()
    assert one["campaign_id"] != other["campaign_id"]
    query = {
        "campaign_id_list": [other["campaign_id"]],
        "adgroup_id_list": [one["adgroup_id"], other["adgroup_id"]],
    }
    count, rows = reader.listed("bidword.findlist", "word_v_o", word_query_v_o=query)
    assert {row["adgroup_id"] for row in rows} == {other["adgroup_id"]}
    assert count == len(rows)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"campaign_id_list": [1]}, 40),
        ({"campaign_id_list": [], "adgroup_id_list": [1]}, 15),
        ({"campaign_id_list": [1], "adgroup_id_list": [1]}, 15),
        ({"campaign_id_list": [1], "adgroup_id_list": list(range(21))}, 15),
        ({"campaign_id_list": [1], "adgroup_id_list": "1"}, 41),
        ({"campaign_id_list": [1.5], "adgroup_id_list": [1]}, 41),
    ],
)
def test_questions_that_have_no_answer(reader, query, code):
    assert reader.new_no("bidword.findlist", word_query_v_o=query)[0] == code


@pytest.mark.parametrize(("price", "shown"), [("1.23", "1.23"), (1.2, "1.20"), (99.99, "99.99")])
def test_a_price_is_set_in_yuan_and_seen_by_both(caller, price, shown):
    row = next(row for row in all_words(caller) if row["status"] == "launch" and "bid_price" in row)
    (done,) = update(caller, entry(row, price, match_scope=1, online_status=1))
    assert (done["bid_price"], done["match_scope"]) == (shown, 1)
    assert caller.prices([row["bidword_id"]]) == {row["bidword_id"]: round(100 * float(shown))}


def test_only_what_was_set_is_answered(caller):
    rows = all_words(caller)
    rejected = next(row for row in rows if row["status"] == "reject")
    auto = next(row for row in rows if "bid_price" not in row)
    good = next(row for row in rows if row["status"] == "launch" and "bid_price" in row)
    done = update(caller, *(entry(row, "0.66") for row in (rejected, auto, good)))
    assert [row["bidword_id"] for row in done] == [good["bidword_id"]]


@pytest.mark.parametrize(("price", "code"), [("0.04", 15), ("100", 15), ("0.555", 41), (None, 40)])
def test_a_wrong_price_stops_the_whole_call(caller, price, code):
    one, two = (row for row in all_words(caller)[:2])
    assert refused(caller, entry(one, "0.66"), entry(two, price))[0] == code
    assert caller.prices([one["bidword_id"]])[one["bidword_id"]] == round(
        100 * float(one["bid_price"])
    )


def test_other_refusals_of_updates(reader):
    row = all_words(reader)[0]
    assert refused(reader)[1] == "bidwordList size must in [1,200] , actual is 0"
    many = [entry(row, "0.66")] * 201
    assert refused(reader, *many)[1] == "bidwordList size must in [1,200] , actual is 201"
    assert refused(reader, entry(row, "0.66", online_status=0))[0] == 41
    foreign = entry(row, "0.66") | {"bidword_id": 17}
    assert refused(reader, foreign) == (15, "包含了不属于该客户的关键词Id")
    assert reader.new_no("bidword.update", word_update_request_v_o=[])[0] == 41


def test_words_are_deleted_and_added_again(caller):
    row = next(row for row in all_words(caller) if "bid_price" in row)
    wish = {
        "campaign_id": row["campaign_id"],
        "adgroup_id": row["adgroup_id"],
        "bidword_id_list": [row["bidword_id"]],
    }
    count, _ = caller.listed("bidword.delete", "word_v_o", bid_word_delete_v_o=wish)
    assert count == 1
    assert row["bidword_id"] not in {left["bidword_id"] for left in all_words(caller)}
    news = [entry(row, "0.71", match_scope=4), entry(row, "0.72") | {"word": "没有人搜的词"}]
    request = {"bidword_list": news}
    _, added = caller.listed("bidword.add", "word_v_o", word_add_request_v_o=request)
    assert [(new["word"], new["bid_price"]) for new in added] == [(row["word"], "0.71")]


def test_words_are_added_to_adgroups_of_their_plan(reader):
    one, *_, other = reader.adgroups()
    new = {"word": "裙子", "bid_price": "0.5", "adgroup_id": one["adgroup_id"]}
    request = {"bidword_list": [new | {"campaign_id": other["campaign_id"]}]}
    assert reader.new_no("bidword.add", word_add_request_v_o=request) == (15, "推广组未找到")


def test_scores_and_suggestions(reader):
    rows = all_words(reader)[:3]
    query = {"bidword_id_list": [row["bidword_id"] for row in rows]}
    count, scores = reader.listed("bidword.qscore", "qscore_v_o", qscore_real_query_v_o=query)
    old = {row["keyword_id"]: int(row["qscore"]) for row in reader.keywords()}
    assert count == 3
    assert {row["bidword_id"]: row["qscore"] for row in scores} == {
        row["bidword_id"]: old[row["bidword_id"]] for row in rows
    }
    _, prices = reader.listed(
        "suggest.bidword.price", "suggest_price_v_o", bidword_price_query_v_o=query
    )
    assert all(0.05 <= float(row["suggest_price"]) <= 99.99 for row in prices)
    foreign = reader.new_no("bidword.qscore", qscore_real_query_v_o={"bidword_id_list": [17]})
    assert foreign[0] == 15
