"""A night's estimates asked again by day."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from service.errors import NotFoundError
from service.nightly import NightResult
from service.recall import Recall
from service.store import Store, lines
from service.store.lines import LineFilter

Plan = Callable[..., NightResult]


def test_the_forecast_at_the_proposed_bid_is_the_line_s(
    store: Store, plan: Plan, real: SimpleNamespace
) -> None:
    night = plan()
    assert night.proposal is not None
    with store.read() as session:
        wanted = LineFilter(proposal_id=night.proposal.proposal_id, changed=True)
        (line,) = lines.page(session, wanted, limit=1).rows
    assert line.bid_before_fen is not None
    assert line.bid_fen is not None
    recall = Recall(store, real)
    table = recall.forecast(night.run.run_id, line.keyword_id, [line.bid_before_fen, line.bid_fen])
    for name in ("clicks", "spend", "contribution"):
        before, after = table[name]
        assert before == pytest.approx(line.expected[name]["before"], abs=1e-5)
        assert after == pytest.approx(line.expected[name]["after"], abs=1e-5)


def test_a_night_is_estimated_once_for_all_its_questions(
    store: Store, plan: Plan, real: SimpleNamespace
) -> None:
    night = plan()
    asked: list[Any] = []

    def estimate(*given: Any, **more: Any) -> Any:
        asked.append(1)
        return real.estimate(*given, **more)

    door = SimpleNamespace(estimate=estimate, propose=real.propose, Policy=real.Policy)
    recall = Recall(store, door)
    with store.read() as session:
        words = lines.page(
            session, LineFilter(proposal_id=night.proposal.proposal_id), limit=3
        ).rows
    for line in words:
        recall.forecast(night.run.run_id, line.keyword_id, [50, 60])
    assert len(asked) == 1


def test_a_night_that_never_was_is_refused(store: Store, real: SimpleNamespace) -> None:
    with pytest.raises(NotFoundError, match="no run"):
        Recall(store, real).forecast("nothing", "k", [50])
