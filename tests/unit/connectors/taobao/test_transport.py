"""Calls that are signed, paced, counted, and sent again only where that is safe."""

from __future__ import annotations

import dataclasses
import logging
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from connectors.errors import (
    AuthorisationError,
    ClockError,
    PermanentError,
    QuotaError,
    RetryableError,
    TransportError,
    UnknownOutcomeError,
)
from connectors.taobao import MemoryQuotaMeter, Patience, Rate, Transport, open_client

READ = "simba.campaigns.get"
WRITE = "simba.keywords.pricevon.set"
GOOD = {"campaigns": {}}
SECONDS = "This ban will last for {} more seconds"


def reply(status=200, text=""):
    return lambda _: httpx.Response(status, text=text)


def test_a_call_carries_what_the_protocol_asks_for(desk, connect):
    desk.on(READ, GOOD)
    assert connect().read(READ, {"nick": "沙盒旗舰店", "empty": ""})["campaigns"] == {}
    (call,) = desk.calls
    del call["sign"]
    assert call == {
        "method": "taobao.simba.campaigns.get",
        "app_key": "12345678",
        "session": "6100-session-of-the-shop",
        "timestamp": "2026-07-20 12:00:00",
        "v": "2.0",
        "sign_method": "hmac-sha256",
        "format": "json",
        "nick": "沙盒旗舰店",
    }


@pytest.mark.parametrize(
    ("code", "sub_msg", "sub_code", "waited"),
    [
        (7, SECONDS.format(9), "", 9),
        (10, "", "", 5),
        (600, "", "", 5),
        (520, "3分钟后再查询", "", 180),
        (15, "", "isp.top-remote-service-error", 3),
    ],
)
def test_a_read_waits_as_long_as_the_error_says(
    desk, connect, watch, refused, code, sub_msg, sub_code, waited
):
    desk.on(READ, refused(code, sub_msg, sub_code), GOOD)
    connect().read(READ)
    assert watch.slept == [waited]
    assert len(desk.calls) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("cut"),
        reply(502, "Bad Gateway"),
        reply(200, "<html>busy</html>"),
        reply(200, '{"simba_campaigns_get_resp'),
        reply(200, "{}"),
    ],
)
def test_a_read_is_tried_again_after_anything_that_may_pass(desk, connect, watch, trouble):
    desk.on(READ, trouble, trouble, GOOD)
    connect().read(READ)
    assert watch.slept == [1, 2]


def test_patience_ends(desk, connect, watch):
    desk.on(READ, httpx.ReadTimeout("slow"))
    with pytest.raises(TransportError, match=r"gateway\.test"):
        connect().read(READ)
    assert len(desk.calls) == 4
    assert watch.slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("code", "sub_msg"),
    [(11, ""), (12, ""), (25, ""), (41, ""), (15, "未找到指定客户"), (15, "?"), (4711, "")],
)
def test_what_will_never_work_is_tried_once(desk, connect, watch, refused, code, sub_msg):
    desk.on(READ, refused(code, sub_msg))
    with pytest.raises(PermanentError):
        connect().read(READ)
    assert len(desk.calls) == 1
    assert watch.slept == []


def test_a_lost_session_is_tried_once(desk, connect, refused):
    desk.on(READ, refused(27, "SessionKey非法", "invalid-sessionkey"))
    with pytest.raises(AuthorisationError, match="沙盒旗舰店"):
        connect().read(READ)
    assert len(desk.calls) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("cut"),
        httpx.WriteError("cut"),
        httpx.RemoteProtocolError("cut"),
        reply(500, "oops"),
        reply(200, "<html>busy</html>"),
        reply(200, '{"simba_keywords_pricevon_set_resp'),
        reply(200, "{}"),
    ],
)
def test_a_write_without_a_clear_answer_is_never_sent_again(desk, connect, watch, trouble):
    desk.on(WRITE, trouble)
    with pytest.raises(UnknownOutcomeError, match="took effect"):
        connect().write(WRITE, {})
    assert len(desk.calls) == 1
    assert watch.slept == []


@pytest.mark.parametrize(("code", "sub_code"), [(10, ""), (600, ""), (15, "isp.timeout")])
def test_a_write_the_platform_stumbled_over_is_never_sent_again(
    desk, connect, refused, code, sub_code
):
    desk.on(WRITE, refused(code, "", sub_code))
    with pytest.raises(UnknownOutcomeError):
        connect().write(WRITE, {})
    assert len(desk.calls) == 1


def test_a_write_that_cannot_have_left_is_sent_again(desk, connect, watch, refused):
    limited = refused(7, SECONDS.format(9))
    desk.on(WRITE, httpx.ConnectError("refused"), limited, {"keywords": {}})
    connect().write(WRITE, {})
    assert watch.slept == [1, 10]  # one second more than a read would wait
    assert len(desk.calls) == 3


@pytest.mark.parametrize("code", [30, 31])
@pytest.mark.parametrize("hours", [-5, 0.5])
def test_a_wrong_clock_is_corrected_by_the_servers_and_the_call_made_once_more(
    desk, connect, watch, refused, code, hours
):
    server = watch.now + timedelta(hours=hours)
    desk.on(READ, refused(code, date=format_datetime(server, usegmt=True)), GOOD)
    transport = connect()
    transport.read(READ)
    transport.read(READ)
    first, *others = [call["timestamp"] for call in desk.calls]
    assert first == "2026-07-20 12:00:00"
    assert set(others) == {f"{server + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"}
    assert transport.clock_offset == timedelta(hours=hours)
    assert watch.slept == []


def test_a_clock_that_stays_wrong_is_told(desk, connect, watch, refused):
    desk.on(READ, refused(31, date=format_datetime(watch.now, usegmt=True)))
    with pytest.raises(ClockError, match="clock"):
        connect().read(READ)
    assert len(desk.calls) == 2


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_clock_is_not_corrected_by_guessing(desk, connect, refused, headers):
    desk.on(READ, refused(31, **headers))
    with pytest.raises(ClockError):
        connect().read(READ)
    assert len(desk.calls) == 1


def test_a_write_survives_a_wrong_clock(desk, connect, watch, refused):
    date = format_datetime(watch.now + timedelta(hours=1), usegmt=True)
    desk.on(WRITE, refused(31, date=date), {"keywords": {}})
    connect().write(WRITE, {})
    assert len(desk.calls) == 2


def test_when_the_platform_ends_the_day_nothing_more_is_sent(desk, connect, watch, refused):
    desk.on(READ, refused(7, SECONDS.format(40_000)), GOOD)
    transport = connect()
    assert transport.calls_left() is None
    for _ in range(3):
        with pytest.raises(QuotaError, match="used up") as caught:
            transport.read(READ)
        assert caught.value.wait_seconds == 40_000
    assert len(desk.calls) == 1
    assert transport.calls_left() == 0
    watch.now += timedelta(seconds=40_001)
    transport.read(READ)


def test_our_own_count_stops_before_the_platform_does(desk, connect, watch):
    desk.on(READ, GOOD)
    meter = MemoryQuotaMeter()
    one, two = (connect(meter=meter, daily_calls=3) for _ in range(2))
    one.read(READ)
    two.read(READ)
    assert one.calls_left() == two.calls_left() == 1
    one.read(READ)
    with pytest.raises(QuotaError, match="quota 3") as caught:
        two.read(READ)
    assert caught.value.wait_seconds == 12 * 3600  # to midnight in Shanghai
    assert len(desk.calls) == 3
    watch.now += timedelta(hours=12)
    two.read(READ)
    assert two.calls_left() == 2


def test_every_attempt_counts(desk, connect):
    desk.on(READ, httpx.ReadTimeout("slow"), GOOD)
    transport = connect(daily_calls=10)
    transport.read(READ)
    assert transport.calls_left() == 8


def test_calls_keep_their_pace(desk, connect, watch):
    desk.on(READ, GOOD)
    desk.on(WRITE, {"keywords": {}})
    slow = {READ: Rate(per_second=0.5, burst=1)}
    transport = connect(patience=Patience(rate=Rate(per_second=100, burst=5), rates=slow))
    transport.read(READ)
    transport.write(WRITE, {})
    transport.read(READ)
    assert watch.slept == [2]


def test_request_ids_are_logged_and_secrets_never(desk, connect, shop, refused, caplog, watch):
    caplog.set_level(logging.DEBUG)
    date = format_datetime(watch.now, usegmt=True)
    echo = f"bad {shop.session} {shop.app_secret}"
    desk.on(READ, httpx.ReadTimeout("slow"), refused(31, echo, date=date), GOOD)
    desk.on(WRITE, reply(500, echo))
    transport = connect()
    transport.read(READ)
    with pytest.raises(UnknownOutcomeError) as lost:
        transport.write(WRITE, {})
    desk.on(READ, refused(4711, echo))
    with pytest.raises(PermanentError) as unknown:
        transport.read(READ)
    signs = [call["sign"] for call in desk.calls]
    everything = [record.getMessage() for record in caplog.records]
    everything += [str(record.args) + str(record.exc_text) for record in caplog.records]
    everything += [str(lost.value), str(unknown.value)]
    assert any("r1" in line for line in everything)
    assert any("r9" in line for line in everything)
    for secret in (shop.session, shop.app_secret, *signs):
        assert not any(secret in line for line in everything)


def test_an_error_object_inside_a_report_counts_as_an_error(desk, connect, watch):
    hidden = '{"code": 15, "msg": "Remote service error", "sub_code": "isp.x", "sub_msg": "y"}'
    desk.on(READ, {"rows": hidden}, {"rows": '[{"a": 1'}, {"rows": '[{"a": 1}]'})
    assert connect().read_rows(READ, {}, "rows") == [{"a": 1}]
    assert watch.slept == [3, 2]


def test_a_download_that_is_refused_or_cut_is_a_transport_error(desk, connect):
    address = "http://files.test/a.csv"
    transport = connect()
    desk.files[address] = [httpx.Response(403)]
    with pytest.raises(RetryableError, match="403"), transport.download(address):
        pass
    with pytest.raises(TransportError), transport.download("http://a:b"):
        pass


@pytest.mark.parametrize("gateway", ["eco.taobao.com/router/rest", "http://a:b/", "ftp://a/"])
def test_an_address_that_is_none_is_told_as_that(watch, shop, gateway):
    wrong = dataclasses.replace(shop, gateway=gateway)
    with open_client(Patience()) as client:
        transport = Transport(wrong, client, clock=watch.clock, sleep=watch.sleep)
        with pytest.raises(PermanentError, match="no address"):
            transport.write(WRITE, {})


def test_the_client_has_explicit_time_outs():
    with open_client(Patience(connect_seconds=2, read_seconds=7)) as client:
        assert client.timeout == httpx.Timeout(7, connect=2)
        assert not client.follow_redirects
