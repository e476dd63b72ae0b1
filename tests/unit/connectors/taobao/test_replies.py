"""From bytes to payload: whatever comes ends in one of three shapes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.taobao.replies import Answer, Refusal, Unreadable, envelope, inside, loads, read

METHOD = "taobao.simba.keywordsbyadgroupid.get"
WORDS = {"keywords": {"keyword": [{"keyword_id": 30481986859301234, "max_price": 100}]}}
WHOLE = json.dumps(
    {"simba_keywordsbyadgroupid_get_response": {**WORDS, "request_id": "s7"}}
).encode()


def test_the_root_is_the_method():
    assert envelope(METHOD) == "simba_keywordsbyadgroupid_get_response"
    assert envelope("simba.login.authsign.get") == "simba_login_authsign_get_response"


def test_an_answer_is_what_is_inside_the_envelope():
    found = read(METHOD, 200, WHOLE)
    assert isinstance(found, Answer)
    assert found.payload["keywords"] == WORDS["keywords"]
    assert found.request_id == "s7"


def test_ids_keep_every_digit_and_money_is_exact():
    found = loads('{"id": 30481986859301234567, "charge": 614.89}')
    assert found == {"id": 30481986859301234567, "charge": Decimal("614.89")}


def test_an_error_is_a_refusal_with_all_it_says():
    body = {"code": 7, "msg": "App Call Limited", "sub_code": "a", "sub_msg": "b"}
    found = read(METHOD, 200, json.dumps({"error_response": body}).encode())
    assert isinstance(found, Refusal)
    assert (found.code, found.msg, found.sub_code, found.sub_msg) == (7, *list(body.values())[1:])
    assert json.loads(found.whole) == body


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (502, b"Bad Gateway", "HTTP 502"),
        (302, b"", "HTTP 302"),
        (200, b"<html><body>busy</body></html>", "web page"),
        (200, b"", "no complete JSON"),
        (200, b"[]", "no object"),
        (200, b'{"other_response": {}}', "no simba_keywordsbyadgroupid_get_response"),
        (200, b'{"simba_keywordsbyadgroupid_get_response": 1}', "no simba_keywords"),
        (200, b'{"a": NaN}', "no complete JSON"),
        (200, b"\xff\xfe\x00", "no complete JSON"),
        (200, b"[" * 200_000, "no complete JSON"),
    ],
)
def test_everything_else_is_unreadable_and_says_how(status, content, said):
    found = read(METHOD, status, content)
    assert isinstance(found, Unreadable)
    assert said in found.reason
    assert len(found.reason) < 500


@given(st.integers(0, len(WHOLE) - 1))
def test_no_part_of_an_answer_passes_for_the_whole(length):
    assert isinstance(read(METHOD, 200, WHOLE[:length]), Unreadable)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_bytes_crash(status, content):
    assert isinstance(read(METHOD, status, content), Answer | Refusal | Unreadable)


def test_a_report_is_a_list_in_a_string():
    assert inside('[{"click": "6"}]') == [{"click": "6"}]


@pytest.mark.parametrize("empty", ["{}", "[]", "", "  ", None, [], {}])
def test_an_empty_report_has_no_rows(empty):
    assert inside(empty) == []


@pytest.mark.parametrize(
    "hidden",
    [
        {"code": 15, "msg": "Remote service error", "sub_code": "isp.x", "sub_msg": "y"},
        {"error_response": {"code": "15", "sub_msg": "y"}},
        {"sub_code": "isv.y"},
    ],
)
def test_an_error_hides_in_the_string(hidden):
    for form in (json.dumps(hidden), hidden):
        assert isinstance(inside(form), Refusal)


REPORT = json.dumps([{"date": "2026-07-01", "click": "6"}, {"date": "2026-07-02", "click": "7"}])


@given(st.integers(1, len(REPORT) - 1))
def test_no_part_of_a_report_passes_for_the_whole(length):
    assert isinstance(inside(REPORT[:length]), Unreadable)


@given(st.text(max_size=60) | st.integers() | st.booleans() | st.lists(st.integers()))
def test_no_string_crashes(text):
    assert isinstance(inside(text), list | Refusal | Unreadable)
