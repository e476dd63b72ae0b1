"""A raise of budget or allowance in the YAML needs a second person: night after night, both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service import outside, standing
from service.audit import Origin
from service.errors import ConflictError, InputError
from service.nightly import NightResult
from service.people import register
from service.people.roles import EVERYWHERE, Role
from service.replay import replay
from service.settings.models import Account
from service.store import Store, interventions, proposals
from service.store import audit as events
from service.store.audit import AuditFilter
from service.store.interventions import AlertRow

DAY = date(2026, 3, 2)
Plan = Callable[..., NightResult]


@pytest.fixture
def asked(origin: Any) -> Origin:
    return Origin(at=origin.at, actor="zhang", source="cli")


@pytest.fixture
def staffed(store: Store, asked: Origin) -> None:
    """An owner: from now on a raise needs a second person."""
    with store.begin() as session:
        register.add(session, asked, "zhang", password_hash="x", roles={EVERYWHERE: Role.OWNER})


def with_budget(account: Account, daily: int, monthly: int | None = None) -> Account:
    month = None if monthly is None else Decimal(monthly)
    changed = {"daily": Decimal(daily), "monthly": month}
    return account.model_copy(update={"budgets": account.budgets.model_copy(update=changed)})


def alerts(store: Store, *, open_only: bool = True) -> list[AlertRow]:
    with store.read() as session:
        return interventions.alerts(session, kind=standing.LIMITS_RAISED, open_only=open_only)


def record(store: Store) -> list[tuple[str, Any, Any]]:
    """What the audit record says of limits, oldest first."""
    with store.read() as session:
        found = events.page(session, AuditFilter(), limit=1000)
    return [
        (one.action, one.before, one.after)
        for one in reversed(found)
        if one.action.startswith("limits_")
    ]


def cap_of(result: NightResult) -> float:
    cap: float = result.proposal.policy["policy"]["daily_budget"]
    return cap


@pytest.mark.usefixtures("staffed")
def test_a_raise_counts_once_somebody_has_acknowledged_it(
    store: Store, plan: Plan, account: Account, asked: Origin, real: Any
) -> None:
    assert cap_of(plan()) == 2000
    more = with_budget(account, 2500)
    held = plan(DAY + timedelta(days=1), more)
    assert cap_of(held) == 2000
    assert held.run.counts["limits_waiting"] == ["budgets.daily"]
    (alert,) = alerts(store)
    assert "2000.00 元 → 2500.00 元" in alert.message_zh
    assert "2000.00 yuan → 2500.00 yuan" in alert.message_en
    with store.read() as session:
        assert standing.in_force(session, more).budgets.daily == 2000
    again = plan(DAY + timedelta(days=2), more)
    assert (cap_of(again), alerts(store)) == (2000, [alert])  # said once
    with pytest.raises(InputError, match="needs a reason"), store.begin() as session:
        outside.acknowledge(session, alert.alert_id, asked, " ")
    with store.begin() as session:
        outside.acknowledge(session, alert.alert_id, asked, "double eleven")
    with pytest.raises(ConflictError), store.begin() as session:
        outside.acknowledge(session, alert.alert_id, asked, "once more")
    after = plan(DAY + timedelta(days=3), more)
    assert cap_of(after) == 2500
    assert "limits_waiting" not in after.run.counts
    assert alerts(store) == []
    for night in (held, after):
        assert replay(store, real, night.run.run_id).same
    assert [one[0] for one in record(store)] == ["limits_begun", "limits_acknowledged"]
    assert record(store)[1][1:] == ({"budgets.daily": 200_000}, {"budgets.daily": 250_000})
    with store.read() as session:
        said = events.page(session, AuditFilter(action="limits_acknowledged"))[0]
    assert (said.actor, said.reason) == ("zhang", "double eleven")


@pytest.mark.usefixtures("staffed")
def test_lowering_counts_at_once_and_raising_back_waits(
    store: Store, plan: Plan, account: Account
) -> None:
    plan()
    assert cap_of(plan(DAY + timedelta(days=1), with_budget(account, 1500, 60_000))) == 1500
    back = plan(DAY + timedelta(days=2), account)
    assert cap_of(back) == 1500
    assert back.run.counts["limits_waiting"] == ["budgets.daily", "budgets.monthly"]
    (alert,) = alerts(store)
    assert "月预算 60000.00 元 → 不限" in alert.message_zh


@pytest.mark.usefixtures("staffed")
def test_a_raise_that_is_taken_back_or_changed_is_not_accepted_as_it_was_shown(
    store: Store, plan: Plan, account: Account, asked: Origin
) -> None:
    plan()
    plan(DAY + timedelta(days=1), with_budget(account, 2500))
    (first,) = alerts(store)
    plan(DAY + timedelta(days=2), with_budget(account, 9000))
    (second,) = alerts(store)
    assert second.after == {"budgets.daily": 900_000}
    with pytest.raises(ConflictError, match="kaiche already"), store.begin() as session:
        outside.acknowledge(session, first.alert_id, asked, "the old one")
    plan(DAY + timedelta(days=3), account)
    assert alerts(store) == []
    assert len(alerts(store, open_only=False)) == 2


def test_without_users_a_raise_counts_and_is_on_record(
    store: Store, plan: Plan, account: Account
) -> None:
    plan()
    more = with_budget(account, 2500)
    with store.read() as session:
        assert standing.in_force(session, more) is more
    assert cap_of(plan(DAY + timedelta(days=1), more)) == 2500
    assert alerts(store) == []
    assert record(store)[-1] == (
        "limits_changed",
        {"budgets.daily": 200_000},
        {"budgets.daily": 250_000},
    )


@pytest.mark.usefixtures("staffed")
def test_before_the_first_night_the_yaml_counts(store: Store, account: Account) -> None:
    with store.read() as session:
        assert standing.in_force(session, account) is account


@pytest.mark.usefixtures("staffed")
def test_the_machine_approves_by_a_rule_that_an_owner_has_accepted(
    store: Store, plan: Plan, account: Account, asked: Origin
) -> None:
    rule = {"auto_approve": {"enabled": True, "max_step": 1.0, "max_lines": 1000}}
    alone = Account.model_validate(account.model_dump() | rule)

    def approved(day: date, of: Account) -> int:
        proposal = plan(day, of).proposal
        with store.read() as session:
            return proposals.line_states(session, proposal.proposal_id).get("approved", 0)

    assert approved(DAY, alone) == 0  # also where an account is new
    assert approved(DAY + timedelta(days=1), alone) == 0
    (alert,) = alerts(store)
    assert "machine approves 0 → 1000" in alert.message_en
    with store.begin() as session:
        outside.acknowledge(session, alert.alert_id, asked, "we have watched it for a month")
    assert approved(DAY + timedelta(days=2), alone) > 0


@pytest.mark.usefixtures("staffed")
def test_a_loss_is_accepted_with_its_amount_and_no_other(
    store: Store, account: Account, asked: Origin
) -> None:
    """An allowance slipped in while it allows nothing is shown once the objective makes it count."""

    def found(objective: str, amount: int) -> None:
        terms = {"amount": amount, "window_days": 30, "window_cap": 5 * amount}
        stated = {"objective": objective, "allowance": terms | {"end_date": "2026-12-31"}}
        with store.begin() as session:
            standing.note(session, Account.model_validate(account.model_dump() | stated), asked)

    with store.begin() as session:
        standing.note(session, account, asked)
    found("profit", 900)
    assert alerts(store) == []
    found("slight_loss", 900)
    (alert,) = alerts(store)
    assert "objective profit → slight_loss" in alert.message_en
    assert "allowance a day 900.00 yuan" in alert.message_en
    assert "微亏日额度 900.00 元" in alert.message_zh
    found("slight_loss", 800)
    (less,) = alerts(store)
    assert "allowance a day 800.00 yuan" in less.message_en
    found("slight_loss", 5000)
    (more,) = alerts(store)
    assert "allowance a day 800.00 yuan → 5000.00 yuan" in more.message_en


@pytest.mark.usefixtures("staffed")
def test_a_campaigns_cap_and_the_loss_are_told_by_name(
    store: Store, plan: Plan, account: Account
) -> None:
    capped = account.model_copy(
        update={"budgets": account.budgets.model_copy(update={"campaigns": {"c9": Decimal(40)}})}
    )
    plan(DAY, capped)
    plan(DAY + timedelta(days=1), account.model_copy(update={"objective": "clicks"}))
    (alert,) = alerts(store)
    assert "计划 c9 日上限 40.00 元 → 不限" in alert.message_zh
    assert "objective profit → clicks" in alert.message_en
