"""The night, in ten steps: from the platform's figures to a proposal on the table.

``run_night`` reads like the list. Every step leaves either nothing or something finished: a run
that dies is taken up again, from its stored figures or from the beginning when there are none yet.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from connectors.errors import AuthorisationError, ConnectorError
from connectors.platform import Roster
from optimizer.errors import OptimizerError
from service import (
    audit,
    books,
    freshness,
    guardrails,
    inputs,
    outside,
    planning,
    pull,
    standing,
    tonight,
)
from service.absent import absent
from service.audit import Origin
from service.errors import (
    NotFoundError,
    ReviewFailedError,
    RunInProgressError,
    ServiceError,
)
from service.findings import doubts
from service.frames import Frames, plain
from service.guardrails import Breach, PlannedLine
from service.inputs import Given
from service.night import STEPS, Night, NightContext, Progress, open_night, silent
from service.planning import Decision, EstimatesLike, PlanLike
from service.publish import publish
from service.pull import Pulled
from service.settings.effective import config_hash
from service.settings.models import Account
from service.store import audit as events
from service.store import facts, proposals, runs
from service.store.rows import NewLine, ProposalRow, RunRow
from service.tonight import Tonight

__all__ = [
    "STEPS",
    "NightContext",
    "NightResult",
    "Progress",
    "carry_out",
    "open_night",
    "run_night",
]


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightResult:
    """How the night ended. ``planned`` is False when it had been planned before."""

    run: RunRow
    proposal: ProposalRow
    planned: bool


def run_night(
    context: NightContext,
    account: Account,
    business_date: date,
    asked: Origin,
    progress: Progress = silent,
) -> NightResult:
    """Plan the night of ``business_date``, once; a second call returns what the first has made.

    ``asked`` is who wants it, through what, in which request: on the record of the start.
    Raises RunInProgressError while another process works on it. A night that cannot end well is
    recorded as failed with its cause and raises it: StaleDataError, ReviewFailedError,
    ConnectorError, OptimizerError. It may be started again.
    """
    run, ours = open_night(context, account, business_date, asked)
    return carry_out(context, account, run, progress) if ours else _ended(context, run)


def carry_out(
    context: NightContext, account: Account, run: RunRow, progress: Progress = silent
) -> NightResult:
    """Steps 2 to 10 of a run that ``open_night`` has taken."""
    night = Night(context=context, account=account, run=run, progress=progress)
    try:
        if run.cutoff_at is None:
            with _pull(night) as pulled:
                _store_figures(night, pulled)
        roster = _gate(night)
        given, built = _build_frames(night, roster)
        estimates = _estimate(night, given, built)
        limits, plan = _propose(night, roster, estimates)
        decision = _rows(night, roster, estimates, plan)
        breaches = _guardrails(night, decision, limits)
        result = _save(night, given, built, limits, decision, breaches)
    except Exception as error:
        _record_failure(night, error)
        raise
    log.info(
        "the night %s of %s is planned",
        run.business_date,
        run.account_id,
        extra={"event": "night_planned", "fields": {"state": result.proposal.state}},
    )
    return result


def _pull(night: Night) -> Pulled:
    """Step 2: roster and reports, for every day that is missing and the whole attribution window."""
    account, day = night.account, night.run.business_date
    with night.step("pull"):
        platform = night.context.platform(account, day)
        yesterday = day - timedelta(days=1)
        with night.context.store.read() as session:
            start = day - timedelta(days=account.history_days)
            known = facts.day_totals(session, account.id, start, yesterday)
            asked = pull.asked_from(session, account.id)
        first = pull.first_day(day, account.history_days, platform.attribution_days, known, asked)
        return pull.fetch(
            platform,
            first,
            yesterday,
            night.pulled,
            now=night.context.clock(),
            zone=ZoneInfo(account.timezone),
        )


def _store_figures(night: Night, pulled: Pulled) -> None:
    """Step 3: facts by keyword and day, what changed as settlement rows, rejects with reasons."""
    with night.step("store"):
        given = pull.given_of(night.account, night.run.business_date, pulled)
        with night.context.store.begin() as session:
            stored = pull.store(session, night.run, pulled, given, night.origin("pull"))
            outside.note_authorisation(session, night.account.id, night.origin("pull"), cause=None)
            stored["counts"]["absent"] = _absent(night.account, pulled.roster)
            night.advance(session, "store", **stored)


def _absent(account: Account, roster: Roster) -> list[str]:
    """Names in the configuration that the pulled account does not have."""
    return list(absent(account, roster.campaigns, roster.adgroups, roster.keywords))


def _gate(night: Night) -> Roster:
    """Step 4: yesterday has to be there and plausible."""
    account, day = night.account, night.run.business_date
    with night.step("gate"):
        with night.context.store.read() as session:
            roster = inputs.read_roster(session, night.run.run_id)
            start = day - timedelta(days=account.history_days)
            yesterday = day - timedelta(days=1)
            days = facts.day_totals(session, account.id, start, yesterday)
            impossible = facts.impossible_days(session, account.id, yesterday)
        newest = night.run.counts.get("newest_day")
        freshness.check(
            day,
            keywords=len(roster.keywords),
            days=days,
            impossible=impossible,
            newest=date.fromisoformat(newest) if newest else None,
        )
    return roster


def _build_frames(night: Night, roster: Roster) -> tuple[Given, Frames]:
    """Step 5: rows to frames; fen becomes yuan."""
    with night.step("frames"), night.context.store.read() as session:
        given = inputs.read_given(session, night.run.run_id)
        return given, inputs.build_frames(session, night.run, roster, given)


def _estimate(night: Night, given: Given, built: Frames) -> EstimatesLike:
    """Step 6: what every word is worth and how it answers to its bid; a FAIL ends the night."""
    with night.step("estimate"):
        estimates = planning.estimate(night.context.door, built, given, night.run.seed)
        review = estimates.review
        checks = plain(list(review.checks))
        with night.context.store.begin() as session:
            night.advance(session, "estimate", review=checks)
        if review.verdict == "FAIL":
            zh, en = doubts(checks, "zh"), doubts(checks, "en")
            raise ReviewFailedError(
                f"模型与数据不符, 出价保持不变: {zh} / the model does not fit the data, bids stay: {en}"
            )
    return estimates


def _propose(night: Night, roster: Roster, estimates: EstimatesLike) -> tuple[Tonight, PlanLike]:
    """Step 7: the plan under the limits that stand and the allowance from the ledger."""
    account, day = night.account, night.run.business_date
    with night.step("propose"):
        with night.context.store.begin() as session:
            account, waiting = standing.note(session, account, night.origin())
            counts = {**night.run.counts, "limits_waiting": list(waiting)}
            night.advance(session, "propose", counts=counts if waiting else night.run.counts)
            ledger = books.keep(session, account, day, roster.adgroups, estimates.maturity)
            spent = facts.spend(session, account.id, day.replace(day=1), day - timedelta(days=1))
            campaigns = outside.trusted(session, account.id, roster.campaigns)
            hands_off = outside.locked_words(session, account.id)
        limits = tonight.decide(account, day, campaigns, spent, ledger, hands_off)
        plan = planning.propose(night.context.door, estimates, limits.policy, night.run.seed)
    return limits, plan


def _rows(night: Night, roster: Roster, estimates: EstimatesLike, plan: PlanLike) -> Decision:
    """Step 8: before, after, expected change with its interval, reason, binding constraint."""
    with night.step("rows"):
        return planning.decision_of(plan, estimates, roster.keywords)


def _guardrails(night: Night, decision: Decision, limits: Tonight) -> tuple[Breach, ...]:
    """Step 9: limits of the whole plan, whatever the optimizer says."""
    with night.step("guardrails"):
        return guardrails.check(
            [_planned(line) for line in decision.lines],
            night.account.guardrails,
            account_budget_fen=limits.budget.tonight_fen,
            campaign_budgets_fen=limits.campaign_budgets_fen,
        )


def _save(
    night: Night,
    given: Given,
    built: Frames,
    limits: Tonight,
    decision: Decision,
    breaches: tuple[Breach, ...],
) -> NightResult:
    """Step 10: proposal, lines, audit events, inputs and hashes in one commit."""
    with night.step("save"), night.context.store.begin() as session:
        proposal, counts = publish(
            session,
            standing.in_force(session, night.account),
            night.run,
            limits,
            decision,
            breaches,
            night.origin(),
        )
        policy = inputs.pack(limits.policy)
        runs.save_input(session, night.run.run_id, "policy", policy)
        night.run = runs.finish(
            session,
            night.run,
            "succeeded",
            at=night.context.clock(),
            inputs_hash=inputs.inputs_hash(built, given, policy),
            config_hash=config_hash(night.account),
            code_version=inputs.code_version(),
            counts=counts,
        )
    return NightResult(run=night.run, proposal=proposal, planned=True)


def _record_failure(night: Night, error: Exception) -> None:
    """Write down why the night ended; a lost lease or database leaves that to whoever comes next."""
    if isinstance(error, RunInProgressError):
        return
    known = isinstance(error, (ServiceError, ConnectorError, OptimizerError))
    cause = str(error) if known else f"程序错误 / a fault of the program: {error!r}"
    with suppress(ServiceError), night.context.store.begin() as session:
        failed = audit.run_failed(
            night.origin(),
            account_id=night.run.account_id,
            run_id=night.run.run_id,
            step=night.run.step,
            cause=cause,
        )
        night.run = runs.finish(session, night.run, "failed", at=night.context.clock(), cause=cause)
        if isinstance(error, AuthorisationError):
            outside.note_authorisation(session, night.account.id, night.origin(), cause=cause)
        events.append(session, [failed])


def _planned(line: NewLine) -> PlannedLine:
    return PlannedLine(
        keyword_id=line.keyword_id,
        campaign_id=line.campaign_id,
        bid_before_fen=line.bid_before_fen,
        bid_fen=line.bid_fen,
        spend_before_fen=line.spend_before_fen,
        spend_after_fen=line.spend_after_fen,
    )


def _ended(context: NightContext, run: RunRow) -> NightResult:
    """The result of a night that was planned before."""
    with context.store.read() as session:
        proposal = proposals.of_run(session, run.run_id)
    if proposal is None:
        raise NotFoundError(f"the run {run.run_id} succeeded but its proposal is not there")
    return NightResult(run=run, proposal=proposal, planned=False)
