"""Runs: listed, started, followed; what they did not take."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from service.api import PREFIX, places
from service.api.context import ByWhom, Context, InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.pagination import DEFAULT_LIMIT, Cursor, Limit, decode, encode, night_key
from service.api.places import ByAccount, RunIdInPath
from service.api.schemas import Page
from service.api.schemas.runs import (
    Progress,
    RejectView,
    RunDemand,
    RunSummary,
    RunView,
)
from service.people.roles import Role
from service.store import proposals, runs
from service.store.rows import RunRow

router = APIRouter(prefix=f"{PREFIX}/runs", tags=["runs"])

_POLL_SECONDS = 2


@router.get(
    "",
    operation_id="listRuns",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="Nights, newest first",
    responses=problem_responses("not-found", "bad-cursor", "invalid-request"),
)
def list_runs(
    context: InContext,
    account_id: ByAccount = None,
    state: Annotated[
        Literal["running", "succeeded", "failed"] | None,
        Query(description="In this state only.", examples=["succeeded"]),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RunSummary]:
    """All nights of all accounts, or of one, in pages."""
    question = {"list": "runs", "account_id": account_id, "state": state}
    before = night_key(question, cursor)
    with context.store.read() as session:
        rows = runs.page(
            session, account_id=account_id, state=state, before=before, limit=limit + 1
        )
    items = tuple(RunSummary.model_validate(row) for row in rows[:limit])
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode(question, (last.business_date.isoformat(), last.run_id))
    return Page(items=items, next_cursor=following)


@router.post(
    "",
    status_code=202,
    operation_id="startRun",
    dependencies=[needs(Role.SPECIALIST, places.of_night)],
    summary="Start the night of an account",
    response_description="The night is under way, or had been carried out before; follow Location.",
    responses={
        202: {
            "headers": {
                "Location": {
                    "description": "Where to follow it.",
                    "schema": {"type": "string"},
                    "example": "/api/v1/runs/0198f2a4-6b1c-7cc0-8a53-0d9f4a3b2c11",
                },
                "Retry-After": {
                    "description": "Seconds until it is worth asking again.",
                    "schema": {"type": "integer"},
                    "example": _POLL_SECONDS,
                },
            }
        },
        **problem_responses("not-found", "run-in-progress", "invalid-request"),
    },
)
def start_run(demand: RunDemand, context: InContext, origin: ByWhom, response: Response) -> RunView:
    """Plan the night now.

    A night happens once: when the account's night of that business date has succeeded already, or
    is under way here, the answer is that run. So a repeated request is harmless and needs no
    Idempotency-Key. A failed night starts again.
    """
    account = context.account(demand.account_id)
    run = context.nights.start(account, demand.business_date, origin)
    with context.store.read() as session:
        view = run_view(session, context, run)
    response.headers["location"] = f"{PREFIX}/runs/{run.run_id}"
    if run.state == "running":
        response.headers["retry-after"] = str(_POLL_SECONDS)
    return view


@router.get(
    "/{run_id}",
    operation_id="getRun",
    dependencies=[needs(Role.VIEWER, places.of_run)],
    summary="One night: progress, review, counts",
    responses=problem_responses("not-found", "invalid-request"),
)
def get_run(run_id: RunIdInPath, context: InContext, response: Response) -> RunView:
    """The night in full. While it runs, ask again after Retry-After seconds."""
    with context.store.read() as session:
        run = runs.get(session, run_id)
        view = run_view(session, context, run)
    if run.state == "running":
        response.headers["retry-after"] = str(_POLL_SECONDS)
    return view


@router.get(
    "/{run_id}/rejects",
    operation_id="listRejects",
    dependencies=[needs(Role.VIEWER, places.of_run)],
    summary="What the night did not take from the reports, and why",
    responses=problem_responses("not-found", "bad-cursor", "invalid-request"),
)
def list_rejects(
    run_id: RunIdInPath,
    context: InContext,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RejectView]:
    """Rows and files in the order of the source, each with its place and its reason."""
    question = {"list": "rejects", "run_id": run_id}
    after = decode(question, cursor, (int,))
    with context.store.read() as session:
        runs.get(session, run_id)
        rows = runs.rejects(session, run_id, after=after[0] if after else 0, limit=limit + 1)
    items = tuple(RejectView.model_validate(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode(question, (items[-1].reject_id,)) if more else None)


def run_view(session: Session, context: Context, run: RunRow) -> RunView:
    """A run in full, with its progress and its proposal."""
    proposal = proposals.of_run(session, run.run_id)
    summary = RunSummary.model_validate(run).model_dump()
    return RunView(
        **summary,
        progress=progress(run, context.nights.steps),
        proposal_id=proposal.proposal_id if proposal else None,
        review=tuple(dict(check) for check in run.review),
        counts=dict(run.counts),
        seed=run.seed,
        cutoff_at=run.cutoff_at,
        inputs_hash=run.inputs_hash,
        config_hash=run.config_hash,
        code_version=run.code_version,
    )


def progress(run: RunRow, steps: tuple[str, ...]) -> Progress:
    """How far a run has come; a succeeded one has reached the last step."""
    reached = steps.index(run.step) + 1 if run.step in steps else 0
    number = len(steps) if run.state == "succeeded" else reached
    return Progress(step=run.step, number=number, of=len(steps), steps=steps)
