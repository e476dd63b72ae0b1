"""What only people decide: the kill switch, words left to them, alerts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from service import outside, stop
from service.api import PREFIX, places
from service.api.context import ByWhom, Context, InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.pagination import DEFAULT_LIMIT, Cursor, Limit, decode, encode
from service.api.places import AlertIdInPath, ByAccount
from service.api.schemas import Page
from service.api.schemas.interventions import (
    AcknowledgeDemand,
    AlertView,
    HandsOffView,
    ReleaseDemand,
    ResumeDemand,
    StopDemand,
    StopsView,
    StopView,
)
from service.errors import ConflictError
from service.people.roles import Role
from service.stop import Stop
from service.store import interventions
from service.store.interventions import EVERYTHING

router = APIRouter(prefix=PREFIX, tags=["interventions"])


@router.get(
    "/stops",
    operation_id="listStops",
    dependencies=[needs(Role.VIEWER, places.anywhere)],
    summary="What is stopped",
)
def list_stops(context: InContext) -> StopsView:
    """Every stop in force, ordered here, on the command line, or by the file; always one page."""
    with context.store.read() as session:
        return _stops(session, context)


@router.post(
    "/stops",
    operation_id="stopApplying",
    dependencies=[needs(Role.SPECIALIST, places.of_stop)],
    summary="Throw the kill switch",
    responses=problem_responses("not-found", "invalid-request"),
)
def stop_applying(demand: StopDemand, context: InContext, origin: ByWhom) -> StopsView:
    """Nothing more leaves for the platform, from the next batch on. Approvals keep.

    Stopping twice is stopping once; what was ordered first stays on record.
    """
    scope = _scope(context, demand.account_id)
    with context.store.begin() as session:
        stop.order(session, origin, scope, demand.reason)
        return _stops(session, context)


@router.post(
    "/stops/resume",
    operation_id="resumeApplying",
    dependencies=[needs(Role.OWNER, places.of_resume)],
    summary="Lift a stop order",
    responses=problem_responses("not-found", "invalid-request"),
)
def resume_applying(demand: ResumeDemand, context: InContext, origin: ByWhom) -> StopsView:
    """What still stands is in the answer: a file, or the order for all beside an account's own."""
    scope = _scope(context, demand.account_id)
    with context.store.begin() as session:
        stop.lift(session, origin, scope)
        return _stops(session, context)


@router.get(
    "/hands-off",
    operation_id="listHandsOff",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="Words left to people",
    responses=problem_responses("not-found", "invalid-request"),
)
def list_hands_off(context: InContext, account_id: ByAccount = None) -> Page[HandsOffView]:
    """Words whose bid somebody changed elsewhere; no night moves them. Always one page."""
    with context.store.read() as session:
        rows = interventions.hands_off(session, account_id)
    return Page(items=tuple(HandsOffView.model_validate(row) for row in rows))


@router.post(
    "/hands-off/release",
    operation_id="releaseWord",
    dependencies=[needs(Role.SPECIALIST, places.of_release)],
    summary="Give a word back to the machine",
    responses=problem_responses("not-found", "invalid-request"),
)
def release_word(demand: ReleaseDemand, context: InContext, origin: ByWhom) -> HandsOffView:
    """The next night plans it again, from the bid that was found."""
    with context.store.begin() as session:
        row = outside.release(session, demand.account_id, demand.keyword_id, origin)
    return HandsOffView.model_validate(row)


@router.get(
    "/alerts",
    operation_id="listAlerts",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="Alerts, newest first",
    responses=problem_responses("not-found", "bad-cursor", "invalid-request"),
)
def list_alerts(
    context: InContext,
    account_id: ByAccount = None,
    open_only: Annotated[
        bool, Query(description="Only those nobody has acknowledged.", examples=[True])
    ] = True,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AlertView]:
    """What people have to know: a budget that the platform or the YAML raised, for example."""
    question = {"list": "alerts", "account_id": account_id, "open_only": open_only}
    before = decode(question, cursor, (int,))
    with context.store.read() as session:
        rows = interventions.alerts(
            session,
            account_id=account_id,
            open_only=open_only,
            before=before[0] if before else None,
            limit=limit + 1,
        )
    items = tuple(AlertView.model_validate(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode(question, (items[-1].alert_id,)) if more else None)


@router.post(
    "/alerts/{alert_id}/acknowledge",
    operation_id="acknowledgeAlert",
    dependencies=[needs(Role.OWNER, places.of_alert)],
    summary="Say that an alert is known",
    responses=problem_responses("not-found", "invalid-request"),
)
def acknowledge_alert(
    alert_id: AlertIdInPath,
    context: InContext,
    origin: ByWhom,
    demand: AcknowledgeDemand | None = None,
) -> AlertView:
    """What was raised counts from now on; a raise in the YAML needs a reason.

    Who acknowledged it first stays on record.
    """
    reason = None if demand is None else demand.reason
    with context.store.begin() as session:
        try:
            row = outside.acknowledge(session, alert_id, origin, reason)
        except ConflictError:
            row = interventions.alert(session, alert_id)
    return AlertView.model_validate(row)


def _scope(context: Context, account_id: str | None) -> str:
    return EVERYTHING if account_id is None else context.account(account_id).id


def _stops(session: Session, context: Context) -> StopsView:
    found = stop.in_force(session, stop.stop_file(context.settings))
    return StopsView(items=tuple(_stop_view(one) for one in found))


def _stop_view(one: Stop) -> StopView:
    return StopView(
        scope=one.scope,
        reason=one.reason,
        ordered_by=one.ordered_by,
        ordered_at=one.ordered_at,
        by_file=one.file is not None,
    )
