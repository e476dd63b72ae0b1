"""Limits of a whole plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.guardrails import NAMED, Breach, PlannedLine, check
from service.settings.models import Guardrails

LIMITS = Guardrails(
    min_bid=Decimal("0.10"),
    max_bid=Decimal("2.00"),
    max_step_up=0.3,
    max_step_down=0.2,
    max_changed_share=1.0,
    max_spend_rise=0.25,
)


def line(number: int = 1, **changed: Any) -> PlannedLine:
    values: dict[str, Any] = {
        "keyword_id": f"k{number:03}",
        "campaign_id": "c",
        "bid_before_fen": 100,
        "bid_fen": 100,
        "spend_before_fen": 1_000,
        "spend_after_fen": 1_000,
    }
    return PlannedLine(**(values | changed))


def found(
    lines: Sequence[PlannedLine],
    limits: Guardrails = LIMITS,
    account: int = 10**9,
    **campaigns: int,
) -> list[Breach]:
    return list(check(lines, limits, account_budget_fen=account, campaign_budgets_fen=campaigns))


def only(lines: Sequence[PlannedLine], limits: Guardrails = LIMITS, **budgets: int) -> Breach:
    (breach,) = found(lines, limits, **budgets)
    json.dumps(asdict(breach), allow_nan=False)
    return breach


def test_a_plan_within_its_limits_has_no_breach() -> None:
    lines = [line(1, bid_fen=130), line(2, bid_fen=80), line(3, bid_before_fen=None, bid_fen=None)]
    assert found(lines, account=3_000, c=3_000, other=0) == []
    assert found([]) == []


def test_the_share_of_changed_bids() -> None:
    limits = LIMITS.model_copy(update={"max_changed_share": 0.3})
    lines = [line(i, bid_fen=101 if i < 3 else 100) for i in range(10)]
    assert found(lines, limits) == []
    unknown = line(11, bid_before_fen=None, bid_fen=None)
    breach = only([*lines[:9], line(10, bid_fen=99), unknown], limits)
    assert (breach.code, breach.limit, breach.actual, breach.count) == (
        "changed_share",
        0.3,
        0.4,
        4,
    )
    assert "4/10" in breach.message_zh
    assert "40.0%" in breach.message_zh
    assert "4 of 10 bids change (40.0%)" in breach.message_en


def test_a_share_of_three_tenths_is_exact() -> None:
    limits = LIMITS.model_copy(update={"max_changed_share": 0.7})
    assert found([line(i, bid_fen=101 if i < 7 else 100) for i in range(10)], limits) == []


def test_the_rise_of_the_expected_spend() -> None:
    assert found([line(spend_after_fen=1_250)]) == []
    breach = only([line(spend_before_fen=10_000, spend_after_fen=12_502)])
    assert (breach.code, breach.limit) == ("spend_rise", 0.25)
    assert breach.actual == pytest.approx(0.2502)
    assert "100.00 元升到 125.02 元" in breach.message_zh
    assert "from 100.00 to 125.02 yuan" in breach.message_en


def test_a_rise_from_nothing_is_a_rise() -> None:
    assert only([line(spend_before_fen=0, spend_after_fen=2)]).code == "spend_rise"
    none = LIMITS.model_copy(update={"max_spend_rise": 0.0})
    assert found([line(spend_after_fen=1_000)], none) == []
    assert found([line(spend_after_fen=900)], none) == []


def test_rounding_to_the_fen_is_no_rise() -> None:
    none = LIMITS.model_copy(update={"max_spend_rise": 0.0})
    lines = [line(i, spend_before_fen=0, spend_after_fen=0) for i in range(9)]
    assert found([*lines, line(9, spend_before_fen=0, spend_after_fen=1)], none) != []
    lines = [line(i, spend_before_fen=3, spend_after_fen=3) for i in range(9)]
    assert found([*lines, line(9, spend_before_fen=3, spend_after_fen=8)], none) == []
    assert found([*lines, line(9, spend_before_fen=3, spend_after_fen=9)], none) != []


def test_steps_upwards() -> None:
    breach = only([line(1, bid_fen=131), line(2, bid_fen=140), line(3, bid_fen=130)])
    assert (breach.code, breach.limit, breach.count) == ("step_up", 0.3, 2)
    assert breach.actual == pytest.approx(0.4)
    assert breach.where == ("k002", "k001")
    assert "2 个词的出价上调超过 30.0%" in breach.message_zh
    assert "词 k002：1.00 → 1.40 元" in breach.message_zh
    assert "keyword k002: 1.00 → 1.40 yuan" in breach.message_en


def test_steps_downwards() -> None:
    breach = only([line(1, bid_fen=79), line(2, bid_fen=80)])
    assert (breach.code, breach.limit, breach.count) == ("step_down", 0.2, 1)
    assert breach.actual == pytest.approx(0.21)
    assert "下调超过 20.0%" in breach.message_zh
    assert "lowered by more than 20.0%" in breach.message_en


def test_a_first_bid_is_no_step() -> None:
    assert found([line(bid_before_fen=None, bid_fen=150)]) == []


def test_the_worst_are_named_and_all_are_counted() -> None:
    breach = only([line(i, bid_fen=150) for i in range(NAMED + 5)])
    assert (breach.count, len(breach.where)) == (NAMED + 5, NAMED)


@pytest.mark.parametrize(
    ("before", "after", "limit"),
    [
        (9, 8, 10),
        (11, 9, 10),
        (190, 201, 200),
        (210, 220, 200),
        (None, 201, 200),
        (None, 9, 10),
        (205, 5, 10),
    ],
)
def test_bids_that_leave_the_range(before: int | None, after: int, limit: int) -> None:
    wide = LIMITS.model_copy(update={"max_step_up": 10.0, "max_step_down": 1.0})
    breach = only([line(bid_before_fen=before, bid_fen=after)], wide)
    assert (breach.code, breach.limit, breach.actual) == ("bid_range", limit, after)
    assert "0.10–2.00 元" in breach.message_zh
    assert "outside 0.10 to 2.00 yuan" in breach.message_en


@pytest.mark.parametrize(
    ("before", "after"), [(250, 210), (250, 200), (8, 9), (300, 300), (None, 10), (None, 200)]
)
def test_bids_that_stay_or_come_nearer(before: int | None, after: int) -> None:
    wide = LIMITS.model_copy(update={"max_step_up": 10.0, "max_step_down": 1.0})
    assert found([line(bid_before_fen=before, bid_fen=after)], wide) == []


def test_the_farthest_bid_comes_first() -> None:
    wide = LIMITS.model_copy(update={"max_step_up": 10.0, "max_step_down": 1.0})
    breach = only([line(1, bid_fen=201), line(2, bid_fen=5), line(3, bid_fen=300)], wide)
    assert (breach.actual, breach.where) == (300, ("k003", "k002", "k001"))


def test_the_account_budget() -> None:
    lines = [line(1, spend_after_fen=1_100), line(2)]
    breach = only(lines, account=2_098)
    assert (breach.code, breach.limit, breach.actual) == ("account_budget", 2_098, 2_100)
    assert breach.message_zh.startswith("账户预计日花费 21.00 元，超过今日预算 20.98 元")
    assert "budget today is 20.98 (at today's bids: 20.00)" in breach.message_en
    assert found(lines, account=2_099) == []


def test_campaign_budgets() -> None:
    lines = [
        line(1, spend_after_fen=1_100),
        line(2, campaign_id="b", spend_after_fen=1_050),
        line(3, campaign_id="free", spend_after_fen=1_200),
    ]
    breaches = found(lines, b=500, c=1_098, a=0)
    assert [breach.where for breach in breaches] == [("b",), ("c",)]
    breach = only(lines, b=500, c=1_100)
    assert (breach.code, breach.limit, breach.actual) == ("campaign_budget", 500, 1_050)
    assert "计划 b 预计日花费 10.50 元" in breach.message_zh
    assert "campaign b is expected" in breach.message_en


@pytest.mark.parametrize("after", [600, 999, 1_000])
def test_a_plan_that_brings_an_overspending_campaign_down_is_not_held_up(after: int) -> None:
    assert found([line(spend_after_fen=after)], account=500, c=500) == []


def test_every_limit_is_told_in_order() -> None:
    tight = LIMITS.model_copy(update={"max_changed_share": 0.5})
    lines = [
        line(1, bid_fen=500, spend_after_fen=9_000),
        line(2, bid_fen=1, spend_after_fen=9_000),
    ]
    codes = [breach.code for breach in found(lines, tight, account=1, c=1)]
    assert codes == [
        "changed_share",
        "spend_rise",
        "step_up",
        "step_down",
        "bid_range",
        "account_budget",
        "campaign_budget",
    ]


BID = st.integers(10, 200)


@given(moves=st.lists(st.tuples(BID, st.integers(-20, 30)), min_size=1, max_size=30))
def test_whatever_keeps_its_step_and_range_passes(moves: list[tuple[int, int]]) -> None:
    lines = []
    for number, (before, percent) in enumerate(moves):
        exact = before * (100 + percent)
        after = -(-exact // 100) if percent < 0 else exact // 100
        lines.append(line(number, bid_before_fen=before, bid_fen=min(200, max(10, after))))
    assert found(lines) == []
