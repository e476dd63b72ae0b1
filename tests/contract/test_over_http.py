"""What arrives over HTTP is what the shop holds, figure by figure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from connectors.platform import KeywordDayRow
from connectors.taobao import examine, universalbp_reports

if TYPE_CHECKING:
    from tests.contract.conftest import Leg, WritableLeg


def told(rows: list[KeywordDayRow]) -> dict[tuple[str, object], KeywordDayRow]:
    """Rows with impressions, without what no interface of the platform tells."""
    return {
        (row.keyword_id, row.date): replace(row, bid_fen=None, budget_hit=None, avg_rank=None)
        for row in rows
        if row.impressions
    }


def test_days_are_those_of_the_shop(over_http: tuple[Leg, Leg]) -> None:
    direct, wire = over_http
    for days in (0, 3):
        direct.advance(days)
        wire.advance(days)
        assert told(wire.days()) == told(direct.days())


def test_the_roster_is_that_of_the_shop(over_http: tuple[Leg, Leg]) -> None:
    one, two = (leg.reader.roster() for leg in over_http)
    assert two.rejects == ()
    assert one.campaigns == two.campaigns
    assert one.keywords == two.keywords
    names = ("adgroup_id", "campaign_id", "item_id", "item_name")
    for ours, theirs in zip(one.adgroups, two.adgroups, strict=True):
        assert [getattr(ours, n) for n in names] == [getattr(theirs, n) for n in names]


def test_pages_and_the_file_tell_the_same(
    writer: WritableLeg, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged = writer.days()
    monkeypatch.setattr(universalbp_reports, "MOST_PAGED", 0)
    assert writer.days() == paged


def test_the_doctor_finds_a_healthy_shop_and_writes_nothing(wired: WritableLeg) -> None:
    assert wired.transport is not None
    before = wired.platform.roster()
    found = {check.name: check for check in examine(wired.transport)}
    undecided = [name for name, check in found.items() if check.passed is None]
    assert undecided == ["right to write"]
    assert [check.detail for check in found.values() if check.passed is False] == []
    assert {"units of spend", "units of bids", "units of budget"} <= set(found)
    assert wired.platform.roster() == before
