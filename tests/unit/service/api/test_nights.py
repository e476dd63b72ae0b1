"""Nights in the background: the real night, on a platform that cannot be read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest

from connectors.platform import AdPlatformReader
from service.api.nights import BackgroundNights
from service.audit import Origin
from service.errors import EndingError
from service.settings.models import Account
from service.store import runs
from service.store.rows import RunRow
from service.wiring import Wiring

ASKED = Origin(at=datetime(2026, 7, 31, 1, 0, tzinfo=UTC), actor="token/小王", source="rest")


@pytest.fixture
def nights(wiring: Wiring) -> Iterator[BackgroundNights]:
    started = BackgroundNights(wiring)
    yield started
    started.stop()


def test_a_night_that_fails_is_on_record_with_its_cause(
    client_of: Any, nights: BackgroundNights
) -> None:
    client = client_of(nights=nights)
    headers = {"x-actor": quote("小王"), "x-request-id": "morning-42"}
    started = client.post("/api/v1/runs", json={"account_id": "shop-2"}, headers=headers)
    nights.stop()
    assert started.status_code == 202
    ended = client.get(started.headers["location"]).json()
    assert ended["state"] == "failed"
    assert "the folder of shop-2 cannot be read" in ended["cause"]
    assert ended["trigger"] == "rest"
    assert ended["business_date"] == "2026-07-31"
    events = client.get(f"/api/v1/audit-events?run_id={ended['run_id']}").json()["items"]
    assert [(event["action"], event["source"]) for event in events] == [
        ("run_failed", "rest"),
        ("run_started", "rest"),
    ]
    assert [event["actor"] for event in events] == ["kaiche", "loopback/小王"]
    assert events[1]["request_id"] == "morning-42"


def test_today_is_a_day_of_the_accounts_time_zone(wiring: Wiring, nights: BackgroundNights) -> None:
    account = wiring.account("shop-2").model_copy(update={"timezone": "Pacific/Kiritimati"})
    assert nights.start(account, None, ASKED).business_date == date(2026, 8, 1)


def test_a_night_under_way_is_answered_with_itself(
    wiring: Wiring, nights: BackgroundNights, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = wiring.account("shop-2")
    monkeypatch.setattr(BackgroundNights, "_carry_out", lambda *_: None)
    first = nights.start(account, date(2026, 7, 30), ASKED)
    again = nights.start(account, date(2026, 7, 30), ASKED)
    assert again.run_id == first.run_id
    assert again.state == "running"
    with wiring.store.read() as session:
        assert runs.get(session, first.run_id).attempt == 1


def test_a_night_that_has_ended_is_answered_and_not_carried_out_again(
    wiring: Wiring, nights: BackgroundNights
) -> None:
    run = nights.start(wiring.account("shop-1"), date(2026, 7, 31), ASKED)
    nights.stop()
    assert (run.run_id, run.state, run.attempt) == ("run-1", "succeeded", 1)
    with wiring.store.read() as session:
        assert runs.get(session, "run-1") == run


def test_what_nobody_expected_is_on_record_and_stops_nothing(
    wiring: Wiring,
) -> None:
    def broken(of: Account, _: date) -> AdPlatformReader:
        raise ZeroDivisionError(of.id)

    nights = BackgroundNights(replace(wiring, night=replace(wiring.night, platform=broken)))
    run = nights.start(wiring.account("shop-2"), date(2026, 7, 30), ASKED)
    nights.stop()
    with wiring.store.read() as session:
        assert runs.get(session, run.run_id).state == "failed"


def test_a_night_that_still_waits_at_the_end_is_left_to_whoever_comes(
    wiring: Wiring, nights: BackgroundNights, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = threading.Event()
    let_go = runs.let_go

    def remember(session: Any, run: RunRow) -> RunRow:
        given_back.set()
        return let_go(session, run)

    monkeypatch.setattr("service.api.nights.runs.let_go", remember)
    monkeypatch.setattr("service.api.nights.carry_out", lambda *_: given_back.wait(30))
    account = wiring.account("shop-2")
    days = [date(2026, 7, 31), date(2026, 8, 1)]
    first, second = (nights.start(account, day, ASKED) for day in days)
    nights.stop()
    with wiring.store.read() as session:
        assert runs.get(session, first.run_id).lease_owner is not None
        left = runs.get(session, second.run_id)
    assert (left.state, left.lease_owner) == ("running", None)


def test_a_service_that_is_about_to_end_begins_no_night(wiring: Wiring) -> None:
    ending = replace(wiring.night, asked_to_end=lambda: True)
    nights = BackgroundNights(replace(wiring, night=ending))
    with pytest.raises(EndingError):
        nights.start(wiring.account("shop-2"), None, ASKED)
    nights.stop()
