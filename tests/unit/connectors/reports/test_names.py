"""Old 直通车 reports without ids lean on the other files of the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.reports.rejects import SHOWN_PER_CAUSE

OLD = (
    "统计日期 状态 推广单元 关键词 质量分 展现量 点击量 花费 "
    "直接成交金额 间接成交金额 直接成交笔数 间接成交笔数"
)
PLAIN = "2026-05-03 推广中 单元甲 连衣裙 8 50 2 0.80 10.00 5.00 1 1"


def old_report(exports: Any, *edits: tuple[str, str], header: str = OLD) -> bytes:
    lines = [PLAIN, *(PLAIN.replace(*edit) for edit in edits)]
    return bytes(exports.csv([line.split() for line in lines], header.split()))


def test_names_lead_to_ids(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "新_20260515.csv").write_bytes(exports.csv([exports.row()]))
    (tmp_path / "旧_20260515.csv").write_bytes(
        old_report(exports, ("连衣裙", "半身裙"), ("单元甲", "单元乙"))
    )
    roster, rows, rejects = exports.read(tmp_path)
    assert [(row.date.day, row.keyword_id, row.adgroup_id, row.campaign_id) for row in rows] == [
        (1, exports.row()["词ID/词包ID"], "21", "11"),
        (3, exports.row()["词ID/词包ID"], "21", "11"),
    ]
    assert (rows[1].orders, rows[1].revenue_fen, rows[1].spend_fen) == (2, 1500, 80)
    assert roster.keywords[0].quality_score == 8.0
    assert [(reject.row, reject.column, reject.value) for reject in rejects] == [
        (3, "关键词", "单元甲 / 半身裙"),
        (4, "关键词", "单元乙 / 连衣裙"),
    ]


def test_a_name_that_fits_two_words_is_not_guessed(exports: Any, tmp_path: Path) -> None:
    twins = [exports.row(), exports.row(计划ID="12", 单元ID="22", **{"词ID/词包ID": "9"})]
    (tmp_path / "新_20260515.csv").write_bytes(exports.csv(twins))
    (tmp_path / "旧_20260515.csv").write_bytes(old_report(exports))
    _, rows, (reject,) = exports.read(tmp_path)
    assert len(rows) == 2
    assert "没有词ID" in reject.reason


def test_the_campaign_tells_twins_apart(exports: Any, tmp_path: Path) -> None:
    twins = [
        exports.row(),
        exports.row(计划ID="12", 计划名字="计划乙", 单元ID="22", **{"词ID/词包ID": "9"}),
    ]
    (tmp_path / "新_20260515.csv").write_bytes(exports.csv(twins))
    header = OLD.replace("状态", "推广计划")
    (tmp_path / "旧_20260515.csv").write_bytes(
        old_report(exports, header=header).replace(
            "推广中".encode("gb18030"), "计划乙".encode("gb18030")
        )
    )
    _, rows, rejects = exports.read(tmp_path)
    assert rejects == []
    assert [row.keyword_id for row in rows if row.date.day == 3] == ["9"]


def test_the_newer_of_old_and_new_form_wins_the_day(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "新_20260515.csv").write_bytes(exports.csv([exports.row(日期="2026-05-03")]))
    (tmp_path / "旧_20260516.csv").write_bytes(old_report(exports))
    _, (row,), rejects = exports.read(tmp_path)
    assert row.impressions == 50
    assert rejects == []


def test_a_total_row_of_an_old_report(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "新_20260515.csv").write_bytes(exports.csv([exports.row()]))
    total = ("2026-05-03 推广中 单元甲 连衣裙", "合计 - - -")
    (tmp_path / "旧_20260515.csv").write_bytes(old_report(exports, total))
    _, rows, rejects = exports.read(tmp_path)
    assert len(rows) == 2
    assert rejects == []


def test_many_unknown_names_do_not_flood(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "新_20260515.csv").write_bytes(exports.csv([exports.row()]))
    unknown = [("连衣裙", f"半身裙{k}") for k in range(SHOWN_PER_CAUSE + 3)]
    (tmp_path / "旧_20260515.csv").write_bytes(old_report(exports, *unknown))
    _, rows, rejects = exports.read(tmp_path)
    assert len(rows) == 2
    assert len(rejects) == SHOWN_PER_CAUSE + 1
    assert "另有 3 行" in rejects[-1].reason


@pytest.mark.parametrize("beside", [b"", None])
def test_alone_it_has_nothing_to_lean_on(
    exports: Any, tmp_path: Path, beside: bytes | None
) -> None:
    (tmp_path / "旧.csv").write_bytes(old_report(exports))
    if beside is not None:
        (tmp_path / "空.csv").write_bytes(beside)
    with pytest.raises(SourceError, match="没有词ID"):
        exports.read(tmp_path)
