"""Decisions on lines: approve, reject, edit, withdraw; one, many by ids, or all of a filter.

Every decision is bound to what was shown (``If-Match``, or a tag a line) and is carried out once
(``Idempotency-Key``). The rules are ``service.decisions``'s; here they are only asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from service import decisions
from service.api import PREFIX, etags, places
from service.api.context import ByWhom, Context, InContext
from service.api.etags import IfMatch
from service.api.idempotency import DoOnce, Once
from service.api.lines import line_view
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.places import LineIdInPath, ProposalIdInPath
from service.api.problems import RefusalError
from service.api.schemas.decisions import (
    MOST_LINES,
    ApproveDemand,
    BulkDemand,
    BulkView,
    EditDemand,
    RejectDemand,
    ShownLine,
)
from service.api.schemas.lines import LineView
from service.api.validation import invalid
from service.approval import Action, edited_bid
from service.audit import Origin
from service.errors import ConflictError, InputError, NotFoundError
from service.people.roles import Role
from service.settings.models import Guardrails
from service.store import lines, proposals
from service.store.lines import LineFilter

router = APIRouter(prefix=PREFIX, tags=["decisions"])

_REFUSALS = problem_responses(
    "not-found",
    "conflict",
    "second-person-needed",
    "changed-since-shown",
    "invalid-request",
    "idempotency-key-reused",
    "precondition-required",
)


@router.post(
    "/lines/{line_id}/approve",
    operation_id="approveLine",
    dependencies=[needs(Role.SPECIALIST, places.of_line)],
    summary="Approve a line",
    response_model=LineView,
    responses=_REFUSALS,
)
def approve_line(
    line_id: LineIdInPath,
    demand: ApproveDemand,
    once: DoOnce,
    origin: ByWhom,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Let its bid go to the platform. An earlier approval of the same word gives way."""
    return _decide_one(once, Action.APPROVE, origin, line_id, demand, if_match)


@router.post(
    "/lines/{line_id}/reject",
    operation_id="rejectLine",
    dependencies=[needs(Role.SPECIALIST, places.of_line)],
    summary="Reject a line, with the reason",
    response_model=LineView,
    responses=_REFUSALS,
)
def reject_line(
    line_id: LineIdInPath,
    demand: RejectDemand,
    once: DoOnce,
    origin: ByWhom,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Leave the bid where it is."""
    return _decide_one(once, Action.REJECT, origin, line_id, demand, if_match)


@router.post(
    "/lines/{line_id}/withdraw",
    operation_id="withdrawLine",
    dependencies=[needs(Role.SPECIALIST, places.of_line)],
    summary="Take an approval back",
    response_model=LineView,
    responses=_REFUSALS,
)
def withdraw_line(
    line_id: LineIdInPath,
    demand: ApproveDemand,
    once: DoOnce,
    origin: ByWhom,
    if_match: IfMatch = None,
) -> JSONResponse:
    """The line waits again."""
    return _decide_one(once, Action.WITHDRAW, origin, line_id, demand, if_match)


@router.post(
    "/lines/{line_id}/edit",
    operation_id="editLine",
    dependencies=[needs(Role.SPECIALIST, places.of_line)],
    summary="Give a line another bid",
    response_model=LineView,
    responses=_REFUSALS,
)
def edit_line(
    line_id: LineIdInPath,
    demand: EditDemand,
    once: DoOnce,
    origin: ByWhom,
    context: InContext,
    if_match: IfMatch = None,
) -> JSONResponse:
    """The line waits with the new bid and has to be approved. Guardrails hold for people too."""
    shown = {line_id: etags.required(if_match)}

    def work(session: Session) -> LineView:
        guardrails = _guardrails(context, lines.get(session, line_id).account_id)
        edited = decisions.edit(
            session,
            origin,
            line_id,
            demand.bid_fen,
            guardrails,
            reason=demand.reason,
            guard=etags.lines_guard(session, shown),
        )
        return line_view(edited)

    return once(demand, work)


@router.post(
    "/proposals/{proposal_id}/decisions",
    operation_id="decideLines",
    dependencies=[needs(Role.SPECIALIST, places.of_proposal)],
    summary="Decide on many lines of a proposal, by ids or by a filter",
    response_model=BulkView,
    responses=_REFUSALS,
)
def decide_lines(
    proposal_id: ProposalIdInPath,
    demand: BulkDemand,
    once: DoOnce,
    origin: ByWhom,
    context: InContext,
    if_match: IfMatch = None,
) -> JSONResponse:
    """By ids: every line with its own `etag`, all or nothing. By filter: `If-Match` with the tag of
    the list read with this very filter; lines whose state does not allow it are left alone.
    """
    guarded = _shown_lines(demand.lines) if demand.lines is not None else etags.required(if_match)

    def work(session: Session) -> BulkView:
        proposal = proposals.get(session, proposal_id)
        if isinstance(guarded, str):
            assert demand.filter is not None
            wanted = demand.filter.of(proposal_id)
            guard = etags.set_guard(session, proposal_id, guarded)
        else:
            wanted = LineFilter(proposal_id=proposal_id, line_ids=tuple(guarded))
            guard = etags.lines_guard(session, guarded)
        if demand.action == "edit":
            guardrails = _guardrails(context, proposal.account_id)
            return _edit_many(session, origin, wanted, demand, guardrails, guard)
        outcome = decisions.decide(
            session, Action(demand.action), origin, wanted, reason=demand.reason, guard=guard
        )
        return BulkView.model_validate(outcome)

    return once(demand, work)


def _decide_one(
    once: Once,
    action: Action,
    origin: Origin,
    line_id: int,
    demand: ApproveDemand | RejectDemand,
    if_match: str | None,
) -> JSONResponse:
    shown = {line_id: etags.required(if_match)}

    def work(session: Session) -> LineView:
        decisions.decide(
            session,
            action,
            origin,
            LineFilter(line_ids=(line_id,)),
            reason=demand.reason,
            guard=etags.lines_guard(session, shown),
        )
        return line_view(lines.get(session, line_id))

    return once(demand, work)


def _edit_many(
    session: Session,
    origin: Origin,
    wanted: LineFilter,
    demand: BulkDemand,
    guardrails: Guardrails,
    guard: decisions.Guard,
) -> BulkView:
    """By ids every line gets its own bid; by filter all get one, save those that cannot take it."""
    found = lines.select_lines(session, wanted, for_update=True)
    guard(found)
    bids = {line.line_id: line.bid_fen or demand.bid_fen for line in demand.lines or ()}
    unknown = bids.keys() - {line.line_id for line in found}
    if unknown:
        raise NotFoundError(f"there is no line {min(unknown)} in proposal {wanted.proposal_id}")
    if demand.bid_fen is not None:
        edited_bid(demand.bid_fen, guardrails)
    if demand.filter is not None and len(found) > MOST_LINES:
        raise invalid(
            "body.filter",
            f"{len(found)} lines at once are too many to edit; narrow it to {MOST_LINES}",
            f"一次最多修改 {MOST_LINES} 条，请缩小筛选范围",
        )
    changed = []
    for line_id in bids or [line.line_id for line in found]:
        bid = bids.get(line_id, demand.bid_fen)
        assert bid is not None  # BulkDemand has seen to it
        try:
            decisions.edit(session, origin, line_id, bid, guardrails, reason=demand.reason)
        except (ConflictError, InputError):
            if bids:
                raise
        else:
            changed.append(line_id)
    return BulkView(
        action=Action.EDIT, changed=tuple(changed), left_alone=len(found) - len(changed)
    )


def _shown_lines(shown: Sequence[ShownLine]) -> Mapping[int, str]:
    tagged = {line.line_id: (line.etag or "").strip('"') for line in shown}
    untagged = [line_id for line_id, tag in tagged.items() if not tag]
    if untagged:
        raise RefusalError(
            "precondition-required",
            f"{len(untagged)} of {len(tagged)} lines carry no etag, for example line {untagged[0]}; "
            "send for every line the `etag` that it was shown with.",
            zh=f"有 {len(untagged)} 条明细没有带 etag（如 {untagged[0]}），请带上展示时的 etag。",
        )
    return tagged


def _guardrails(context: Context, account_id: str) -> Guardrails:
    return context.account(account_id).guardrails
