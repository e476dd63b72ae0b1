"""Overlapping files: the newest wins, unlike rows add up, and the order never matters."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.platform import KeywordDayRow, Roster
from connectors.reports.rejects import SHOWN_PER_CAUSE


def lay(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def figures(rows: list[KeywordDayRow]) -> list[tuple[str, int, int, int, int]]:
    return [
        (row.date.isoformat(), row.impressions, row.clicks, row.spend_fen, row.orders)
        for row in rows
    ]


def test_the_newer_export_restates_the_older(exports: Any, tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "z_20260502_080000.csv": exports.csv([exports.row(总成交笔数="9", 展现量="900")]),
            "a_20260502_090000.csv": exports.csv([exports.row(总成交笔数="2")]),
            "m_20260501.csv": exports.csv([exports.row(总成交笔数="0")]),
        },
    )
    _, rows, rejects = exports.read(tmp_path)
    assert figures(rows) == [("2026-05-01", 100, 4, 120, 2)]
    assert rejects == []


def test_without_a_timestamp_the_latest_date_inside_tells_the_age(
    exports: Any, tmp_path: Path
) -> None:
    later = exports.row(日期="2026-05-03")
    lay(
        tmp_path,
        **{
            "old.csv": exports.csv([exports.row(总成交笔数="9")]),
            "new.csv": exports.csv([exports.row(总成交笔数="2"), later]),
        },
    )
    _, rows, rejects = exports.read(tmp_path)
    assert [row.orders for row in rows] == [2, 1]
    assert rejects == []


def test_items_and_scenes_of_a_word_add_up(exports: Any, tmp_path: Path) -> None:
    extra = ["总购物车数", "平均展现排名"]
    rows = [
        exports.row(展现量="100", 总购物车数="1", 平均展现排名="2"),
        exports.row(展现量="300", 宝贝ID="32", 总购物车数="2", 平均展现排名="6"),
        exports.row(展现量="50", 场景ID="377", 总购物车数="-", 平均展现排名="-"),
        exports.row(日期="2026-05-02", 总购物车数="5", 平均展现排名="-"),
    ]
    lay(tmp_path, **{"a.csv": exports.csv(rows, [*exports.HEADER, *extra])})
    _, read, rejects = exports.read(tmp_path)
    assert figures(read) == [("2026-05-01", 450, 12, 360, 3), ("2026-05-02", 100, 4, 120, 1)]
    assert [row.revenue_fen for row in read] == [9000, 3000]
    assert [row.carts for row in read] == [3, 5]
    assert [row.avg_rank for row in read] == [5.0, None]
    assert [row.favourites for row in read] == [None, None]
    assert rejects == []


def test_a_word_in_two_adgroups_is_placed_where_it_shows_most(exports: Any, tmp_path: Path) -> None:
    rows = [exports.row(展现量="10"), exports.row(展现量="90", 单元ID="22", 计划ID="12")]
    lay(tmp_path, **{"a.csv": exports.csv(rows)})
    _, (row,), _ = exports.read(tmp_path)
    assert (row.adgroup_id, row.campaign_id, row.impressions) == ("22", "12", 100)


def test_templates_with_and_without_a_key_column_are_not_added_up(
    exports: Any, tmp_path: Path
) -> None:
    narrow = [name for name in exports.HEADER if name != "宝贝ID"]
    lay(
        tmp_path,
        **{
            "old_20260502.csv": exports.csv([exports.row(), exports.row(宝贝ID="32")]),
            "new_20260503.csv": exports.csv([exports.row(展现量="210", 点击量="9")], narrow),
        },
    )
    _, rows, rejects = exports.read(tmp_path)
    assert figures(rows) == [("2026-05-01", 210, 9, 120, 1)]
    assert rejects == []


def test_a_conflict_between_equally_new_files_names_both(exports: Any, tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "a_20260502.csv": exports.csv([exports.row(日期="2026-04-30"), exports.row()]),
            "b_20260502.csv": exports.csv([exports.row(总成交笔数="2")]),
        },
    )
    _, rows, (reject,) = exports.read(tmp_path)
    assert [row.orders for row in rows] == [1, 2]
    assert (reject.source, reject.row, reject.column, reject.value) == (
        "a_20260502.csv",
        3,
        "总成交笔数",
        "1",
    )
    assert "b_20260502.csv 第 2 行 2" in reject.reason


def test_a_conflict_about_the_rank_alone(exports: Any, tmp_path: Path) -> None:
    header = [*exports.HEADER, "平均展现排名"]
    rows = [exports.row(平均展现排名="2.5"), exports.row(平均展现排名="3")]
    lay(tmp_path, **{"a.csv": exports.csv(rows, header)})
    _, (row,), (reject,) = exports.read(tmp_path)
    assert row.avg_rank == 3.0
    assert (reject.column, reject.value) == ("平均展现排名", "2.5")


def test_many_conflicts_do_not_flood(exports: Any, tmp_path: Path) -> None:
    count = SHOWN_PER_CAUSE + 5
    for name, orders in (("a.csv", "1"), ("b.csv", "2")):
        rows = [
            exports.row(总成交笔数=orders, **{"词ID/词包ID": 100 + word}) for word in range(count)
        ]
        lay(tmp_path, **{name: exports.csv(rows)})
    _, rows, rejects = exports.read(tmp_path)
    assert [row.orders for row in rows] == [2] * count
    assert [reject.source for reject in rejects] == ["a.csv"] * (SHOWN_PER_CAUSE + 1)
    assert "另有 5 行" in rejects[-1].reason


def test_the_same_file_twice_is_the_file_once(exports: Any, tmp_path: Path) -> None:
    data = exports.csv([exports.row()])
    lay(tmp_path, **{"报表_20260502.csv": data, "报表_20260502 (1).csv": data})
    _, rows, rejects = exports.read(tmp_path)
    assert figures(rows) == [("2026-05-01", 100, 4, 120, 1)]
    assert rejects == []


def _export(rng: random.Random, exports: Any, words: int, days: int) -> list[dict[str, str]]:
    rows = []
    for word in range(words):
        for day in range(days):
            if rng.random() < 0.3:
                continue
            clicks = rng.randrange(20)
            rows.append(
                exports.row(
                    日期=date(2026, 5, 1) + timedelta(days=day),
                    宝贝ID=rng.choice([31, 32]),
                    单元名字=f"单元{rng.randrange(3)}",
                    展现量=clicks + rng.randrange(50),
                    点击量=clicks,
                    花费=f"{rng.randrange(999) / 100:.2f}",
                    总成交笔数=rng.randrange(3),
                    **{"词ID/词包ID": 30481986859300000 + word, "词名字/词包名字": f"词{word}"},
                )
            )
    return rows


def _read_from(exports: Any, files: dict[str, bytes]) -> tuple[Roster, list[KeywordDayRow]]:
    with tempfile.TemporaryDirectory() as folder:
        roster, rows, _ = exports.read(lay(Path(folder), **files))
    return roster, rows


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), words=st.integers(1, 5), days=st.integers(1, 5))
def test_any_overlapping_split_in_any_order_gives_the_same_rows(
    exports: Any, seed: int, words: int, days: int
) -> None:
    rng = random.Random(seed)
    older = _export(rng, exports, words, days)
    newer = _export(rng, exports, words, days) or [exports.row()]
    stamped = {"20260510_080000": older or newer, "20260511_080000": newer}
    whole = {f"报表_{stamp}.csv": exports.csv(rows) for stamp, rows in stamped.items()}

    pieces = {}
    for stamp, rows in stamped.items():
        count = rng.randrange(1, 4)
        parts: list[list[dict[str, str]]] = [[] for _ in range(count)]
        for row in rows:
            for part in {rng.randrange(count), rng.randrange(count)}:  # once or twice
                parts[part].append(row)
        for part in filter(None, parts):
            rng.shuffle(part)
            name = f"{rng.randrange(10**6)}_{stamp}"
            if rng.random() < 0.3:
                pieces[f"{name}.zip"] = exports.zip(**{f"{name}.csv": exports.csv(part)})
            else:
                pieces[f"{name}.csv"] = exports.csv(part, encoding="utf-8-sig")
    assert _read_from(exports, pieces) == _read_from(exports, whole)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_the_files_are_called_does_not_matter(exports: Any, seed: int) -> None:
    """Equally new files that contradict each other, under permuted names."""
    rng = random.Random(seed)
    contents = [exports.csv(_export(rng, exports, 2, 3) or [exports.row()]) for _ in range(3)]
    contents.append(exports.csv([exports.bid(出价="0.60")], exports.BID_HEADER))
    contents.append(exports.csv([exports.bid(出价="0.70")], exports.BID_HEADER))
    first = {f"{k}_20260510.csv": data for k, data in enumerate(contents)}
    rng.shuffle(contents)
    second = {f"{k}_20260510.csv": data for k, data in enumerate(contents)}
    (roster, rows), (other_roster, other_rows) = (
        _read_from(exports, files) for files in (first, second)
    )
    assert rows == other_rows
    assert (roster.keywords, roster.adgroups) == (other_roster.keywords, other_roster.adgroups)


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_come_by_date_then_keyword(exports: Any, tmp_path: Path, reverse: bool) -> None:
    rows = [
        exports.row(日期=day, **{"词ID/词包ID": word})
        for day in ("2026-05-01", "2026-05-02")
        for word in ("100", "20")
    ]
    lay(tmp_path, **{"a.csv": exports.csv(rows[::-1] if reverse else rows)})
    _, read, _ = exports.read(tmp_path)
    assert [(row.date.day, row.keyword_id) for row in read] == [
        (1, "100"),
        (1, "20"),
        (2, "100"),
        (2, "20"),
    ]
