"""What allows more than before, limit by limit, and what counts until somebody has said so."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import raises
from service.ledger import assess
from service.settings.models import Account

BASE: dict[str, Any] = {
    "id": "shop",
    "connector": {"kind": "reports", "path": Path("reports")},
    "objective": "slight_loss",
    "budgets": {"daily": "300", "monthly": "8000", "campaigns": {"1": "100", "2": "50"}},
    "allowance": {
        "amount": "30",
        "window_days": 30,
        "window_cap": "600",
        "start_date": "2026-03-01",
        "end_date": "2026-12-31",
    },
    "economics": [{"margin_rate": 0.4}],
}


def account(**changes: Any) -> Account:
    """BASE with ``budgets_daily`` or ``allowance_amount`` and so on changed; None takes away."""
    values = json.loads(json.dumps(BASE, default=str))
    for name, value in changes.items():
        block, _, key = name.partition("_")
        place = values[block] if key else values
        place[key or block] = value
    return Account.model_validate(values)


MORE = [
    ({"budgets_daily": "300.01"}, {"budgets.daily": (30_000, 30_001)}),
    ({"budgets_monthly": "9000"}, {"budgets.monthly": (800_000, 900_000)}),
    ({"budgets_monthly": None}, {"budgets.monthly": (800_000, None)}),
    ({"budgets_campaigns": {"1": "100"}}, {"budgets.campaigns.2": (5_000, None)}),
    ({"budgets_campaigns": {"1": "101", "2": "50"}}, {"budgets.campaigns.1": (10_000, 10_100)}),
    ({"allowance_amount": "31"}, {"allowance.amount": (3_000, 3_100)}),
    ({"allowance_window_cap": "700"}, {"allowance.window_cap": (60_000, 70_000)}),
    ({"allowance_window_days": 29}, {"allowance.window_days": (30, 29)}),
    ({"allowance_end_date": "2027-01-01"}, {"allowance.end_date": ("2026-12-31", "2027-01-01")}),
    ({"allowance_start_date": None}, {"allowance.start_date": ("2026-03-01", None)}),
    (
        {"allowance_start_date": "2026-02-01"},
        {"allowance.start_date": ("2026-03-01", "2026-02-01")},
    ),
    ({"allowance_confidence": 0.5}, {"allowance.confidence": (0.9, 0.5)}),
    ({"allowance_min_marginal_return": 0.1}, {"allowance.min_marginal_return": (0.6, 0.1)}),
    ({"objective": "clicks"}, {"objective": ("slight_loss", "clicks")}),
]


@pytest.mark.parametrize(("changes", "found"), MORE, ids=[str(one[0]) for one in MORE])
def test_what_allows_more_waits_and_the_way_back_counts_at_once(
    changes: dict[str, Any], found: dict[str, Any]
) -> None:
    before, after = raises.limits_of(account()), raises.limits_of(account(**changes))
    assert raises.raised(before, after) == found
    assert raises.narrower(before, after) == before
    assert raises.raised(after, before) == {}
    assert raises.narrower(after, before) == before
    assert raises.under(account(**changes), before) == account()


def test_one_limit_waits_while_another_is_lowered_at_once() -> None:
    mixed = account(budgets_daily="500", budgets_campaigns={"1": "80", "2": "50", "3": "9"})
    held = raises.under(
        mixed, raises.narrower(raises.limits_of(account()), raises.limits_of(mixed))
    )
    assert held.budgets.daily == 300
    assert held.budgets.campaigns == {"1": 80, "2": 50, "3": 9}
    assert held.allowance == account().allowance


def test_a_loss_where_none_was_allowed_is_a_raise() -> None:
    careful = account(objective="profit", allowance=None)
    bold = account()
    waiting = raises.raised(raises.limits_of(careful), raises.limits_of(bold))
    assert waiting == {"objective": ("profit", "slight_loss")}
    held = raises.under(bold, raises.narrower(raises.limits_of(careful), raises.limits_of(bold)))
    assert (held.objective, held.allowance) == ("profit", bold.allowance)


def test_whoever_accepts_a_loss_is_shown_how_much() -> None:
    """Also when the allowance was written down long before, while it allowed nothing."""
    careful, bold = raises.limits_of(account(objective="profit")), raises.limits_of(account())
    assert raises.opened(careful, bold)["allowance.amount"] == 3_000
    none = raises.limits_of(account(objective="profit", allowance=None))
    assert raises.opened(none, bold) == raises.opened(careful, bold)
    less = raises.limits_of(account(allowance_amount="20"))
    assert raises.opened(careful, less)["allowance.amount"] == 2_000
    more = raises.limits_of(account(allowance_amount="90"))
    assert raises.opened(careful, more)["allowance.amount"] == 3_000
    assert raises.opened(bold, careful) == raises.opened(bold, more) == {}


def test_an_allowance_that_is_taken_away_stays_as_a_bound() -> None:
    bold, free = account(), account(objective="profit", allowance=None)
    names = set(raises.raised(raises.limits_of(bold), raises.limits_of(free)))
    assert names == {f"allowance.{name}" for name in type(bold.allowance).model_fields}  # type: ignore[union-attr]
    held = raises.under(free, raises.narrower(raises.limits_of(bold), raises.limits_of(free)))
    assert (held.objective, held.allowance) == ("profit", bold.allowance)


def test_what_changed_nothing_is_the_very_account() -> None:
    same = account()
    assert raises.under(same, raises.limits_of(same)) is same
    free = account(objective="profit", allowance=None, budgets_monthly=None)
    tight = raises.under(free, {**raises.limits_of(free), raises.DAILY: 1})
    assert (tight.allowance, tight.budgets.monthly, tight.budgets.daily * 100) == (None, None, 1)


def test_dates_that_exclude_each_other_leave_nothing_to_lose() -> None:
    later = account(allowance_start_date="2027-01-01", allowance_end_date="2027-06-30")
    held = raises.under(
        later, raises.narrower(raises.limits_of(account()), raises.limits_of(later))
    )
    assert held.allowance is not None
    for day in (date(2026, 6, 1), date(2027, 2, 1)):
        assert assess([], held.allowance, day).tonight_fen == 0


def test_what_the_machine_may_approve_is_a_limit_like_any_other() -> None:
    def with_rule(**rule: Any) -> Account:
        return Account.model_validate(BASE | {"auto_approve": rule})

    off, on = with_rule(enabled=False), with_rule(enabled=True, max_step=0.1, max_lines=20)
    wide = with_rule(enabled=True, max_step=0.2, max_lines=10)
    limits = {
        one: raises.limits_of(rule) for one, rule in (("off", off), ("on", on), ("wide", wide))
    }
    assert raises.raised(limits["off"], limits["on"]) == {
        "auto_approve.max_step": (0, 0.1),
        "auto_approve.max_lines": (0, 20),
    }
    assert raises.raised(limits["on"], limits["off"]) == {}
    held = raises.under(on, raises.narrower(limits["off"], limits["on"]))
    assert not held.auto_approve.enabled
    held = raises.under(wide, raises.narrower(limits["on"], limits["wide"]))
    rule = held.auto_approve
    assert (rule.enabled, rule.max_step, rule.max_lines) == (True, 0.1, 10)
    old = {name: value for name, value in limits["on"].items() if "auto_approve" not in name}
    assert raises.under(on, old | {raises.DAILY: 100}).auto_approve == on.auto_approve
    assert not raises.under(off, limits["on"]).auto_approve.enabled


def test_limits_survive_json() -> None:
    limits = raises.limits_of(account())
    assert json.loads(json.dumps(limits)) == limits


money = st.integers(1, 500).map(str)


@given(money, money, money, money, st.booleans())
def test_the_narrower_of_two_allows_no_more_than_either(
    daily: str, other: str, cap: str, amount: str, month: bool
) -> None:
    changes = {
        "budgets_daily": daily,
        "budgets_campaigns": {"1": str(min(int(cap), int(daily)))},
        "budgets_monthly": None if month else "9999",
        "allowance_amount": amount,
    }
    one = raises.limits_of(account(budgets_daily=other, budgets_campaigns={}))
    two = raises.limits_of(account(**changes))
    both = raises.narrower(one, two)
    assert raises.raised(one, both) == raises.raised(two, both) == {}
    assert both == raises.narrower(two, one)
