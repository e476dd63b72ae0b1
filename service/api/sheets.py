"""Lines as a file for a spreadsheet, and the file that comes back: its difference first, then the import."""

from __future__ import annotations

from typing import Annotated, NoReturn

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from service.api import PREFIX, etags, places
from service.api.context import ByWhom, Context, InContext
from service.api.etags import IfMatch
from service.api.idempotency import DoOnce
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.places import ProposalIdInPath
from service.api.problems import RefusalError
from service.api.proposals import ETAG_HEADER
from service.api.schemas.lines import LineQuery
from service.api.schemas.sheets import (
    DifferenceView,
    ImportDemand,
    ImportView,
    RefusedView,
    WishView,
)
from service.people.roles import Role
from service.settings.models import Guardrails
from service.sheets import exchange
from service.sheets.difference import Difference
from service.sheets.exchange import MEDIA_TYPES, Kind, Leaving
from service.sheets.words import Language
from service.store import proposals

router = APIRouter(prefix=f"{PREFIX}/proposals/{{proposal_id}}/lines", tags=["lines"])


class SheetQuery(LineQuery):
    """Which lines, as what, in whose language."""

    format: Annotated[Kind, Field(examples=["xlsx"])] = "xlsx"
    language: Annotated[Language, Field(description="Of the header.", examples=["zh"])] = "zh"


@router.get(
    "/export",
    operation_id="exportLines",
    dependencies=[needs(Role.VIEWER, places.of_proposal)],
    summary="Lines of a filter as XLSX or CSV, to edit in a spreadsheet",
    response_class=Response,
    responses={
        200: {
            "description": "The sheet.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}, "example": "…"}
                for kind in MEDIA_TYPES.values()
            },
        },
        **problem_responses("not-found", "invalid-request"),
    },
)
def export_lines(
    proposal_id: ProposalIdInPath, context: InContext, query: Annotated[SheetQuery, Query()]
) -> Response:
    """Ids are text and locked; bid, decision and note can be written; the version comes along."""
    with context.store.read() as session:
        leaving = exchange.export(session, query.of(proposal_id), query.format, query.language)
    return download(leaving)


def download(leaving: Leaving) -> Response:
    """A sheet as an answer that a browser saves."""
    disposition = f'attachment; filename="{leaving.name}"'
    return Response(
        leaving.content,
        media_type=leaving.media_type,
        headers={"content-disposition": disposition},
    )


@router.post(
    "/import/preview",
    operation_id="previewImport",
    dependencies=[needs(Role.SPECIALIST, places.of_proposal)],
    summary="What an edited sheet would change; nothing is changed",
    responses={200: {"headers": ETAG_HEADER}, **problem_responses("not-found", "invalid-request")},
)
def preview_import(
    proposal_id: ProposalIdInPath,
    demand: ImportDemand,
    context: InContext,
    origin: ByWhom,
    response: Response,
) -> DifferenceView:
    """Every other bid and decision, and every refused cell by its name."""
    with context.store.read() as session:
        guardrails = _guardrails(session, context, proposal_id)
        found = exchange.preview(session, proposal_id, demand.file, guardrails, origin.actor)
    response.headers["etag"] = etags.quoted(found.hash)
    return difference_view(found)


@router.post(
    "/import",
    operation_id="importLines",
    dependencies=[needs(Role.SPECIALIST, places.of_proposal)],
    summary="Do what an edited sheet says, as it was previewed",
    response_model=ImportView,
    responses=problem_responses(
        "not-found",
        "conflict",
        "second-person-needed",
        "changed-since-shown",
        "invalid-request",
        "idempotency-key-reused",
        "precondition-required",
    ),
)
def import_lines(
    proposal_id: ProposalIdInPath,
    demand: ImportDemand,
    once: DoOnce,
    origin: ByWhom,
    context: InContext,
    if_match: IfMatch = None,
) -> JSONResponse:
    """`If-Match` is the `etag` of the preview: of another file, or once a line of it has changed, it is
    another one, and nothing is done. Refused rows stay as they are.
    """
    shown = etags.required(if_match)

    def work(session: Session) -> ImportView:
        guardrails = _guardrails(session, context, proposal_id)
        done = exchange.carry_out(
            session, proposal_id, demand.file, guardrails, origin, shown, stale
        )
        return ImportView.model_validate(done)

    return once(demand, work)


def stale(now: Difference) -> NoReturn:
    """Refuse a confirmation of what is not there any more."""
    raise RefusalError(
        "changed-since-shown",
        "The file or its lines are not what was previewed any more. Nothing was changed; preview "
        "the file again and decide on what it says now.",
        zh="预览之后文件或明细有变化, 本次没有改动任何内容。请重新预览后再确认。",
        headers={"etag": etags.quoted(now.hash)},
        extra={"changed": len(now.wishes), "changes": [], "etag": now.hash},
    )


def difference_view(found: Difference) -> DifferenceView:
    """A difference as it is answered."""
    return DifferenceView(
        proposal_id=found.proposal_id,
        edited=len(found.edited),
        approved=len(found.approved),
        rejected=len(found.rejected),
        unchanged=found.unchanged,
        approved_spend_change_fen=sum(wish.spend_change_fen for wish in found.approved),
        wishes=tuple(WishView.model_validate(wish) for wish in found.wishes),
        refused=tuple(
            RefusedView(
                sheet=one.sheet,
                cell=one.cell,
                value=one.value,
                code=one.code,
                detail=one.why("en"),
                zh=one.why("zh"),
            )
            for one in found.refused
        ),
        etag=found.hash,
    )


def _guardrails(session: Session, context: Context, proposal_id: str) -> Guardrails:
    return context.account(proposals.get(session, proposal_id).account_id).guardrails
