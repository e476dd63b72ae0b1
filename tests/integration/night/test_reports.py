"""Report files have no write half: the sheet goes out, and the next bid list tells what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from connectors.reports import ReportsPlatform
from service import decisions
from service.approval import Action
from service.audit import Origin
from service.errors import StaleDataError
from service.nightly import NightContext, NightResult, run_night
from service.settings.models import Account
from service.sheets.upload import SheetRow, workbook
from service.store import Store, audit, lines, runs
from service.store.audit import AuditFilter
from service.store.lines import LineFilter

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
APPROVED = Origin(at=MORNING + timedelta(minutes=30), actor="specialist", source="rest")
WORDS = tuple(f"3048198685930000{number}" for number in range(4))
APPLIED, OTHER, WAITING = WORDS[:3]
REPORT = "日期,计划ID,单元ID,词ID/词包ID,关键词,展现量,点击量,花费,总成交金额,总成交笔数"


@dataclass
class Folder:
    """Where a person puts the downloads, and a night that reads them."""

    path: Path
    store: Store
    account: Account
    door: SimpleNamespace

    def report(self, until: date) -> None:
        """The keyword report up to the day before ``until``, as every morning."""
        days = [until - timedelta(days=back) for back in range(1, 15)]
        rows = [
            f"{day},11,21,{word},裙{word},500,20,16.00,60.00,1" for day in days for word in WORDS
        ]
        self._write(f"关键词报表_{until:%Y%m%d}.csv", REPORT, rows)

    def bids(self, stamp: str, changed: Mapping[str, str] | None = None) -> None:
        """The bid list; every word stands at 1.00 unless changed."""
        told = dict.fromkeys(WORDS, "1.00") | dict(changed or {})
        rows = [f"11,21,{word},裙{word},精准,{bid}" for word, bid in told.items()]
        self._write(
            f"关键词出价_{stamp}.csv", "计划ID,单元ID,词ID/词包ID,关键词,匹配方式,出价", rows
        )

    def plan(self, night: date, at: datetime) -> NightResult:
        """The night, at an instant."""
        context = NightContext(
            store=self.store,
            door=self.door,
            platform=lambda *_: ReportsPlatform(self.path),
            clock=lambda: at,
        )
        return run_night(context, self.account, night, APPROVED)

    def _write(self, name: str, header: str, rows: list[str]) -> None:
        (self.path / name).write_text("\n".join([header, *rows]), encoding="gb18030")


@pytest.fixture
def folder(tmp_path: Path, store: Store, account: Account, real: SimpleNamespace) -> Folder:
    """Monday's night planned at 08:30 from a list of 08:15, three words approved at 1.23 at 09:00."""
    made = Folder(tmp_path / "downloads", store, account, real)
    made.path.mkdir()
    made.report(MONDAY)
    made.bids("20260302_081500")
    proposal = made.plan(MONDAY, MORNING).proposal
    with store.begin() as session:
        wanted = LineFilter(proposal_id=proposal.proposal_id, keyword_ids=(APPLIED, OTHER, WAITING))
        for line in lines.select_lines(session, wanted):
            decisions.edit(session, APPROVED, line.line_id, 123, account.guardrails)
        decisions.decide(session, Action.APPROVE, APPROVED, wanted)
    return made


def settled(folder: Folder, result: NightResult) -> dict[str, str]:
    """The states of the approved words' lines."""
    counts = result.run.counts
    with folder.store.read() as session:
        found = lines.select_lines(
            session, LineFilter(account_id="shop", states=("applied", "conflict", "approved"))
        )
    states = [line.state for line in found]
    assert [states.count(state) for state in ("applied", "conflict", "approved")] == [
        counts[name] for name in ("applied", "conflicts", "waiting")
    ]
    return {line.keyword_id: line.state for line in found}


def test_the_next_list_confirms_or_marks_the_conflict_with_both_numbers(folder: Folder) -> None:
    folder.report(TUESDAY)
    folder.bids("20260303_081500", {APPLIED: "1.23", OTHER: "1.11"})
    result = folder.plan(TUESDAY, MORNING + timedelta(days=1))
    assert settled(folder, result) == {APPLIED: "applied", OTHER: "conflict", WAITING: "approved"}
    with folder.store.read() as session:
        (conflict,) = audit.page(session, AuditFilter(action="mark_conflict"))
    assert (conflict.before, conflict.after) == (
        {"state": "approved", "bid_fen": 123},
        {"state": "conflict", "bid_fen": 111},
    )


@pytest.mark.parametrize("stamp", ["20260302_085959", "20260301"])
def test_a_list_from_before_the_approval_says_nothing_about_it(folder: Folder, stamp: str) -> None:
    """The person put another list of before 09:00 there, and none of the next morning."""
    for old in folder.path.glob("关键词出价*"):
        old.unlink()
    folder.report(TUESDAY)
    folder.bids(stamp, {APPLIED: "1.23", OTHER: "1.11"})
    result = folder.plan(TUESDAY, MORNING + timedelta(days=1))
    assert set(settled(folder, result).values()) == {"approved"}
    assert result.run.counts["changed_elsewhere"] == 2


def test_a_list_of_the_day_is_enough_where_its_name_tells_no_time(folder: Folder) -> None:
    for old in folder.path.glob("关键词出价*"):
        old.unlink()
    folder.report(TUESDAY)
    folder.bids("20260302", {APPLIED: "1.23"})
    result = folder.plan(TUESDAY, MORNING + timedelta(days=1))
    assert settled(folder, result)[APPLIED] == "applied"


def test_reports_that_are_all_too_old_are_told_with_the_night_they_fit(folder: Folder) -> None:
    with pytest.raises(StaleDataError, match="--date 2026-03-02"):
        folder.plan(MONDAY + timedelta(days=100), MORNING + timedelta(days=100))


def test_the_sheet_left_in_the_folder_confirms_nothing_and_is_named(folder: Folder) -> None:
    rows = [
        SheetRow(
            campaign_id="11",
            adgroup_id="21",
            keyword_id=word,
            word=f"裙{word}",
            match="exact",
            bid_before_fen=100,
            bid_fen=123,
        )
        for word in (APPLIED, OTHER, WAITING)
    ]
    (folder.path / "kaiche_20260303_083000.xlsx").write_bytes(workbook(rows))
    folder.report(TUESDAY)
    result = folder.plan(TUESDAY, MORNING + timedelta(days=1))
    assert set(settled(folder, result).values()) == {"approved"}
    with folder.store.read() as session:
        (reject,) = runs.rejects(session, result.run.run_id)
    assert (reject.source, reject.row) == ("kaiche_20260303_083000.xlsx", None)
    assert "不是平台下载的出价表，不能确认任何调价" in reject.reason
