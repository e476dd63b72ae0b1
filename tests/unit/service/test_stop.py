"""Where the file of the kill switch stands, and what a stop says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.settings.models import Settings
from service.stop import Stop, stop_file

ACCOUNT = {
    "id": "shop",
    "connector": {"kind": "sandbox"},
    "budgets": {"daily": 100},
    "economics": [{"margin_rate": 0.3}],
    "objective": "profit",
}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"database": "sqlite:////data/kaiche.db"}, "/data/STOP"),
        ({"database": "sqlite:///var/kaiche.db?timeout=5"}, "var/STOP"),
        ({"database": "sqlite://"}, "var/STOP"),
        ({"database": "postgresql://host/kaiche"}, "var/STOP"),
        ({"apply": {"stop_file": "/run/halt"}}, "/run/halt"),
    ],
)
def test_the_file_stands_beside_the_database_unless_configured(changes: Any, place: str) -> None:
    assert stop_file(Settings.model_validate({"accounts": [ACCOUNT]} | changes)) == Path(place)


def test_a_stop_says_by_whom_why_and_how_to_go_on() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    one = Stop(scope="shop", reason="促销", ordered_by="小王", ordered_at=at)
    assert (
        one.sentence() == "shop was stopped by 小王 (促销); `kaiche resume --account shop` goes on"
    )
    everything = Stop(scope="*", reason=None, ordered_by="小王", ordered_at=at)
    assert everything.sentence() == "everything was stopped by 小王; `kaiche resume` goes on"
    by_file = Stop(scope="*", reason=None, file=Path("var/STOP"))
    assert by_file.sentence() == "the file var/STOP stops everything; delete it to go on"
