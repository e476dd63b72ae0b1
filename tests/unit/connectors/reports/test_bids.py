"""Bids in force from the newest list, bids by day from the record."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.platform import Exported
from connectors.reports import ReportsPlatform

WORD = "30481986859300002"


def bids(exports: Any, *bids: str, words: tuple[str, ...] = (WORD,)) -> bytes:
    rows = [
        exports.bid(**{"词ID/词包ID": word, "出价": bid})
        for word, bid in zip(words, bids, strict=True)
    ]
    return bytes(exports.csv(rows, exports.BID_HEADER, encoding="utf-8-sig"))


def record(exports: Any, *lines: tuple[str, str, str]) -> bytes:
    return bytes(exports.csv(lines, exports.RECORD_HEADER, encoding="utf-8-sig"))


def report(exports: Any, *days: str) -> bytes:
    return bytes(exports.csv([exports.row(日期=day) for day in days or ("2026-05-01",)]))


def test_the_newest_list_is_in_force(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "b_20260515_080000.csv").write_bytes(bids(exports, "0.50"))
    (tmp_path / "a_20260515_090000.csv").write_bytes(bids(exports, "0.60"))
    (tmp_path / "c_20260514.csv").write_bytes(bids(exports, "0.70"))
    roster, _, rejects = exports.read(tmp_path)
    (word,) = roster.keywords
    assert (word.bid_fen, word.match, word.biddable) == (60, "exact", True)
    assert rejects == []
    assert ReportsPlatform(tmp_path).bids_as_of == date(2026, 5, 15)


def test_lists_of_one_day_are_put_together_and_older_ones_are_history(
    exports: Any, tmp_path: Path
) -> None:
    (tmp_path / "a_20260515_080000.csv").write_bytes(bids(exports, "0.50", words=("1",)))
    (tmp_path / "b_20260515_080100.csv").write_bytes(bids(exports, "0.60", words=("2",)))
    (tmp_path / "c_20260514.csv").write_bytes(bids(exports, "0.70", words=("3",)))
    roster, _, _ = exports.read(tmp_path)
    assert [(word.keyword_id, word.bid_fen, word.biddable) for word in roster.keywords] == [
        ("1", 50, True),
        ("2", 60, True),
        ("3", None, False),
    ]
    assert "不在最新的出价表（2026-05-15）里" in (roster.keywords[2].not_biddable_reason or "")


@pytest.mark.parametrize(
    ("stamps", "exported_at"),
    [
        (["20260515_090000"], datetime(2026, 5, 15, 9)),
        (["20260515_090000", "20260514_093000"], datetime(2026, 5, 15, 9)),
        (["20260515_090000", "20260515_081502"], datetime(2026, 5, 15, 8, 15, 2)),
        (["20260515"], datetime(2026, 5, 15, 23, 59, 59, 999_999)),
        (["20260515", "20260515_090000"], datetime(2026, 5, 15, 9)),
        ([""], None),
        ([], None),
    ],
)
def test_the_oldest_list_of_the_newest_day_tells_when_the_bids_were_exported(
    exports: Any, tmp_path: Path, stamps: list[str], exported_at: datetime | None
) -> None:
    (tmp_path / "报表_20260601.csv").write_bytes(report(exports))
    for word, stamp in enumerate(stamps):
        (tmp_path / f"{word}出价_{stamp}.csv").write_bytes(bids(exports, "0.5", words=(str(word),)))
    reader = ReportsPlatform(tmp_path)
    assert isinstance(reader, Exported)
    assert reader.bids_exported_at == exported_at


def test_without_any_list_no_word_is_biddable(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(report(exports))
    roster, _, rejects = exports.read(tmp_path)
    (word,) = roster.keywords
    assert not word.biddable
    assert "没有关键词出价表" in (word.not_biddable_reason or "")
    assert rejects == []
    assert ReportsPlatform(tmp_path).bids_as_of is None


def test_an_undated_list_is_used_only_where_there_is_no_other(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "出价.csv").write_bytes(bids(exports, "0.70"))
    roster, _, (reject,) = exports.read(tmp_path)
    assert roster.keywords[0].bid_fen == 70
    assert roster.keywords[0].biddable
    assert "无法用来确认调价" in reject.reason or "无法知道" in reject.reason
    assert ReportsPlatform(tmp_path).bids_as_of is None

    (tmp_path / "出价_20200101.csv").write_bytes(bids(exports, "0.50"))
    roster, _, (reject,) = exports.read(tmp_path)
    assert roster.keywords[0].bid_fen == 50
    assert "已采用有日期的出价表" in reject.reason


def test_a_list_of_bids_alone_is_enough_for_a_roster(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "出价_20260515.csv").write_bytes(bids(exports, "0.50"))
    roster, rows, rejects = exports.read(tmp_path)
    assert len(roster.keywords) == 1
    assert rows == []
    assert rejects == []


def test_a_word_without_a_bid_in_the_list(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "出价_20260515.csv").write_bytes(bids(exports, "-"))
    (word,) = exports.read(tmp_path)[0].keywords
    assert (word.bid_fen, word.biddable) == (None, False)
    assert "没有出价" in (word.not_biddable_reason or "")


def test_the_record_gives_each_day_its_bid(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "报表_20260515.csv").write_bytes(report(exports, "2026-05-01", "2026-05-02"))
    (tmp_path / "出价记录_20260515.csv").write_bytes(
        record(exports, ("2026-05-01", WORD, "0.49"), ("20260502", WORD, "0.51"))
    )
    _, rows, rejects = exports.read(tmp_path)
    assert [row.bid_fen for row in rows] == [49, 51]
    assert rejects == []


def test_of_two_records_the_newer_wins_and_equals_are_noted(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "报表_20260515.csv").write_bytes(report(exports))
    day = "2026-05-01"
    (tmp_path / "a_20260514.csv").write_bytes(record(exports, (day, WORD, "0.40")))
    (tmp_path / "b_20260515.csv").write_bytes(record(exports, (day, WORD, "0.60")))
    _, (row,), rejects = exports.read(tmp_path)
    assert (row.bid_fen, rejects) == (60, [])

    (tmp_path / "c_20260515.csv").write_bytes(record(exports, (day, WORD, "0.55")))
    _, (row,), (reject,) = exports.read(tmp_path)
    assert row.bid_fen == 55
    assert (reject.source, reject.row, reject.column, reject.value) == (
        "b_20260515.csv",
        2,
        "出价",
        "0.60",
    )
    assert "c_20260515.csv 第 2 行 0.55" in reject.reason


@pytest.mark.parametrize(("recorded", "bid"), [(None, 50), ("0.45", 45)])
def test_a_dated_list_tells_its_own_day_where_no_record_does(
    exports: Any, tmp_path: Path, recorded: str | None, bid: int
) -> None:
    (tmp_path / "报表_20260515.csv").write_bytes(report(exports, "2026-05-14", "2026-05-15"))
    (tmp_path / "出价_20260515_080000.csv").write_bytes(bids(exports, "0.50"))
    (tmp_path / "出价_20260515_070000.csv").write_bytes(bids(exports, "0.40"))
    if recorded:
        (tmp_path / "记录_20260515.csv").write_bytes(
            record(exports, ("2026-05-15", WORD, recorded))
        )
    _, rows, _ = exports.read(tmp_path)
    assert [row.bid_fen for row in rows] == [None, bid]


def test_a_record_of_blanks_says_nothing(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "报表_20260515.csv").write_bytes(report(exports))
    (tmp_path / "记录.csv").write_bytes(record(exports, ("2026-05-01", WORD, "-")))
    _, (row,), rejects = exports.read(tmp_path)
    assert row.bid_fen is None
    assert rejects == []
