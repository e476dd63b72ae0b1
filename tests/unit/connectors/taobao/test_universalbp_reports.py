"""Daily reports of the newer generation: page by page, or as a file that streams in."""

from __future__ import annotations

import json
from datetime import date, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import AnswerError, PermanentError, TransportError
from connectors.taobao.universalbp_reports import WordReports, parsed, top_result

QUERY = "universalbp.new.report.query.bidword"
CREATE = "universalbp.new.report.async.create.download.task"
FIND = "universalbp.new.report.async.download.find.task.page"
URL = "universalbp.new.report.async.download.get.url"
ADDRESS = "http://files.test/download/token"
FIRST = date(2026, 7, 1)
FIGURES = ("ad_pv", "click", "charge")


def rows_of(count, days=5):
    return [
        {
            "thedate": str(FIRST + timedelta(days=i * days // max(count, 1))),
            "campaign_id": "1",
            "adgroup_id": "2",
            "bidword_id": str(i),
            "report_index": {"ad_pv": "9", "click": "1", "charge": "0.31"},
        }
        for i in range(count)
    ]


def top(data):
    return {"top_result": {"info": {"ok": True}, **data}}


def serve_pages(desk, rows):
    def page(call):
        asked = json.loads(call["top_bid_word_report_query_v_o"])
        inside = [row for row in rows if asked["start_time"] <= row["thedate"] <= asked["end_time"]]
        some = inside[asked["offset"] : asked["offset"] + asked["page_size"]]
        listed = {"top_report_v_o": some} if some else {}
        data = {"count": len(inside), "top_report_v_o_list": listed}
        root = QUERY.replace(".", "_") + "_response"
        body = {root: top({"top_report_v_o_top_bulk_data": data})}
        return httpx.Response(200, text=json.dumps(body))

    desk.on(QUERY, page)


def serve_file(desk, rows, *statuses):
    desk.on(CREATE, top({"top_report_download_v_o": {"task_id": 7, "status": "init"}}))
    found = [
        top(
            {
                "top_report_download_v_o_top_bulk_data": {
                    "count": 1,
                    "top_report_download_v_o_list": {
                        "top_report_download_v_o": [{"task_id": 7, "status": status}]
                    },
                }
            }
        )
        for status in statuses
    ]
    desk.on(FIND, *found)
    desk.on(URL, top({"top_report_download_url_v_o": {"task_id": 7, "url": ADDRESS}}))
    return csv_of(rows)


def csv_of(rows):
    header = "thedate,campaign_id,adgroup_id,bidword_id,ad_pv,click,charge"
    lines = [
        ",".join([*(row[n] for n in header.split(",")[:4]), *row["report_index"].values()])
        for row in rows
    ]
    return ("\ufeff" + "\r\n".join([header, *lines]) + "\r\n").encode()


def broken(content, at):
    def pieces():
        yield content[:at]
        raise httpx.ReadError("cut")

    return httpx.Response(200, content=pieces())


@pytest.fixture
def reports(connect):
    return WordReports(connect("universalbp"), FIGURES)


def ids(pieces):
    return [int(row["bidword_id"]) for piece in pieces for row in piece]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.integers(0, 2_600))
def test_every_row_comes_once_however_the_pages_fall(desk, reports, count):
    serve_pages(desk, rows_of(count))
    desk.calls.clear()
    pieces = list(reports.rows(FIRST, FIRST + timedelta(days=4)))
    assert ids(pieces) == list(range(count))
    assert all(0 < len(piece) <= 500 for piece in pieces)
    assert len(desk.calls) == max(1, -(-count // 500))
    assert all(row["click"] == "1" for piece in pieces for row in piece)


def test_what_is_asked_for(desk, reports):
    serve_pages(desk, [])
    list(reports.rows(FIRST, FIRST))
    (call,) = desk.calls
    assert json.loads(call["top_service_context"]) == {"biz_code": "onebpSearch"}
    asked = json.loads(call["top_bid_word_report_query_v_o"])
    assert (asked["split_type"], asked["effect_equal"]) == ("day", 15)
    assert asked["query_field_in_list"] == list(FIGURES)


MANY = rows_of(10_001)


def test_a_long_report_comes_as_a_file_in_a_handful_of_calls(desk, reports, watch):
    serve_pages(desk, MANY)
    content = serve_file(desk, MANY, "init", "running", "success")
    desk.files[ADDRESS] = [httpx.Response(200, content=content)]
    pieces = list(reports.rows(FIRST, FIRST + timedelta(days=4)))
    assert ids(pieces) == list(range(10_001))
    assert max(len(piece) for piece in pieces) == 2_000
    assert len(desk.calls) == 1 + 1 + 3 + 1
    assert watch.slept == [2, 4]


@pytest.mark.parametrize("at", [0, 10, 60_000, 200_000])
def test_a_file_that_breaks_off_is_read_on_from_there(desk, reports, at):
    serve_pages(desk, MANY)
    content = serve_file(desk, MANY, "success")
    desk.files[ADDRESS] = [broken(content, at), httpx.Response(200, content=content)]
    assert ids(reports.rows(FIRST, FIRST + timedelta(days=4))) == list(range(10_001))


def test_a_file_that_ends_in_the_middle_of_a_row_is_fetched_again(desk, reports):
    serve_pages(desk, MANY)
    content = serve_file(desk, MANY, "success")
    desk.files[ADDRESS] = [
        httpx.Response(200, content=content[:-12]),
        httpx.Response(200, content=content),
    ]
    assert ids(reports.rows(FIRST, FIRST + timedelta(days=4))) == list(range(10_001))


def test_a_file_that_always_breaks_off_says_so(desk, reports, watch):
    serve_pages(desk, MANY)
    content = serve_file(desk, MANY, "success")
    desk.files[ADDRESS] = [broken(content, 5_000) for _ in range(9)]
    with pytest.raises(TransportError, match="ReadError"):
        list(reports.rows(FIRST, FIRST + timedelta(days=4)))
    assert watch.slept == [1, 2]


def test_a_file_that_changes_between_two_readings_is_not_patched_together(desk, reports):
    serve_pages(desk, MANY)
    content = serve_file(desk, MANY, "success")
    desk.files[ADDRESS] = [
        broken(content, 200_000),
        httpx.Response(200, content=csv_of(MANY[1:])),
    ]
    with pytest.raises(AnswerError, match="changed"):
        list(reports.rows(FIRST, FIRST + timedelta(days=4)))


def test_a_task_that_is_not_listed_yet_is_waited_for(desk, reports):
    serve_pages(desk, MANY)
    content = serve_file(desk, MANY, "success")
    listed = desk.scripts[FIND]
    desk.on(FIND, top({"top_report_download_v_o_top_bulk_data": {"count": 0}}), *listed)
    desk.files[ADDRESS] = [httpx.Response(200, content=content)]
    assert ids(reports.rows(FIRST, FIRST + timedelta(days=4))) == list(range(10_001))
    assert len(desk.made(FIND)) == 2


@pytest.mark.parametrize("statuses", [["fail"], ["running"]])
def test_where_no_file_can_be_had_days_come_page_by_page(desk, reports, statuses):
    serve_pages(desk, MANY)
    serve_file(desk, MANY, *statuses)
    assert ids(reports.rows(FIRST, FIRST + timedelta(days=4))) == list(range(10_001))


@given(
    st.lists(st.text(st.characters(exclude_characters="\x00", codec="utf-8")), min_size=1),
    st.integers(1, 7),
)
def test_words_may_hold_any_separator_and_pieces_end_anywhere(words, size):
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    lines = "".join(f"{i},{word}\r\n" for i, word in enumerate(quoted))
    content = ("\ufeffbidword_id,word\r\n" + lines).encode()
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    assert [row["word"] for row in parsed(pieces)] == words


def test_what_is_no_csv_is_told():
    with pytest.raises(AnswerError, match="cannot be read"):
        list(parsed([b"a,b\n\xff\xfe,1\n"]))


def test_an_answer_without_its_top_or_with_a_no_is_told(desk, connect):
    transport = connect("universalbp")
    desk.on(QUERY, {"other": 1})
    with pytest.raises(AnswerError, match="top_result"):
        top_result(transport, QUERY, "q", {}, "data")
    desk.on(QUERY, {"top_result": {"info": {"ok": False, "message": "不行"}}})
    with pytest.raises(PermanentError, match="不行"):
        top_result(transport, QUERY, "q", {}, "data")
    desk.on(QUERY, {"top_result": {"info": {"ok": "true"}}})
    assert top_result(transport, QUERY, "q", {}, "data") == {}
