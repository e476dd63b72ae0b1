"""Lines at hand, and sheets of them as a person would send them back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from service.sheets.columns import COLUMNS, LETTERS
from service.sheets.review import workbook
from service.store.rows import LineRow

NOW = datetime(2026, 7, 31, 1, 0, tzinfo=UTC)


def line(number: int, **changes: Any) -> LineRow:
    values: dict[str, Any] = {
        "keyword_id": f"3048198685930{number:04d}",
        "adgroup_id": "6402210000012",
        "campaign_id": "72281500001",
        "word": f"连衣裙 {number}",
        "match": "exact",
        "state": "pending",
        "bid_before_fen": 100,
        "bid_proposed_fen": 110,
        "bid_fen": 110,
        "change_rate": 0.1,
        "reason": "raise_marginal_return",
        "binding": None,
        "explore": False,
        "marginal_return": 0.9,
        "expected": {"spend": {"before": 1.0, "after": 1.1}},
        "spend_after_fen": 1100,
        "spend_before_fen": 1000,
        "contribution_after_fen": 950,
        "contribution_before_fen": 900,
        "line_id": number,
        "proposal_id": "p",
        "account_id": "shop",
        "version": 1,
        "decided_by": None,
        "decided_at": None,
        "note": None,
        "risk": "middle",
        "at_stake_fen": 35,
    }
    return LineRow(**values | changes)


@pytest.fixture
def make_line() -> Callable[..., LineRow]:
    return line


@pytest.fixture
def edited() -> Callable[..., bytes]:
    """A workbook of lines, exported and then changed: ``{(column key, line's place): value}``."""

    def edit(lines: list[LineRow], cells: dict[tuple[str, int], Any]) -> bytes:
        book = load_workbook(BytesIO(workbook(lines, {}, "zh")))
        sheet = book.worksheets[0]
        for (key, place), value in cells.items():
            sheet[f"{LETTERS[key]}{3 + place}"] = value
        assert sheet.max_column == len(COLUMNS)
        content = BytesIO()
        book.save(content)
        return content.getvalue()

    return edit
