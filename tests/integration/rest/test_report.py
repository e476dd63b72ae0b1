"""The month over HTTP: a page and a workbook, for whoever may read the account."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from connectors.platform import KeywordDayRow
from service.people.roles import Role
from service.store import Store, pulls

sys.path.insert(0, str(Path(__file__).parent))

from two_shops import NIGHT, NOW, OURS, THEIRS, World

REPORT = f"/api/v1/accounts/{OURS}/report"


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    made = World(store)
    row = KeywordDayRow(
        keyword_id="k1", adgroup_id="g1", campaign_id="c1", date=NIGHT, impressions=100, clicks=10,
        spend_fen=12_345, orders=1, revenue_fen=60_000, bid_fen=90,
    )  # fmt: skip
    with store.begin() as session:
        for account in (OURS, THEIRS):
            pulls.upsert_facts(
                session, account, [row], pulled_at=NOW, pulled_on=NIGHT + timedelta(days=1)
            )
    yield made
    made.close()


def ask(world: World, address: str) -> Any:
    return world.ask("GET", address, world.keys[Role.VIEWER, "token"], None)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("", "2026年7月 (7月31日) kaiche 花费 ¥123.45"),
        ("?month=2026-07&language=en", "In July 2026 (Jul 31) kaiche spent ¥123.45"),
        ("?month=2020-01&language=en", "Nothing is on record of this month"),
        ("?month=2030-01", "这个月还没有开始"),
    ],
)
def test_the_page_is_served_and_may_use_nothing_but_itself(
    world: World, asked: str, says: str
) -> None:
    found = ask(world, REPORT + asked)
    assert found.status_code == 200
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert says in found.text
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_the_workbook_is_saved_under_a_name(world: World) -> None:
    found = ask(world, f"{REPORT}.xlsx?month=2026-07&language=en")
    assert found.status_code == 200
    assert (
        f'filename="kaiche-report-{OURS}-2026-07-en.xlsx"' in found.headers["content-disposition"]
    )
    days = load_workbook(BytesIO(found.content))["Days"]
    assert days["E2"].value == 123.45


@pytest.mark.parametrize("asked", ["?month=2026-13", "?month=july", "?language=fr", "?when=now"])
def test_what_cannot_be_asked_is_refused(world: World, asked: str) -> None:
    for place in (REPORT, f"{REPORT}.xlsx"):
        assert ask(world, place + asked).status_code == 422


def test_another_s_month_is_not_there(world: World) -> None:
    assert ask(world, REPORT.replace(OURS, THEIRS)).status_code == 404
