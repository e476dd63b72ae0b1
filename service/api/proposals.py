"""Proposals: listed, opened, overridden, taken away as a sheet."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from service import decisions
from service.api import PREFIX, etags, places
from service.api.applications import rollback_view
from service.api.context import ByWhom, InContext
from service.api.etags import IfMatch
from service.api.idempotency import DoOnce
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.pagination import DEFAULT_LIMIT, Cursor, Limit, encode, night_key
from service.api.places import ByAccount, ProposalIdInPath
from service.api.schemas import Page
from service.api.schemas.decisions import OverrideView, RejectDemand
from service.api.schemas.proposals import ProposalSummary, ProposalView
from service.export import approved_sheet
from service.people.roles import Role
from service.sheets.cells import XLSX
from service.store import audit as events
from service.store import interventions, lines, proposals
from service.store.lines import LineFilter
from service.store.rows import ProposalRow

router = APIRouter(prefix=f"{PREFIX}/proposals", tags=["proposals"])

ETAG_HEADER = {
    "ETag": {
        "description": "What If-Match of a decision has to carry.",
        "schema": {"type": "string"},
        "example": '"90210-' + "3a" * 32 + '"',
    }
}


@router.get(
    "",
    operation_id="listProposals",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="Proposals, newest night first",
    responses=problem_responses("not-found", "bad-cursor", "invalid-request"),
)
def list_proposals(
    context: InContext,
    account_id: ByAccount = None,
    state: Annotated[
        Literal["open", "blocked", "superseded", "expired"] | None,
        Query(description="In this state only.", examples=["open"]),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ProposalSummary]:
    """What the nights have laid on the table."""
    question = {"list": "proposals", "account_id": account_id, "state": state}
    before = night_key(question, cursor)
    with context.store.read() as session:
        rows = proposals.page(
            session, account_id=account_id, state=state, before=before, limit=limit + 1
        )
    items = tuple(ProposalSummary.model_validate(row) for row in rows[:limit])
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode(question, (last.business_date.isoformat(), last.proposal_id))
    return Page(items=items, next_cursor=following)


@router.get(
    "/{proposal_id}",
    operation_id="getProposal",
    dependencies=[needs(Role.VIEWER, places.of_proposal)],
    summary="One proposal: totals, frontier, policy, breaches",
    responses={200: {"headers": ETAG_HEADER}, **problem_responses("not-found", "invalid-request")},
)
def get_proposal(
    proposal_id: ProposalIdInPath, context: InContext, response: Response
) -> ProposalView:
    """The plan in full. Its lines are a list of their own."""
    with context.store.read() as session:
        view = proposal_view(session, proposals.get(session, proposal_id))
    response.headers["etag"] = etags.quoted(view.etag)
    return view


@router.post(
    "/{proposal_id}/override",
    operation_id="overrideProposal",
    dependencies=[needs(Role.OWNER, places.of_proposal)],
    summary="Open a proposal that a guardrail has blocked",
    response_model=OverrideView,
    responses=problem_responses(
        "not-found",
        "conflict",
        "changed-since-shown",
        "invalid-request",
        "idempotency-key-reused",
        "precondition-required",
    ),
)
def override_proposal(
    proposal_id: ProposalIdInPath,
    demand: RejectDemand,
    once: DoOnce,
    origin: ByWhom,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Let its blocked lines wait for approval after all. Says why; nothing is approved by it."""
    tag = etags.required(if_match)

    def work(session: Session) -> OverrideView:
        everything = LineFilter(proposal_id=proposal_id)
        lines.select_lines(session, everything, for_update=True)  # one override at a time
        etags.check_proposal(session, proposals.get(session, proposal_id), tag)
        outcome = decisions.override(session, origin, proposal_id, demand.reason)
        return OverrideView(
            action=outcome.action,
            changed=outcome.changed,
            left_alone=outcome.left_alone,
            proposal_id=proposal_id,
            state=proposals.get(session, proposal_id).state,
        )

    return once(demand, work)


@router.get(
    "/{proposal_id}/sheet",
    operation_id="downloadSheet",
    dependencies=[needs(Role.SPECIALIST, places.of_proposal)],
    summary="Approved lines as the platform's bulk-edit sheet (XLSX)",
    response_class=Response,
    responses={
        200: {
            "description": "The sheet; without a line when nothing is approved.",
            "content": {
                XLSX: {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "PK\u0003\u0004…",
                }
            },
        },
        **problem_responses("not-found", "invalid-request"),
    },
)
def download_sheet(proposal_id: ProposalIdInPath, context: InContext, origin: ByWhom) -> Response:
    """Ids are text cells, bids are yuan. Upload it to the platform; the next bid list confirms it.

    That the lines left, and the hash of the file, is put on record.
    """
    with context.store.read() as session:
        proposal = proposals.get(session, proposal_id)
        leaving = approved_sheet(session, proposal)
    with context.store.begin() as session:
        events.append(session, [leaving.record(origin)])
    name = f"kaiche-{proposal.account_id}-{proposal.business_date:%Y%m%d}.xlsx"
    disposition = f'attachment; filename="{name}"'
    return Response(leaving.content, media_type=XLSX, headers={"content-disposition": disposition})


def proposal_view(session: Session, proposal: ProposalRow) -> ProposalView:
    """A proposal in full."""
    undone = interventions.rollback(session, proposal.proposal_id)
    return ProposalView(
        **ProposalSummary.model_validate(proposal).model_dump(),
        totals=dict(proposal.totals),
        frontier=tuple(dict(point) for point in proposal.frontier),
        policy=dict(proposal.policy),
        breaches=tuple(dict(breach) for breach in proposal.breaches),
        content_hash=proposal.content_hash,
        lines_by_state=dict(proposals.line_states(session, proposal.proposal_id)),
        lines_by_reason=dict(proposals.line_reasons(session, proposal.proposal_id)),
        rollback=rollback_view(session, undone) if undone else None,
        etag=etags.proposal_tag(session, proposal),
    )
