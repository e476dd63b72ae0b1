"""Audit events: by account, proposal, line, actor, action and time."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, Field

from service.api import PREFIX, places
from service.api.context import InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.pagination import DEFAULT_LIMIT, LONGEST_CURSOR, MOST, decode, encode
from service.api.schemas import Demand, Page
from service.api.schemas.audit import AuditHeadView, AuditView
from service.auditing import MEDIA_TYPES, export
from service.people.roles import Role
from service.store import audit
from service.store.audit import AuditFilter
from service.store.chain import GENESIS, Head

router = APIRouter(prefix=f"{PREFIX}/audit-events", tags=["audit"])

EXAMPLE = '{"event_id": 90210, "actor": "token/小王", "action": "approve", "hash": "9f…"}\n'
_Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]+$")]


class EventQuery(Demand):
    """Which events; every field that is given must hold."""

    account_id: Annotated[_Text | None, Field(examples=["shop-1"])] = None
    run_id: Annotated[_Text | None, Field(examples=["0198f2a4-6b1c-7cc0"])] = None
    proposal_id: Annotated[_Text | None, Field(examples=["0198f2a5-0e77-7d31"])] = None
    line_id: Annotated[int | None, Field(ge=1, le=2**63 - 1, examples=[1042])] = None
    keyword_id: Annotated[_Text | None, Field(examples=["30481986859300054"])] = None
    actor: Annotated[_Text | None, Field(examples=["token/小王"])] = None
    action: Annotated[_Text | None, Field(examples=["approve"])] = None
    since: Annotated[
        AwareDatetime | None, Field(description="Inclusive.", examples=["2026-07-31T00:00:00Z"])
    ] = None
    until: Annotated[
        AwareDatetime | None, Field(description="Exclusive.", examples=["2026-08-01T00:00:00Z"])
    ] = None


class AuditQuery(EventQuery):
    """Which events, and a place in the list."""

    cursor: Annotated[str | None, Field(max_length=LONGEST_CURSOR, examples=["WyI1ZjNh"])] = None
    limit: Annotated[int, Field(ge=1, le=MOST, examples=[DEFAULT_LIMIT])] = DEFAULT_LIMIT


@router.get(
    "",
    operation_id="listAuditEvents",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="What happened, newest first",
    responses=problem_responses("not-found", "bad-cursor", "invalid-request"),
)
def list_audit_events(context: InContext, query: Annotated[AuditQuery, Query()]) -> Page[AuditView]:
    """Who did what, when, through what; also what the platform and other people changed."""
    wanted = query.model_dump(exclude={"cursor", "limit"})
    question = {"list": "audit", **wanted}
    before = decode(question, query.cursor, (int,))
    with context.store.read() as session:
        rows = audit.page(
            session,
            AuditFilter(**wanted),
            before=before[0] if before else None,
            limit=query.limit + 1,
        )
    items = tuple(AuditView.model_validate(row) for row in rows[: query.limit])
    more = len(rows) > query.limit
    return Page(items=items, next_cursor=encode(question, (items[-1].event_id,)) if more else None)


class ExportQuery(EventQuery):
    """Which events, and as what."""

    format: Annotated[Literal["jsonl", "csv"], Field(examples=["jsonl"])] = "jsonl"


@router.get(
    "/export",
    operation_id="exportAuditEvents",
    dependencies=[needs(Role.VIEWER, places.listed)],
    summary="The audit record as JSON Lines or CSV, oldest first",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One event a line, with the hashes of the chain.",
            "content": {
                MEDIA_TYPES["jsonl"]: {"schema": {"type": "string"}, "example": EXAMPLE},
                MEDIA_TYPES["csv"]: {"schema": {"type": "string"}, "example": "event_id,at,…"},
            },
        },
        **problem_responses("not-found", "invalid-request"),
    },
)
def export_audit_events(
    context: InContext, query: Annotated[ExportQuery, Query()]
) -> StreamingResponse:
    """`hash` is the sha256 of `prev_hash`, a line feed and the other members as compact JSON.

    Keys of that JSON are sorted and letters beyond ASCII escaped; the first event follows 64 zeros.
    """
    wanted = AuditFilter(**query.model_dump(exclude={"format"}))
    name = f"audit.{query.format}"
    return StreamingResponse(
        export(context.store, wanted, query.format),
        media_type=MEDIA_TYPES[query.format],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get(
    "/head",
    operation_id="getAuditHead",
    dependencies=[needs(Role.VIEWER, places.anywhere)],
    summary="The last event of the chain: note it down elsewhere",
    responses=problem_responses(),
)
def get_audit_head(context: InContext) -> AuditHeadView:
    """`kaiche audit verify --anchor event_id:hash` compares it with what is stored later."""
    with context.store.read() as session:
        found = audit.head(session) or Head(0, GENESIS)
    return AuditHeadView.model_validate(found)
