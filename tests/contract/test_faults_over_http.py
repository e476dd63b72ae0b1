"""Faults on the wire: a pull comes through them whole, a write is never sent twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.errors import (
    AuthorisationError,
    ConnectorError,
    PermanentError,
    QuotaError,
    UnknownOutcomeError,
)
from connectors.platform import BidChange
from connectors.sandbox.gateway import ALL_KINDS, Fault, FaultPlan, Gateway, Kind

if TYPE_CHECKING:
    from tests.contract.conftest import WritableLeg

PASSING = (
    *(Kind.BAN_SECONDS, Kind.UNAVAILABLE, Kind.OVERLOADED, Kind.PLATFORM_ERROR, Kind.BUSY),
    *(Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.TRUNCATED, Kind.HTML, Kind.BAD_GATEWAY),
    *(Kind.ERROR_IN_REPORT, Kind.CLOCK_SKEW),
)
# Corrected once a call; by chance two could befall the same call, which is one too many.
WRONG_TIME = (Kind.MISSING_TIMESTAMP, Kind.INVALID_TIMESTAMP)
# How a write is answered, and whether it took effect all the same.
IN_THE_DARK = (
    *((Kind.CUT_BEFORE, False), (Kind.CUT_AFTER, True), (Kind.TRUNCATED, True)),
    *((Kind.HTML, False), (Kind.HTML, True), (Kind.BAD_GATEWAY, False), (Kind.BAD_GATEWAY, True)),
    *((Kind.UNAVAILABLE, False), (Kind.OVERLOADED, True), (Kind.PLATFORM_ERROR, True)),
)
NOT_BEGUN = (Kind.BAN_SECONDS, Kind.BUSY, Kind.MISSING_TIMESTAMP, Kind.CLOCK_SKEW)
WRITES = ("taobao.simba.keywords.pricevon.set", "taobao.universalbp.new.bidword.update")


def gateway_of(wired: WritableLeg) -> Gateway:
    assert wired.gateway is not None
    return wired.gateway


def changes(wired: WritableLeg) -> list[BidChange]:
    words = [word for word in wired.platform.roster().keywords if word.biddable][:20]
    return [
        BidChange(keyword_id=word.keyword_id, bid_before_fen=word.bid_fen or 5, bid_fen=321)
        for word in words
    ]


def befall(wired: WritableLeg, kind: Kind, *, done: bool | None = None) -> None:
    """Let a fault wait for the next write."""
    method = WRITES[0] if wired.name == "taobao-simba" else WRITES[1]
    gateway_of(wired).faults.queue(Fault(kind=kind, method=method, done=done))


def count_writes(wired: WritableLeg, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every write that leaves the connector from now on."""
    sent: list[str] = []
    gateway = gateway_of(wired)
    answer = gateway.answer

    def counted(form: bytes, base_url: str) -> object:
        sent.extend(name for name in WRITES if name.encode() in form)
        return answer(form, base_url)

    monkeypatch.setattr(gateway, "answer", counted)
    return sent


def test_a_pull_through_faults_is_the_pull_without(wired: WritableLeg) -> None:
    last = wired.today - timedelta(days=1)
    period = last - timedelta(days=5), last
    roster, days = wired.platform.roster(), wired.days(*period)
    gateway = gateway_of(wired)
    for seed in range(8):
        gateway.faults.clear(FaultPlan(seed=seed, rate=0.12, kinds=PASSING))
        assert wired.platform.roster() == roster
        assert wired.days(*period) == days
    assert gateway.faults.counts().total() >= 5


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_fault_of_a_read_is_passed_or_named(wired: WritableLeg, kind: Kind) -> None:
    seconds = 0.01 if kind is Kind.SLOW else None
    gateway_of(wired).faults.queue(Fault(kind=kind, seconds=seconds))
    last = wired.today - timedelta(days=1)
    try:
        wired.days(last, last)
    except ConnectorError as error:
        assert kind not in (*PASSING, *WRONG_TIME)
        assert len(str(error)) > 20  # noqa: PT017 - passing it is as good


@pytest.mark.parametrize(("kind", "done"), IN_THE_DARK)
def test_a_write_in_the_dark_is_sent_once_and_called_unknown(
    wired: WritableLeg, monkeypatch: pytest.MonkeyPatch, kind: Kind, done: bool
) -> None:
    wanted = changes(wired)
    befall(wired, kind, done=done)
    sent = count_writes(wired, monkeypatch)
    with pytest.raises(UnknownOutcomeError):
        wired.platform.set_bids(wanted)
    assert len(sent) == 1
    bids = wired.platform.live_bids([change.keyword_id for change in wanted])
    assert bids == {c.keyword_id: c.bid_fen if done else c.bid_before_fen for c in wanted}


@pytest.mark.parametrize("kind", NOT_BEGUN)
def test_a_write_that_cannot_have_begun_is_sent_again(
    wired: WritableLeg, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    wanted = changes(wired)
    befall(wired, kind)
    sent = count_writes(wired, monkeypatch)
    assert wired.platform.set_bids(wanted) == {c.keyword_id: c.bid_fen for c in wanted}
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.BAN_DAY, QuotaError),
        (Kind.INVALID_SESSION, AuthorisationError),
        (Kind.SESSION_EXPIRES, AuthorisationError),
        (Kind.NO_USER_PERMISSION, PermanentError),
        (Kind.CALLER_ERROR, PermanentError),
        (Kind.UNKNOWN_CODE, PermanentError),
    ],
)
def test_a_refused_write_changes_nothing_and_is_not_repeated(
    wired: WritableLeg,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    error: type[ConnectorError],
) -> None:
    wanted = changes(wired)
    befall(wired, kind)
    sent = count_writes(wired, monkeypatch)
    with pytest.raises(error):
        wired.platform.set_bids(wanted)
    assert len(sent) == 1
    front = gateway_of(wired).front("沙盒旗舰店")
    bids = dict(zip(front.shop.directory.keyword_ids, front.shop.bids_now(), strict=True))
    assert all(bids[change.keyword_id] == change.bid_before_fen for change in wanted)
