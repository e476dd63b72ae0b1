"""A morning made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.books import Opened
from service.ledger import Interval, LedgerEntry, LedgerState
from service.notify.alerts import Watched
from service.reading.morning import Morning
from service.reading.nights import Expected, NightOutcome
from service.reading.summary import Summary
from service.store.lines import LineTotals
from service.store.rows import LedgerDay, ProposalRow, StatedDay

DAY = date(2026, 3, 2)
Make = Callable[..., Any]


@pytest.fixture
def make_proposal() -> Make:
    def make(**changes: Any) -> ProposalRow:
        values: dict[str, Any] = {
            "proposal_id": "p-1",
            "run_id": "r-1",
            "account_id": "shop",
            "business_date": DAY,
            "state": "open",
            "review": "PASS",
            "status": "optimal",
            "totals": {
                "spend": {"value": 90.0},
                "spend_before": 100.0,
                "contribution": 80.0,
                "contribution_before": 70.0,
                "loss": 10.0,
                "p_within_loss": 0.95,
            },
            "frontier": (),
            "policy": {"policy": {"max_loss": 40.0}},
            "breaches": (),
            "content_hash": "0" * 64,
            "created_at": datetime(2026, 3, 2, tzinfo=UTC),
            "expires_at": datetime(2026, 3, 4, tzinfo=UTC),
        }
        return ProposalRow(**{**values, **changes})

    return make


@pytest.fixture
def make_state() -> Make:
    def make(**changes: Any) -> LedgerState:
        values: dict[str, Any] = {
            "day": DAY,
            "start_date": None,
            "end_date": date(2027, 12, 31),
            "amount_fen": 4_000,
            "window_days": 30,
            "window_cap_fen": 60_000,
            "window_first": date(2026, 2, 20),
            "window_last": date(2026, 3, 21),
            "days_left": 20,
            "days_known": 10,
            "window_loss_fen": 5_000,
            "row_loss_fen": 5_000,
            "used_fen": 5_000,
            "left_fen": 55_000,
            "tonight_fen": 2_750,
            "limit": "window",
        }
        return LedgerState(**{**values, **changes})

    return make


@pytest.fixture
def make_ledger() -> Make:
    def make(state: LedgerState | None = None, losses: tuple[int, ...] = ()) -> Opened:
        return Opened(
            account_id="shop",
            night=DAY,
            allowance=state,
            budget=None,
            days=tuple(_entry(date(2026, 3, 1), loss) for loss in losses),
        )

    return make


def _entry(day: date, loss_fen: int) -> LedgerEntry:
    loss = Interval(fen=loss_fen, p05_fen=loss_fen, p95_fen=loss_fen)
    stated = StatedDay(
        date=day, spend_fen=10_000, contribution_fen=10_000 - loss_fen, stated_on=DAY
    )
    return LedgerEntry(
        day=stated,
        since=day,
        contribution=loss,
        loss=loss,
        loss_so_far=loss,
        used_fen=None,
        left_fen=None,
    )


@pytest.fixture
def make_summary(make_proposal: Make) -> Make:
    def make(reasons: dict[str, int] | None = None, **changes: Any) -> Summary:
        sums = LineTotals(
            **dict.fromkeys(LineTotals.__dataclass_fields__, 0)
            | {"lines": 2_400, "raises": 3, "cuts": 4}
        )
        return Summary(
            proposal=make_proposal(**changes),
            everything=sums,
            changed=sums,
            reasons=reasons or {"hold_noise": 5, "lower_budget": 9},
            states={},
        )

    return make


@pytest.fixture
def make_outcome() -> Make:
    def make(**changes: Any) -> NightOutcome:
        values: dict[str, Any] = {
            "date": date(2026, 3, 1),
            "proposal_id": "p-0",
            "changed": 2,
            "sent": 1,
            "spend_expected": Expected(value=9_000.0),
            "contribution_expected": Expected(value=8_000.0),
            "spend_fen": 9_500,
            "clicks": 10,
            "orders": 1,
            "revenue_fen": 20_000,
            "contribution_fen": 7_000,
            "waiting_fen": 500,
        }
        return NightOutcome(**{**values, **changes})

    return make


@pytest.fixture
def make_morning(make_ledger: Make) -> Make:
    def make(**changes: Any) -> Morning:
        days: tuple[LedgerDay, ...] = ()
        values: dict[str, Any] = {
            "day": DAY,
            "needs": (),
            "night": None,
            "summary": None,
            "outcomes": (),
            "days": days,
            "ledger": make_ledger(),
        }
        return Morning(**{**values, **changes})

    return make


@pytest.fixture
def make_watched(make_ledger: Make) -> Make:
    def make(**changes: Any) -> Watched:
        values: dict[str, Any] = {
            "day": DAY, "needs": (), "proposal": None, "ledger": make_ledger(),
        }  # fmt: skip
        return Watched(**{**values, **changes})

    return make
