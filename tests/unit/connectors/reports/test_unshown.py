"""Days on which a word was bid on and not shown are zeros, where a report covers the day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORD = "30481986859300002"


def test_silent_days_are_told_only_where_they_are_known_to_be_silent(
    exports: Any, tmp_path: Path
) -> None:
    shown = [exports.row(日期=day) for day in ("2026-05-02", "2026-05-04")]
    (tmp_path / "报表_20260515.csv").write_bytes(exports.csv(shown))
    listed = [
        exports.bid(**{"词ID/词包ID": "7"}),
        exports.bid(**{"词ID/词包ID": "8", "计划ID": "12", "单元ID": "22"}),
    ]
    (tmp_path / "出价_20260515.csv").write_bytes(exports.csv(listed, exports.BID_HEADER))
    days = [f"2026-05-0{day}" for day in range(1, 6)]
    lines = [(day, word, "0.49") for day in days for word in (WORD, "7", "8", "99")]
    (tmp_path / "记录_20260515.csv").write_bytes(exports.csv(lines, exports.RECORD_HEADER))

    _, rows, rejects = exports.read(tmp_path)
    assert rejects == []
    assert [(row.date.day, row.keyword_id, row.impressions) for row in rows] == [
        (2, WORD, 100),
        (2, "7", 0),
        (3, WORD, 0),
        (3, "7", 0),
        (4, WORD, 100),
        (4, "7", 0),
    ]
    silent = rows[3]
    assert (silent.adgroup_id, silent.campaign_id, silent.bid_fen) == ("21", "11", 49)
    assert (silent.clicks, silent.spend_fen, silent.orders, silent.revenue_fen) == (0, 0, 0, 0)
    assert (silent.carts, silent.favourites, silent.avg_rank) == (None, None, None)
