"""The reader as the night uses it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.platform import AdPlatform, AdPlatformReader
from connectors.reports import ReportsPlatform, platform
from connectors.reports.rejects import SHOWN_PER_CAUSE


def test_it_is_a_reader_and_has_no_write_half(tmp_path: Path) -> None:
    reader = ReportsPlatform(tmp_path, attribution_days=30)
    assert isinstance(reader, AdPlatformReader)
    assert not isinstance(reader, AdPlatform)
    assert (reader.name, reader.attribution_days) == ("reports", 30)
    assert ReportsPlatform(tmp_path).attribution_days == 15


def test_a_missing_path_is_told_when_asked(tmp_path: Path) -> None:
    reader = ReportsPlatform(tmp_path / "none")
    with pytest.raises(SourceError, match="none"):
        reader.roster()
    with pytest.raises(SourceError, match="none"):
        reader.keyword_days(date(2026, 1, 1), date(2026, 1, 2))
    with pytest.raises(SourceError, match="none"):
        _ = reader.bids_as_of


def test_pages_are_bounded_and_hold_the_days_asked_for(
    exports: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "ROWS_PER_PAGE", 2)
    rows = [
        exports.row(日期=f"2026-05-0{day}", **{"词ID/词包ID": word})
        for day in range(1, 5)
        for word in (1, 2, 3)
    ]
    (tmp_path / "a.csv").write_bytes(exports.csv([*rows, exports.row(花费="?")]))
    pages = list(ReportsPlatform(tmp_path).keyword_days(date(2026, 5, 2), date(2026, 5, 3)))
    assert [len(page.rows) for page in pages] == [2, 2, 2]
    assert {row.date.day for page in pages for row in page.rows} == {2, 3}
    assert [len(page.rejects) for page in pages] == [1, 0, 0]


def test_the_newest_day_of_all_reports(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(exports.csv([exports.row(日期="2026-05-03")]))
    (tmp_path / "b.csv").write_bytes(exports.csv([exports.row(日期="2026-05-02")]))
    assert ReportsPlatform(tmp_path).newest_day == date(2026, 5, 3)
    (tmp_path / "bids").mkdir()
    bids = tmp_path / "bids" / "出价_20260515.csv"
    bids.write_bytes(exports.csv([exports.bid()], exports.BID_HEADER))
    assert ReportsPlatform(bids).newest_day is None


def test_rejects_are_told_though_no_day_fits(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(exports.csv([exports.row(), exports.row(花费="?")]))
    reader = ReportsPlatform(tmp_path)
    (page,) = reader.keyword_days(date(2020, 1, 1), date(2020, 1, 2))
    assert page.rows == ()
    assert len(page.rejects) == 1
    (page,) = reader.keyword_days(date(2026, 6, 1), date(2026, 5, 1))
    assert page.rows == ()


def test_every_reject_is_told_once(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(exports.csv([exports.row(), exports.row(花费="?")]))
    (tmp_path / "b.csv").write_bytes(b"")
    roster, _, rejects = exports.read(tmp_path)
    assert [reject.source for reject in roster.rejects] == ["b.csv"]
    assert [reject.source for reject in rejects] == ["b.csv", "a.csv"]


def test_many_bad_rows_do_not_flood(exports: Any, tmp_path: Path) -> None:
    bad = [exports.row(花费="?")] * (SHOWN_PER_CAUSE + 7)
    (tmp_path / "a.csv").write_bytes(exports.csv([exports.row(), *bad]))
    _, _, rejects = exports.read(tmp_path)
    assert len(rejects) == SHOWN_PER_CAUSE + 1
    assert "另有 7 行" in rejects[-1].reason


def test_a_new_download_is_seen_by_the_same_reader(exports: Any, tmp_path: Path) -> None:
    path = tmp_path / "a_20260515.csv"
    path.write_bytes(exports.csv([exports.row()]))
    reader = ReportsPlatform(tmp_path)
    assert len(reader.roster().keywords) == 1
    assert reader.roster() is reader.roster()
    path.write_bytes(exports.csv([exports.row(), exports.row(**{"词ID/词包ID": "7"})]))
    os.utime(path, ns=(1, 1))
    assert len(reader.roster().keywords) == 2
    (tmp_path / "b_20260515.csv").write_bytes(exports.csv([exports.row(**{"词ID/词包ID": "8"})]))
    assert len(reader.roster().keywords) == 3


def test_one_file_is_enough(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(exports.csv([exports.row()]))
    (tmp_path / "b.csv").write_bytes(b"")
    _, rows, rejects = exports.read(tmp_path / "a.csv")
    assert len(rows) == 1
    assert rejects == []
