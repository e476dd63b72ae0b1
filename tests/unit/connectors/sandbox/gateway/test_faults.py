"""Each fault over a real socket: what the caller sees, and whether the write took effect."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from gateway_calls import BASE, NICK, asked, calling, gateway

from connectors.sandbox.gateway import ALL_KINDS, CODES, Fault, FaultPlan, Kind

SET = "taobao.simba.keywords.pricevon.set"
NUMBERS = {
    Kind.BAN_SECONDS: 7,
    Kind.BAN_DAY: 7,
    Kind.UNAVAILABLE: 10,
    Kind.OVERLOADED: 600,
    Kind.PLATFORM_ERROR: 15,
    Kind.CALLER_ERROR: 15,
    Kind.BUSY: 520,
    Kind.NO_APP_PERMISSION: 11,
    Kind.NO_USER_PERMISSION: 12,
    Kind.INVALID_METHOD: 22,
    Kind.INVALID_SIGNATURE: 25,
    Kind.MISSING_SESSION: 26,
    Kind.INVALID_SESSION: 27,
    Kind.MISSING_APP_KEY: 28,
    Kind.INVALID_APP_KEY: 29,
    Kind.MISSING_TIMESTAMP: 30,
    Kind.INVALID_TIMESTAMP: 31,
    Kind.MISSING_ARGUMENT: 40,
    Kind.INVALID_ARGUMENT: 41,
    Kind.FORBIDDEN: 42,
    Kind.PARAMETER_ERROR: 43,
    Kind.UNKNOWN_CODE: 987,
}


class Writer:
    """One word, its price before, and a wish to change it."""

    def __init__(self, caller):
        self.caller = caller
        word = caller.priced()[0]
        self.word, self.before = word["keyword_id"], word["max_price"]
        self.after = self.before + 7

    def parameters(self):
        wish = [{"keywordId": self.word, "maxPrice": self.after}]
        return self.caller.signed(self.caller.parameters(SET, nick=NICK, keywordid_prices=wish))

    def send(self):
        return self.caller.post(self.parameters())

    def live(self):
        return self.caller.prices([self.word])[self.word]


@pytest.fixture
def writer(caller):
    return Writer(caller)


def queue(writer, kind, **more):
    writer.caller.gateway.faults.queue(Fault(kind=kind, method=SET, **more))


def test_every_code_of_the_table_has_a_fault():
    assert set(CODES) == set(NUMBERS)
    assert set(ALL_KINDS) > set(CODES)


def test_codes_arrive_once_and_leave_the_word_alone(writer):
    for kind in CODES:
        queue(writer, kind)
        error = writer.send().json()["error_response"]
        assert error["code"] == NUMBERS[kind], kind
        assert writer.live() == writer.before
    assert "error_response" not in writer.send().json()
    assert writer.live() == writer.after


def test_bans_say_how_long(writer):
    queue(writer, Kind.BAN_SECONDS, seconds=42)
    error = writer.send().json()["error_response"]
    assert error["sub_code"] == "accesscontrol.limited-by-api-access-count"
    assert error["sub_msg"] == "This ban will last for 42 more seconds"
    queue(writer, Kind.BAN_DAY)
    error = writer.send().json()["error_response"]
    assert error["sub_msg"] == f"This ban will last for {15 * 3600 + 1800} more seconds"


def test_the_two_sides_of_code_15(writer):
    queue(writer, Kind.PLATFORM_ERROR)
    queue(writer, Kind.CALLER_ERROR)
    sides = [writer.send().json()["error_response"]["sub_code"] for _ in range(2)]
    assert [side[:4] for side in sides] == ["isp.", "isv."]


def test_an_error_may_come_although_the_write_took_effect(writer):
    queue(writer, Kind.UNAVAILABLE, done=True)
    assert writer.send().json()["error_response"]["code"] == 10
    assert writer.live() == writer.after


@pytest.mark.parametrize(("kind", "effect"), [(Kind.CUT_BEFORE, False), (Kind.CUT_AFTER, True)])
def test_a_cut_connection_says_nothing(writer, kind, effect):
    queue(writer, kind)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        writer.send()
    assert writer.live() == (writer.after if effect else writer.before)


def test_a_truncated_answer_ends_in_the_middle(writer):
    queue(writer, Kind.TRUNCATED)
    pieces = []

    def receive():
        url = f"{writer.caller.url}/router/rest"
        with writer.caller.http.stream("POST", url, data=writer.parameters()) as response:
            pieces.append(response.status_code)
            pieces.extend(response.iter_bytes(1))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message"):
        receive()
    assert pieces[0] == 200
    text = b"".join(pieces[1:])
    assert text.startswith(b'{"simba_keywords_pricevon_set_response"')
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)
    assert writer.live() == writer.after


def test_a_slow_answer_comes_after_a_bounded_while():
    waited = []

    async def note(seconds):
        waited.append(seconds)

    for caller in calling(gateway(sleep=note)):
        writer = Writer(caller)
        queue(writer, Kind.SLOW, seconds=7.5)
        queue(writer, Kind.SLOW, seconds=86_400)
        assert "error_response" not in writer.send().json()
        assert "error_response" not in writer.send().json()
        assert waited == [7.5, 120.0]
        assert writer.live() == writer.after


def test_a_slow_answer_waits_no_longer_than_its_caller():
    async def forever(_):
        await asyncio.Event().wait()

    for caller in calling(gateway(sleep=forever)):
        writer = Writer(caller)
        queue(writer, Kind.SLOW)
        impatient = httpx.Client(timeout=0.2, trust_env=False)
        with impatient, pytest.raises(httpx.ReadTimeout):
            impatient.post(f"{caller.url}/router/rest", data=writer.parameters())
        assert writer.live() == writer.after


@pytest.mark.parametrize(("kind", "status"), [(Kind.HTML, 200), (Kind.BAD_GATEWAY, 502)])
@pytest.mark.parametrize("effect", [False, True])
def test_a_page_for_people(writer, kind, status, effect):
    queue(writer, kind, done=effect)
    response = writer.send()
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")
    assert writer.live() == (writer.after if effect else writer.before)


def test_a_success_around_an_error_befalls_reports_only(caller):
    group = caller.adgroups()[0]
    parameters = asked(caller, group)
    caller.gateway.faults.queue(Fault(kind=Kind.ERROR_IN_REPORT))
    assert caller.simba("campaigns.get")
    found = json.loads(caller.simba(BASE, **parameters)["rpt_adgroupkeyword_base_list"])
    assert found["code"] == 15
    assert found["sub_code"].startswith("isp.")
    assert isinstance(
        json.loads(caller.simba(BASE, **parameters)["rpt_adgroupkeyword_base_list"]), list
    )


def test_a_skewed_clock_shows_in_the_date_and_refuses_the_time(caller):
    caller.gateway.faults.queue(Fault(kind=Kind.CLOCK_SKEW, seconds=1_500))
    response = caller.post(
        caller.signed(caller.parameters("taobao.simba.campaigns.get", nick=NICK))
    )
    assert response.json()["error_response"]["code"] == 31
    assert response.headers["date"] == "Mon, 20 Jul 2026 00:55:00 GMT"
    assert caller.simba("campaigns.get", timestamp="2026-07-20 08:55:00")
    assert caller.simba_no("campaigns.get")[0] == 31
    caller.gateway.faults.queue(Fault(kind=Kind.CLOCK_SKEW, seconds=0))
    assert caller.simba("campaigns.get")


def test_a_session_that_expires_half_way_stays_expired(caller):
    assert caller.simba("campaigns.get")
    caller.gateway.faults.queue(Fault(kind=Kind.SESSION_EXPIRES))
    assert caller.simba_no("campaigns.get")[0] == 27
    assert caller.simba_no("campaigns.get")[0] == 27
    caller.gateway.front(NICK).expired = False
    assert caller.simba("campaigns.get")


def test_a_person_edits_between_two_calls(caller):
    before = {row["keyword_id"]: row["max_price"] for row in caller.keywords()}
    caller.gateway.faults.queue(Fault(kind=Kind.PERSON_EDITS, draw=5))
    after = {row["keyword_id"]: row["max_price"] for row in caller.keywords()}
    edited = [key for key in before if before[key] != after[key]]
    assert len(edited) == 3
    changes = caller.gateway.front(NICK).shop.changes()[-3:]
    assert {change.actor for change in changes} == {"person"}


def test_the_platform_raises_a_budget_by_itself(caller):
    front = caller.gateway.front(NICK)
    before = front.shop.budgets_now()
    caller.gateway.faults.queue(Fault(kind=Kind.BUDGET_RAISED, draw=3))
    caller.simba("campaigns.get")
    ratio = front.shop.budgets_now() / before
    assert sorted(ratio)[:-1] == [1.0] * (len(ratio) - 1)
    assert max(ratio) == pytest.approx(1.5, rel=1e-3)
    assert front.shop.budget_changes()[-1].actor == "platform"


def test_an_unknown_session_has_no_shop_to_befall(caller):
    other = type(caller)(caller.gateway, caller.url, caller.http, "nobody's", NICK)
    for kind in (Kind.PERSON_EDITS, Kind.BUDGET_RAISED, Kind.SESSION_EXPIRES):
        caller.gateway.faults.queue(Fault(kind=kind))
        assert other.simba_no("campaigns.get")[0] == 27


def test_a_drawn_campaign_is_the_same_again():
    plan = FaultPlan(seed=3, rate=0.5, kinds=CODES)
    seen = []
    for _ in range(2):
        for caller in calling(gateway(faults=plan)):
            answers = [caller.raw("taobao.simba.campaigns.get", nick=NICK) for _ in range(40)]
            seen.append([answer.get("error_response", {}).get("code") for answer in answers])
            assert len(caller.gateway.faults.happened) == sum(code is not None for code in seen[-1])
    assert seen[0] == seen[1]
    assert 10 < sum(code is not None for code in seen[0]) < 30
