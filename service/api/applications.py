"""Applications: approved lines sent to the platform, looked up, undone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from service import applying, rollback
from service.api import PREFIX, places
from service.api.context import ByWhom, InContext
from service.api.idempotency import DoOnce
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_instant, encode
from service.api.places import (
    AccountIdInPath,
    ApplicationIdInPath,
    BatchIdInPath,
    ByAccount,
    UndoneInPath,
)
from service.api.schemas import Page
from service.api.schemas.applications import (
    ApplicationSummary,
    ApplicationView,
    ApplyDemand,
    BatchLineView,
    BatchSummary,
    BatchView,
    LeftView,
    RollbackDemand,
    RollbackView,
)
from service.errors import ConflictError
from service.people.roles import Role
from service.store import applications, lines
from service.store.applications import ApplicationRow
from service.store.interventions import RollbackRow
from service.store.lines import LineFilter

router = APIRouter(prefix=PREFIX, tags=["applications"])

_REFUSALS = problem_responses("not-found", "conflict", "invalid-request", "idempotency-key-reused")


@router.post(
    "/accounts/{account_id}/apply",
    operation_id="applyAccount",
    dependencies=[needs(Role.SPECIALIST, places.of_account)],
    summary="Send the account's approved lines to the platform",
    response_model=ApplicationView,
    responses=_REFUSALS,
)
def apply_account(
    account_id: AccountIdInPath,
    demand: ApplyDemand,
    once: DoOnce,
    origin: ByWhom,
    context: InContext,
) -> JSONResponse:
    """Queued at once and carried out in the background: ask for the application until it has ended.

    Cuts go first, then raises by what they are expected to bring, under today's caps.
    """
    account = context.account(account_id)
    if account.connector.kind == "reports":
        raise ConflictError(
            f"{account_id} reads report exports, which cannot be written to; download the sheet of "
            "approved lines and upload it"
        )
    who = applying.Who(actor=origin.actor, source="rest")
    queued: list[ApplicationRow] = []

    def work(session: Session) -> ApplicationView:
        row = applying.queue(session, context.wiring.applying, account, who)
        queued.append(row)
        return ApplicationView(**_summary(row), batches=())

    answer = once(demand, work)
    for row in queued:  # none when this request had been carried out before
        context.walks.start(account, row.application_id, who)
    return answer


@router.get(
    "/applications",
    operation_id="listApplications",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="Applications, newest first",
    responses=problem_responses("not-found", "bad-cursor", "invalid-request"),
)
def list_applications(
    context: InContext,
    account_id: ByAccount = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ApplicationSummary]:
    """Who sent what when, and what came of it."""
    question = {"list": "applications", "account_id": account_id}
    before = decode_instant(question, cursor)
    with context.store.read() as session:
        rows = applications.page(session, account_id=account_id, before=before, limit=limit + 1)
    items = tuple(ApplicationSummary(**_summary(row)) for row in rows[:limit])
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode(question, (last.created_at.isoformat(), last.application_id))
    return Page(items=items, next_cursor=following)


@router.get(
    "/applications/{application_id}",
    operation_id="getApplication",
    dependencies=[needs(Role.VIEWER, places.of_application)],
    summary="One application with its batches",
    responses=problem_responses("not-found", "invalid-request"),
)
def get_application(application_id: ApplicationIdInPath, context: InContext) -> ApplicationView:
    """How far it is, or what it came to."""
    with context.store.read() as session:
        row = applications.get(session, application_id)
        found = applications.batches(session, application_id=application_id)
    return ApplicationView(
        **_summary(row), batches=tuple(BatchSummary.model_validate(batch) for batch in found)
    )


@router.get(
    "/batches/{batch_id}",
    operation_id="getBatch",
    dependencies=[needs(Role.VIEWER, places.of_batch)],
    summary="One batch with its lines",
    responses=problem_responses("not-found", "invalid-request"),
)
def get_batch(batch_id: BatchIdInPath, context: InContext) -> BatchView:
    """Every bid that was to be set, and what was found of it on the platform."""
    with context.store.read() as session:
        batch = applications.batch(session, batch_id)
        found = applications.batch_lines(session, [batch_id])
    return BatchView(
        **BatchSummary.model_validate(batch).model_dump(),
        application_id=batch.application_id,
        account_id=batch.account_id,
        business_date=batch.business_date,
        lines=tuple(BatchLineView.model_validate(line) for line in found),
    )


@router.post(
    "/batches/{undone}/rollback",
    operation_id="rollBack",
    dependencies=[needs(Role.SPECIALIST, places.of_undone)],
    summary="Propose to undo a batch, or a whole application",
    response_model=RollbackView,
    responses=_REFUSALS | problem_responses("platform-unavailable"),
)
def roll_back(
    undone: UndoneInPath,
    demand: RollbackDemand,
    once: DoOnce,
    origin: ByWhom,
    context: InContext,
) -> JSONResponse:
    """Restores every word that nobody has edited since, and lists the rest with both numbers.

    Nothing moves yet: the proposal that is made has to be approved and applied like any other.
    """
    looked, day = context.wiring.look_back(undone)

    def work(session: Session) -> RollbackView:
        row = rollback.propose(session, looked, origin, demand.reason, day)
        return rollback_view(session, row)

    return once(demand, work)


def rollback_view(session: Session, row: RollbackRow) -> RollbackView:
    """What a rollback proposal restores, and what it leaves alone."""
    restored = lines.totals(session, LineFilter(proposal_id=row.proposal_id)).lines
    return RollbackView(
        proposal_id=row.proposal_id,
        account_id=row.account_id,
        undoes=row.undoes,
        lines=restored,
        left=tuple(LeftView(**entry) for entry in row.left),
        created_at=row.created_at,
    )


def _summary(row: ApplicationRow) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ApplicationSummary.model_fields}
    return shown | {"counts": dict(row.counts)}
