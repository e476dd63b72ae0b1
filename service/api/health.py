"""Health, readiness, metrics, and what the types of problems mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from service.api import PREFIX, metrics, places
from service.api.context import Context, InContext
from service.api.kinds import KINDS
from service.api.metrics import Counts, RequestMetrics
from service.api.needs import ANYBODY, ENTERED, needs
from service.api.openapi import problem_responses
from service.api.problems import RefusalError
from service.api.schemas.health import Health, Readiness
from service.api.schemas.problems import ProblemKind
from service.errors import StoreError
from service.people.roles import Role
from service.store import lines, proposals, runs
from service.store.lines import LineFilter

probes = APIRouter(tags=["health"])
router = APIRouter(prefix=f"{PREFIX}/problems", tags=["problems"])


@probes.get(
    "/healthz", operation_id="getHealth", dependencies=[ANYBODY], summary="Is the process alive?"
)
def get_health(context: InContext) -> Health:
    """Needs no token and touches nothing."""
    return Health(version=context.version)


@probes.get(
    "/readyz",
    operation_id="getReadiness",
    dependencies=[ANYBODY],
    summary="Can requests be served?",
    responses={
        503: {
            "model": Readiness,
            "description": "The database does not answer, or its tables are not up to date.",
            "content": {
                "application/json": {
                    "example": {"status": "unready", "database": "run `kaiche database migrate`"}
                }
            },
        }
    },
)
def get_readiness(context: InContext, response: Response) -> Readiness:
    """Needs no token. The database answers and its tables are at the version this code wants."""
    try:
        context.store.ready()
    except StoreError as error:
        response.status_code = 503
        return Readiness(status="unready", database=str(error))
    return Readiness(status="ready", database="ok")


@probes.get(
    "/metrics",
    operation_id="getMetrics",
    dependencies=[needs(Role.VIEWER, places.everything)],
    summary="Prometheus metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Text exposition format.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": 'kaiche_lines{state="pending"} 120.0\n',
                }
            },
        },
        **problem_responses("unauthorized", "misdirected", "loopback-only", "internal"),
    },
)
def get_metrics(request: Request) -> Response:
    """Runs, proposals and lines by state, and the durations of requests by route."""
    gathered = request.app.state.metrics
    assert isinstance(gathered, RequestMetrics)
    return Response(gathered.exposition(), media_type=metrics.MEDIA_TYPE)


@router.get(
    "/{name}",
    operation_id="getProblemKind",
    dependencies=[ENTERED],
    summary="What a type of problem means",
    responses=problem_responses("not-found", "invalid-request"),
)
def get_problem_kind(
    name: Annotated[str, InPath(max_length=64, examples=["changed-since-shown"])],
) -> ProblemKind:
    """The address that `type` of every problem document points to."""
    if name not in KINDS:
        raise RefusalError("not-found", f"there is no type of problem {name}")
    return ProblemKind.model_validate(KINDS[name])


def state_counts(context: Context) -> Mapping[str, Counts]:
    """How many runs, proposals and lines are in each state."""
    with context.store.read() as session:
        by_account = runs.count_by_state(session)
        states = sorted({state for _, state in by_account})
        return {
            "runs": {
                state: sum(n for (_, other), n in by_account.items() if other == state)
                for state in states
            },
            "proposals": proposals.count_by_state(session),
            "lines": lines.count_by(session, LineFilter(), "state"),
        }
