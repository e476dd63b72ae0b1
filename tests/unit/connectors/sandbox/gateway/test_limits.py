"""Quota of the day and calls a second."""

from __future__ import annotations

import re

import pytest
from gateway_calls import START, calling, gateway

from connectors.sandbox.gateway.limits import Limits, Meter
from connectors.sandbox.gateway.refusal import TopError

BAN = re.compile(r"This ban will last for (\d+) more seconds")


def test_the_days_quota_bans_until_midnight_and_comes_back():
    for caller in calling(gateway(limits=Limits(daily_calls=3))):
        for _ in range(3):
            caller.simba("campaigns.get")
        code, message = caller.simba_no("campaigns.get")
        found = BAN.fullmatch(message)
        assert code == 7
        assert found
        assert int(found.group(1)) == 15 * 3600 + 30 * 60  # 08:30 to midnight
        caller.gateway.clock.advance(seconds=int(found.group(1)) - 1)
        assert caller.simba_no("campaigns.get")[1] == BAN.pattern.replace(r"(\d+)", "1")
        caller.gateway.clock.advance(seconds=1)
        assert caller.simba("campaigns.get")


def test_a_method_has_its_own_rate():
    limits = Limits(per_second=2, by_method={"taobao.simba.campaigns.get": 1})
    for caller in calling(gateway(limits=limits)):
        caller.simba("campaigns.get")
        assert caller.simba_no("campaigns.get") == (7, "This ban will last for 1 more seconds")
        assert caller.simba("login.authsign.get")
        assert caller.simba("login.authsign.get")
        assert caller.simba_no("login.authsign.get")[0] == 7
        caller.gateway.clock.advance(seconds=1)
        assert caller.simba("campaigns.get")


def test_refused_calls_do_not_count():
    meter = Meter(Limits(daily_calls=10, per_second=1))
    meter.count("a", START)
    for _ in range(5):
        with pytest.raises(TopError):
            meter.count("a", START)
    assert meter.calls_today == 1


def test_unsigned_calls_do_not_count(caller):
    caller.post(caller.parameters("taobao.simba.campaigns.get"))
    assert caller.gateway.meter.calls_today == 0
