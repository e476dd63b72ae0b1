"""Days that the owner names reach the optimizer, are kept with the night, and are replayed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

from service import inputs
from service.nightly import NightResult
from service.replay import replay
from service.settings.models import Account
from service.store import Store, runs

DAY = date(2026, 3, 2)
Plan = Callable[..., NightResult]
PAST = {"name": "年货节", "first": "2026-02-20", "last": "2026-02-21"}
TONIGHT = {"name": "女王节", "first": "2026-03-02", "last": "2026-03-08"}
LONG_AGO = {"name": "双11", "first": "2025-11-10", "last": "2025-11-11"}
NAMED = ("2026-02-20", "2026-02-21", "2026-03-02")


def _promoted(account: Account) -> Account:
    named = {"promotions": [TONIGHT, LONG_AGO, PAST]}
    return Account.model_validate(account.model_dump() | named)


def test_a_night_is_told_of_the_named_days_it_looks_at(
    plan: Plan, account: Account, real: Any
) -> None:
    told: list[dict[str, Any]] = []

    def listening(*frames: Any, **given: Any) -> Any:
        told.append(given)
        return real.estimate(*frames, **given)

    door = SimpleNamespace(estimate=listening, propose=real.propose, Policy=real.Policy)
    plan(account=_promoted(account), door=door)
    assert told[0]["promotions"] == NAMED
    plan(day=date(2026, 3, 3), account=account, door=door)
    assert "promotions" not in told[1]  # nothing to tell: any optimizer behind the door will do


def test_named_days_are_kept_with_the_night_and_replayed_from_there(
    store: Store, plan: Plan, account: Account, real: Any
) -> None:
    result = plan(account=_promoted(account))
    with store.read() as session:
        assert inputs.read_given(session, result.run.run_id).promotions == NAMED
    found = replay(store, real, result.run.run_id)
    assert (found.same, found.inputs_same) == (True, True)


def test_without_named_days_a_night_keeps_what_it_always_kept(
    store: Store, plan: Plan, real: Any
) -> None:
    result = plan()
    with store.read() as session:
        assert "promotions" not in json.loads(runs.load_input(session, result.run.run_id, "given"))
        assert inputs.read_given(session, result.run.run_id).promotions == ()
    assert replay(store, real, result.run.run_id).inputs_same
