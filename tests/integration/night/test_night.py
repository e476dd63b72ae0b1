"""A night over the sandbox shop with the real optimizer, its replay, and the night after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.platform import BidChange, Reject
from service import decisions
from service.approval import Action
from service.audit import Origin
from service.nightly import STEPS, NightContext, NightResult, run_night
from service.publish import LIFE
from service.replay import replay
from service.settings.effective import config_hash
from service.settings.models import Account
from service.store import Store, audit, lines, proposals, runs
from service.store.audit import AuditFilter
from service.store.lines import LineFilter

DAY = date(2026, 3, 2)
Plan = Callable[..., NightResult]


def test_a_night_lays_a_proposal_on_the_table(
    store: Store, shop: Any, account: Account, context: NightContext
) -> None:
    said: list[str] = []
    after: list[str] = []
    watched = replace(context, after_step=after.append)
    asked = Origin(at=context.clock(), actor="小王", source="rest", request_id="r-7")
    result = run_night(watched, account, DAY, asked, lambda step, _: said.append(step))
    run, proposal = result.run, result.proposal
    assert after == list(STEPS)
    assert list(dict.fromkeys(said)) == list(STEPS[1:])
    assert (run.state, run.trigger, result.planned) == ("succeeded", "rest", True)
    assert run.inputs_hash is not None
    assert run.config_hash == config_hash(account)
    assert run.counts["absent"] == []
    assert run.code_version is not None
    assert (proposal.state, proposal.business_date) == ("open", DAY)
    with store.read() as session:
        saved = lines.select_lines(session, LineFilter(proposal_id=proposal.proposal_id))
        events = audit.page(session, AuditFilter(account_id="shop"))[::-1]
        assert runs.get(session, run.run_id) == run
    assert [line.keyword_id for line in saved] == [w.keyword_id for w in shop.roster().keywords]
    for line in saved:
        moved = line.bid_fen != line.bid_before_fen
        assert line.state == ("pending" if moved else "held")
        after_bid, worth = line.expected["spend"], line.expected["rates"]["value_per_click"]
        assert after_bid["p05"] <= after_bid["after"] + 1e-6
        assert worth["p05"] <= worth["mean"] <= worth["p95"]
        assert (line.risk == "none") == (not moved)
        assert line.risk != "unknown"
        assert line.at_stake_fen is not None
    assert [(event.action, event.actor, event.request_id) for event in events] == [
        ("run_started", "小王", "r-7"),
        ("limits_begun", "kaiche", None),
        ("proposal_saved", "kaiche", None),
        ("run_succeeded", "kaiche", None),
    ]
    assert {event.source for event in events} == {"rest"}
    assert run.counts["lines"] == len(saved) == sum(run.counts["reasons"].values())
    assert 0 < run.counts["moved"] == run.counts["raises"] + run.counts["cuts"]
    assert sum(line.spend_after_fen for line in saved) == pytest.approx(
        100 * proposal.totals["spend"]["value"], abs=len(saved)
    )


def test_a_second_start_exits_quietly_with_the_same_proposal(plan: Plan, shop: Any) -> None:
    first = plan()
    again = plan()
    assert again == replace(first, planned=False)
    assert len(shop.pulls) == 1


def test_the_first_night_pulls_everything_and_the_next_the_window(plan: Plan, shop: Any) -> None:
    wide = plan().run.counts["pulled"]
    plan(DAY + timedelta(days=1))
    assert wide > 0
    assert shop.pulls == [
        (DAY - timedelta(days=14), DAY - timedelta(days=1)),
        (DAY - timedelta(days=13), DAY),
    ]


def test_both_databases_decide_alike(plan: Plan, decided: dict[str, str]) -> None:
    decided.setdefault("hash", plan().proposal.content_hash)
    assert plan().proposal.content_hash == decided["hash"]


@pytest.fixture(scope="module")
def decided() -> dict[str, str]:
    """The content hash of the first database's proposal."""
    return {}


def test_a_night_replays_byte_for_byte_also_after_later_pulls(
    store: Store, plan: Plan, real: Any
) -> None:
    first = plan()
    second = plan(DAY + timedelta(days=1))
    for night in (first, second):
        again = replay(store, real, night.run.run_id)
        assert (again.same, again.inputs_same, again.differences) == (True, True, ())
        assert again.replayed_hash == night.proposal.content_hash
        assert again.code_then == again.code_now


def test_a_replay_on_other_inputs_says_which_words_differ(
    store: Store, plan: Plan, real: Any
) -> None:
    night = plan()
    with store.begin() as session:
        runs.save_input(
            session, night.run.run_id, "policy", b'{"objective":"profit","daily_budget":1}'
        )
    again = replay(store, real, night.run.run_id)
    assert (again.same, again.inputs_same) == (False, False)
    assert 0 < len(again.differences) <= 10
    assert "was" in again.differences[0]


def test_a_breach_blocks_the_proposal_and_its_lines(
    store: Store, plan: Plan, account: Account, origin: Origin, real: Any
) -> None:
    """Guardrails hold whatever the optimizer does; this one forgets the owner's share."""
    forgetful = SimpleNamespace(
        estimate=real.estimate,
        propose=real.propose,
        Policy=lambda **limits: real.Policy(**limits | {"max_changed_share": 1.0}),
    )
    strict = Account.model_validate(
        account.model_dump() | {"guardrails": {"max_changed_share": 0.01}}
    )
    result = plan(account=strict, door=forgetful)
    proposal = result.proposal
    assert proposal.state == "blocked"
    assert [breach["code"] for breach in proposal.breaches] == ["changed_share"]
    with store.begin() as session:
        before = proposals.line_states(session, proposal.proposal_id)
        decisions.override(session, origin, proposal.proposal_id, "大促前调价")
        after = proposals.line_states(session, proposal.proposal_id)
    assert before["blocked"] == result.run.counts["moved"]
    assert "pending" not in before
    assert after == {"held": before["held"], "pending": before["blocked"]}


def test_the_owners_rule_approves_the_smallest_changes(
    store: Store, plan: Plan, account: Account
) -> None:
    rule = {"enabled": True, "max_step": 0.3, "max_lines": 3}
    lenient = Account.model_validate(account.model_dump() | {"auto_approve": rule})
    proposal = plan(account=lenient).proposal
    with store.read() as session:
        saved = lines.select_lines(session, LineFilter(proposal_id=proposal.proposal_id))
        events = audit.page(session, AuditFilter(action="approve"))
    small = sorted(
        (abs(line.change_rate), line.keyword_id)
        for line in saved
        if line.state != "held" and abs(line.change_rate) <= 0.3 and not line.explore
    )
    approved = {line.keyword_id for line in saved if line.state == "approved"}
    assert approved == {keyword_id for _, keyword_id in small[:3]}
    assert len(approved) == len(events) == 3
    assert {line.decided_by for line in saved if line.state == "approved"} == {"kaiche"}
    assert {(event.actor, event.reason) for event in events} == {("kaiche", "auto_approve")}


def test_the_next_night_confirms_supersedes_and_sees_strange_hands(
    store: Store, plan: Plan, shop: Any, origin: Origin
) -> None:
    first = plan().proposal
    with store.begin() as session:
        moved = lines.select_lines(
            session, LineFilter(proposal_id=first.proposal_id, states=("pending",))
        )
        chosen = LineFilter(line_ids=tuple(line.line_id for line in moved[:2]))
        decisions.decide(session, Action.APPROVE, origin, chosen)
        held = lines.select_lines(
            session, LineFilter(proposal_id=first.proposal_id, states=("held",))
        )
    strange = next(line for line in held if line.bid_before_fen is not None)
    assert strange.bid_before_fen is not None
    for line, bid in ((moved[0], moved[0].bid_fen), (strange, strange.bid_before_fen + 7)):
        assert line.bid_before_fen is not None
        assert bid is not None
        change = BidChange(
            keyword_id=line.keyword_id, bid_before_fen=line.bid_before_fen, bid_fen=bid
        )
        assert shop.platform.set_bids([change]) == {line.keyword_id: bid}
    second = plan(DAY + timedelta(days=1))
    counts = second.run.counts
    assert (counts["applied"], counts["waiting"], counts["conflicts"]) == (1, 1, 0)
    assert counts["changed_elsewhere"] == 1
    with store.read() as session:
        assert proposals.get(session, first.proposal_id).state == "superseded"
        states = proposals.line_states(session, first.proposal_id)
    assert (states["applied"], states["approved"]) == (1, 1)
    assert states.get("superseded", 0) == len(moved) - 2
    assert "pending" not in states


def test_a_proposal_that_nobody_decided_in_time_has_expired_when_the_next_night_opens(
    store: Store, plan: Plan
) -> None:
    first = plan().proposal
    second = plan(DAY + LIFE).proposal
    assert (first.expires_at, second.state) == (second.created_at, "open")
    with store.read() as session:
        assert proposals.get(session, first.proposal_id).state == "expired"
        ended = audit.page(session, AuditFilter(proposal_id=first.proposal_id), limit=1)
    assert (ended[0].action, ended[0].actor) == ("proposal_expire", "kaiche")
    assert ended[0].at == first.expires_at


def test_a_night_made_up_late_does_not_end_a_newer_proposal(store: Store, plan: Plan) -> None:
    newer = plan(DAY).proposal
    late = plan(DAY - timedelta(days=1)).proposal
    assert late.state == "superseded"
    with store.read() as session:
        assert proposals.get(session, newer.proposal_id).state == "open"
        assert "pending" not in proposals.line_states(session, late.proposal_id)


def test_rejects_are_kept_with_their_reasons(store: Store, plan: Plan, shop: Any) -> None:
    shop.rejects = (
        Reject(source="词.csv", row=7, column="花费", value="1,2,3", reason="不是数字"),
    )
    result = plan()
    with store.read() as session:
        (kept,) = runs.rejects(session, result.run.run_id)
    assert (kept.source, kept.row, kept.reason) == ("词.csv", 7, "不是数字")
    assert result.run.counts["rejects"] == 1


def test_the_days_before_a_young_shop_are_asked_for_once(
    plan: Plan, shop: Any, account: Account
) -> None:
    long = account.model_copy(update={"history_days": 60})
    plan(DAY, account=long)
    plan(DAY + timedelta(days=1), account=long)
    first, second = shop.pulls
    assert first[0] == DAY - timedelta(days=60)
    assert second[0] == DAY + timedelta(days=1) - timedelta(days=16)
