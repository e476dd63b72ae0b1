"""Who may call: every check of the door over a real socket."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gateway_calls import KEY, SECRET, calling, gateway, one_shop

from connectors.sandbox.gateway import App

METHOD = "taobao.simba.campaigns.get"


def refusal(reader, **changes):
    """The error of a call, signed after the changes."""
    parameters = reader.parameters(METHOD, nick=reader.nick, **changes)
    return reader.post(reader.signed(parameters)).json()["error_response"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": None}, 21),
        ({"method": "taobao.simba.campaigns.steal"}, 22),
        ({"format": "xml"}, 23),
        ({"format": None}, 23),
        ({"session": None}, 26),
        ({"session": "of-nobody"}, 27),
        ({"app_key": None}, 28),
        ({"app_key": "999"}, 29),
        ({"timestamp": None}, 30),
        ({"timestamp": "yesterday"}, 31),
        ({"v": "3.0"}, 33),
        ({"nick": None}, 40),
    ],
)
def test_a_wrong_parameter_has_its_own_code(reader, changes, code):
    parameters = reader.parameters(METHOD, nick=reader.nick) | changes
    parameters = {key: value for key, value in parameters.items() if value is not None}
    error = reader.post(reader.signed(parameters)).json()["error_response"]
    assert error["code"] == code
    assert set(error) >= {"code", "msg", "sub_code", "request_id"}


def test_a_call_must_be_signed_and_rightly(reader):
    parameters = reader.parameters(METHOD, nick=reader.nick)
    assert reader.post(parameters).json()["error_response"]["code"] == 24
    signed = reader.signed(parameters)
    assert "simba_campaigns_get_response" in reader.post(signed).json()
    changed = signed | {"nick": "somebody else"}
    assert reader.post(changed).json()["error_response"]["code"] == 25
    wrong = signed | {"sign": "0" * 32}
    assert reader.post(wrong).json()["error_response"]["msg"] == "Invalid signature"


def test_extra_parameters_are_part_of_the_signature(reader):
    signed = reader.signed(reader.parameters(METHOD, nick=reader.nick, simplify="false"))
    assert "simba_campaigns_get_response" in reader.post(signed).json()
    without = {key: value for key, value in signed.items() if key != "simplify"}
    assert reader.post(without).json()["error_response"]["code"] == 25


def test_an_expired_session_reads_as_the_platform_writes_it(reader):
    error = refusal(reader, session="of-nobody")
    assert (error["msg"], error["sub_code"]) == ("Invalid session", "invalid-sessionkey")
    assert error["sub_msg"] == "SessionKey非法"


@pytest.mark.parametrize(
    ("seconds", "welcome"), [(600, True), (-600, True), (601, False), (-601, False)]
)
def test_the_timestamp_may_be_ten_minutes_off(reader, seconds, welcome):
    sent = reader.gateway.clock.now() + timedelta(seconds=seconds)
    parameters = reader.parameters(
        METHOD, nick=reader.nick, timestamp=sent.strftime("%Y-%m-%d %H:%M:%S")
    )
    answer = reader.post(reader.signed(parameters)).json()
    assert ("error_response" not in answer) == welcome
    assert welcome or answer["error_response"]["code"] == 31


def test_the_date_header_is_the_platforms_time(reader):
    response = reader.post({})
    assert response.headers["date"] == "Mon, 20 Jul 2026 00:30:00 GMT"


def test_an_app_calls_only_the_packages_it_was_granted():
    made = gateway(app=App(key=KEY, secret=SECRET, packages=frozenset({"simba"})))
    for caller in calling(made):
        assert caller.simba("campaigns.get")["campaigns"]
        code, message = caller.new_no("campaign.findpage", campaign_query_v_o={})
        assert code == 11
        assert "permission" in message


def test_a_session_that_may_only_read_writes_nothing():
    for caller in calling(gateway(one_shop(may_write=False))):
        word = caller.priced()[0]
        wish = [{"keywordId": word["keyword_id"], "maxPrice": 99}]
        code, message = caller.simba_no("keywords.pricevon.set", keywordid_prices=wish)
        assert (code, message) == (12, "该子帐号无此操作权限")
        assert caller.prices([word["keyword_id"]]) == {word["keyword_id"]: word["max_price"]}


def test_a_form_that_is_not_utf8_is_refused(reader):
    response = reader.http.post(
        f"{reader.url}/router/rest",
        content=b"method=%B1%A6",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.json()["error_response"]["code"] == 41


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("GET", "/router/rest", 404), ("POST", "/", 404), ("GET", "/download/none", 403)],
)
def test_other_places_answer_with_a_status(reader, verb, path, status):
    assert reader.http.request(verb, reader.url + path).status_code == status


def test_a_huge_form_is_refused(reader):
    response = reader.http.post(f"{reader.url}/router/rest", content=b"a" * (4 * 1024 * 1024 + 1))
    assert response.status_code == 413


def test_request_ids_differ(reader):
    ids = {reader.raw(METHOD, nick=reader.nick)["simba_campaigns_get_response"]["request_id"]}
    ids.add(reader.raw(METHOD)["error_response"]["request_id"])
    assert len(ids) == 2
