"""Nights that cannot end well: recorded with their cause, and no bid moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.platform import AdPlatformReader
from optimizer.errors import InfeasiblePolicyError
from service.errors import (
    NotFoundError,
    ReviewFailedError,
    RunInProgressError,
    StaleDataError,
)
from service.nightly import NightResult
from service.replay import replay
from service.settings.models import Account
from service.store import Store, audit, proposals, runs
from service.store.audit import AuditFilter

DAY = date(2026, 3, 2)
Plan = Callable[..., NightResult]


def test_a_run_without_proposal_cannot_be_replayed(
    store: Store, plan: Plan, shop: Any, real: Any
) -> None:
    shop.last_day = DAY - timedelta(days=3)
    with pytest.raises(StaleDataError):
        plan()
    with store.read() as session:
        (run,) = runs.page(session)
    with pytest.raises(NotFoundError, match="is failed"):
        replay(store, real, run.run_id)


def test_a_missing_yesterday_ends_loudly_and_the_night_can_start_again(
    store: Store, plan: Plan, shop: Any
) -> None:
    shop.last_day = DAY - timedelta(days=3)
    with pytest.raises(StaleDataError, match="2026-03-01") as refused:
        plan()
    with store.read() as session:
        (failed,) = runs.page(session)
        event = audit.page(session, AuditFilter(action="run_failed"))[0]
        assert proposals.page(session) == []
    assert (failed.state, failed.step, failed.cause) == ("failed", "gate", str(refused.value))
    assert event.reason == failed.cause
    assert failed.lease_owner is None
    shop.last_day = None
    result = plan()
    assert (result.run.run_id, result.run.attempt) == (failed.run_id, 2)
    assert result.run.cause is None


def test_a_source_that_cannot_be_read_is_the_cause(store: Store, plan: Plan) -> None:
    def broken(_account: Account, _day: date) -> AdPlatformReader:
        raise SourceError("the folder 报表 is empty")

    with pytest.raises(SourceError):
        plan(platform=broken)
    with store.read() as session:
        (run,) = runs.page(session)
    assert (run.state, run.step, run.cause) == ("failed", "pull", "the folder 报表 is empty")


def test_a_policy_nobody_can_meet_leaves_the_bids(store: Store, plan: Plan, real: Any) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise InfeasiblePolicyError("daily_budget", limit=1, needed=2)

    door = SimpleNamespace(estimate=real.estimate, Policy=real.Policy, propose=refuse)
    with pytest.raises(InfeasiblePolicyError):
        plan(door=door)
    with store.read() as session:
        (run,) = runs.page(session)
        assert proposals.page(session) == []
    assert run.cause is not None
    assert "daily_budget" in run.cause


def _reviewed(real: Any, verdict: str) -> SimpleNamespace:
    """The real optimizer, its review replaced."""

    class Doubtful:
        def __init__(self, estimates: Any) -> None:
            self._estimates = estimates
            check = replace(estimates.review.checks[0], verdict=verdict)
            self.review = replace(estimates.review, checks=(check,))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._estimates, name)

    return SimpleNamespace(
        estimate=lambda *a, **k: Doubtful(real.estimate(*a, **k)),
        propose=real.propose,
        Policy=real.Policy,
    )


def test_a_model_that_fails_its_review_moves_no_bid(store: Store, plan: Plan, real: Any) -> None:
    with pytest.raises(ReviewFailedError, match="bids stay"):
        plan(door=_reviewed(real, "FAIL"))
    with store.read() as session:
        (run,) = runs.page(session)
        assert proposals.page(session) == []
    assert (run.state, run.step) == ("failed", "estimate")
    assert len(run.review) == 1
    figures = run.review[0]["figures"]
    assert f"共 {figures['clicks']:.0f} 次点击" in run.cause
    assert f"{figures['clicks']:.0f} clicks and" in run.cause


def test_a_doubtful_model_marks_the_proposal_and_nothing_is_approved_by_rule(
    store: Store, plan: Plan, account: Account, real: Any
) -> None:
    rule = {"enabled": True, "max_step": 1.0}
    lenient = Account.model_validate(account.model_dump() | {"auto_approve": rule})
    result = plan(account=lenient, door=_reviewed(real, "REVIEW"))
    assert (result.proposal.review, result.proposal.state) == ("REVIEW", "open")
    with store.read() as session:
        assert "approved" not in proposals.line_states(session, result.proposal.proposal_id)


def test_a_fault_of_the_program_is_recorded_too(store: Store, plan: Plan) -> None:
    door = SimpleNamespace(estimate=None)
    with pytest.raises(TypeError):
        plan(door=door)
    with store.read() as session:
        (run,) = runs.page(session)
    assert run.state == "failed"
    assert run.cause is not None
    assert "a fault of the program" in run.cause


def test_while_somebody_works_on_it_nobody_else_does(store: Store, plan: Plan) -> None:
    def intrude(step: str) -> None:
        if step == "gate":
            with pytest.raises(RunInProgressError):
                plan(owner="elsewhere/1/1")

    assert plan(after_step=intrude).run.attempt == 1
    with store.read() as session:
        assert len(proposals.page(session)) == 1


def test_a_night_that_lost_its_lease_saves_nothing(store: Store, plan: Plan) -> None:
    def steal(step: str) -> None:
        if step == "rows":
            plan(owner="elsewhere/1/1", is_gone=lambda _: True)

    with pytest.raises(RunInProgressError, match="taken over"):
        plan(after_step=steal)
    with store.read() as session:
        (run,) = runs.page(session)
        assert (run.state, run.attempt) == ("succeeded", 2)
        assert len(proposals.page(session)) == 1
