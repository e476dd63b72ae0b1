"""A month of an account for its owner: as a page to read, and as a workbook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from service.api import PREFIX, places
from service.api.context import Context, InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.places import AccountIdInPath
from service.api.schemas import Demand
from service.people.roles import Role
from service.reading.catalogue import Language
from service.report.page import POLICY
from service.report.publishing import MEDIA_TYPES, Kind, Published, publish, report_of

router = APIRouter(prefix=f"{PREFIX}/accounts/{{account_id}}", tags=["report"])


class ReportQuery(Demand):
    """Which month, in whose language."""

    month: Annotated[
        str | None,
        Field(
            pattern=r"^(19|20|21)\d{2}-(0[1-9]|1[0-2])$",
            description="The month of the newest day that has figures, if left out.",
            examples=["2026-07"],
        ),
    ] = None
    language: Annotated[Language, Field(description="Of the report.", examples=["zh"])] = "zh"


def _answers(kind: Kind, description: str, example: str) -> dict[int | str, dict[str, object]]:
    schema = {"type": "string"} | ({"format": "binary"} if kind == "xlsx" else {})
    content = {MEDIA_TYPES[kind].partition(";")[0]: {"schema": schema, "example": example}}
    return {
        200: {"description": description, "content": content},
        **problem_responses("not-found", "invalid-request"),
    }


@router.get(
    "/report",
    operation_id="getReport",
    dependencies=[needs(Role.VIEWER, places.of_account)],
    summary="A month as one self-contained page",
    response_class=Response,
    responses=_answers("html", "The page.", "<!doctype html>…"),
)
def get_report(
    account_id: AccountIdInPath, context: InContext, query: Annotated[ReportQuery, Query()]
) -> Response:
    """Spend and what it brought, loss against the allowance, forecasts, changes, events; charts inside.

    Nothing on the page asks for anything outside it. A month without data is a page that says so.
    """
    made = _published(context, account_id, query, "html")
    return Response(
        made.content, media_type=made.media_type, headers={"content-security-policy": POLICY}
    )


@router.get(
    "/report.xlsx",
    operation_id="downloadReport",
    dependencies=[needs(Role.VIEWER, places.of_account)],
    summary="A month as a workbook",
    response_class=Response,
    responses=_answers("xlsx", "The workbook.", "…"),
)
def download_report(
    account_id: AccountIdInPath, context: InContext, query: Annotated[ReportQuery, Query()]
) -> Response:
    """Sheets for the month, its days, campaigns, words, batches, forecasts and events."""
    made = _published(context, account_id, query, "xlsx")
    disposition = f'attachment; filename="{made.name}"'
    return Response(
        made.content, media_type=made.media_type, headers={"content-disposition": disposition}
    )


def _published(context: Context, account_id: str, query: ReportQuery, kind: Kind) -> Published:
    account = context.account(account_id)
    with context.store.read() as session:
        report = report_of(session, account, query.month, context.wiring.today(account))
    return publish(report, kind, query.language)
