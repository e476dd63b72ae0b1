"""Nights beside what others do: edited words, raised budgets, sessions that end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.errors import AuthorisationError
from connectors.platform import BidChange, Roster
from service.nightly import NightResult
from service.replay import replay
from service.store import Store, account_states, interventions, lines
from service.store.lines import LineFilter
from service.store.rows import LineRow

DAY = date(2026, 3, 2)
Plan = Callable[..., NightResult]


def line_of(store: Store, result: NightResult, word: str) -> LineRow:
    wanted = LineFilter(proposal_id=result.proposal.proposal_id, keyword_ids=(word,))
    with store.read() as session:
        (line,) = lines.select_lines(session, wanted)
    return line


def test_a_word_that_somebody_edited_is_locked_the_next_night(
    store: Store, plan: Plan, shop: Any, real: Any
) -> None:
    plan()
    word = shop.roster().keywords[3]
    before = word.bid_fen
    shop.platform.set_bids(
        [BidChange(keyword_id=word.keyword_id, bid_before_fen=before, bid_fen=before + 50)]
    )
    result = plan(DAY + timedelta(days=1))
    line = line_of(store, result, word.keyword_id)
    assert (line.state, line.reason, line.bid_fen) == ("held", "locked", before + 50)
    assert result.proposal.policy["policy"]["locked"] == [word.keyword_id]
    assert result.run.counts["changed_elsewhere"] == 1
    assert replay(store, real, result.run.run_id).same


def test_a_budget_that_the_platform_raised_is_not_planned_with(
    store: Store, plan: Plan, shop: Any
) -> None:
    as_it_is = shop.platform.roster
    (campaign,) = as_it_is().campaigns
    extra = 0

    def raised() -> Roster:
        now: Roster = as_it_is()
        fen = (now.campaigns[0].daily_budget_fen or 0) + extra
        return replace(now, campaigns=(replace(now.campaigns[0], daily_budget_fen=fen),))

    shop.platform.roster = raised
    caps = []
    for number in range(3):
        extra = 50_000 if number else 0
        result = plan(DAY + timedelta(days=number))
        caps.append(result.proposal.policy["policy"]["campaign_budgets"][campaign.campaign_id])
        if number == 1:
            assert result.run.counts["budgets_raised"] == 1
            with store.begin() as session:
                (alert,) = interventions.alerts(session)
                interventions.acknowledge(
                    session, alert.alert_id, by="小王", at=result.run.started_at
                )
    known = (campaign.daily_budget_fen or 0) / 100
    assert caps == [known, known, known + 500]


def test_a_shop_whose_session_ended_says_so_until_a_night_reaches_it(
    store: Store, plan: Plan, shop: Any
) -> None:
    as_it_is = shop.platform.roster

    def expired() -> Roster:
        raise AuthorisationError("the session of the shop has expired")

    shop.platform.roster = expired
    with pytest.raises(AuthorisationError):
        plan()
    with store.read() as session:
        state = account_states.get(session, "shop")
    assert state.unauthorised_cause == "the session of the shop has expired"
    shop.platform.roster = as_it_is
    plan()
    with store.read() as session:
        assert account_states.get(session, "shop").unauthorised_since_at is None
