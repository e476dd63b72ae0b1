"""Rows for the grid of lines, a piece at a time while it is scrolled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from service.api import etags, places
from service.api.context import InContext, up_to_date
from service.api.needs import needs
from service.api.schemas.lines import LineQuery, Sort
from service.api.sheets import download
from service.approval import Action, allowed
from service.console import PREFIX
from service.console.texts import Texts
from service.console.visitor import visitor_of
from service.people.roles import Role
from service.sheets import exchange
from service.sheets.exchange import Kind
from service.store import lines, proposals, roster
from service.store.rows import LineRow

MOST_ROWS = 1_000
router = APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=[Depends(up_to_date)])


class GridQuery(LineQuery):
    """A filter, an order, and the places ``start`` to ``end`` (exclusive) of the list."""

    sort: Sort = "-spend_change"
    start: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    end: Annotated[int, Field(ge=1, le=10_000_000)] = 100

    @property
    def limit(self) -> int:
        """How many rows that is; never more than ``MOST_ROWS``, none where the places are turned."""
        return min(max(self.end - self.start, 0), MOST_ROWS)


@router.get(
    "/{account_id}/proposals/{proposal_id}/rows",
    dependencies=[needs(Role.VIEWER, places.of_proposal)],
)
def rows(
    account_id: str,
    proposal_id: str,
    request: Request,
    context: InContext,
    query: Annotated[GridQuery, Query()],
) -> dict[str, Any]:
    """Lines of one proposal as the grid shows them, and how many there are in all."""
    visitor = visitor_of(context, request)
    account = visitor.account(account_id)
    wanted = query.of(proposal_id)
    with context.store.read() as session:
        proposals.of_account(session, proposal_id, account.id)
        found = lines.window(
            session,
            wanted,
            sort=cast("lines.Sort", query.sort.removeprefix("-")),
            descending=query.sort.startswith("-"),
            start=query.start,
            limit=query.limit,
        )
        total = lines.totals(session, wanted).lines
        names = roster.names(session, account.id, {line.campaign_id for line in found})
    decides = visitor.may(Role.SPECIALIST, account.id)
    shown = [row(line, visitor.texts, names, decides=decides) for line in found]
    return {"rows": shown, "total": total}


class SheetQuery(LineQuery):
    """Which lines, and as what."""

    format: Annotated[Kind, Field()] = "xlsx"


@router.get(
    "/{account_id}/proposals/{proposal_id}/sheet",
    dependencies=[needs(Role.VIEWER, places.of_proposal)],
)
def lines_sheet(
    account_id: str,
    proposal_id: str,
    request: Request,
    context: InContext,
    query: Annotated[SheetQuery, Query()],
) -> Response:
    """The filtered lines as a file, in the reader's language."""
    visitor = visitor_of(context, request)
    account = visitor.account(account_id)
    with context.store.read() as session:
        proposals.of_account(session, proposal_id, account.id)
        wanted = query.of(proposal_id)
        leaving = exchange.export(session, wanted, query.format, visitor.texts.language)
    return download(leaving)


def row(
    line: LineRow, texts: Texts, names: Mapping[str, str], *, decides: bool = True
) -> dict[str, Any]:
    """One line as the grid's columns; money in yuan, as people edit it who ``decides``."""
    return {
        "id": line.line_id,
        "etag": etags.line_tag(line),
        "word": line.word,
        "campaign": names.get(line.campaign_id) or line.campaign_id,
        "reason": texts.of("reason", line.reason),
        "binding": texts.of("binding", line.binding) if line.binding else "",
        "state_text": texts.of("state", line.state),
        "bid_before": _yuan(line.bid_before_fen),
        "bid": _yuan(line.bid_fen),
        "change": line.change_rate,
        "editable": decides
        and Action.EDIT in allowed(line.state)
        and line.bid_before_fen is not None,
        "spend_before": line.spend_before_fen / 100,
        "spend_after": line.spend_after_fen / 100,
        "spend_change": (line.spend_after_fen - line.spend_before_fen) / 100,
        "contribution_change": (line.contribution_after_fen - line.contribution_before_fen) / 100,
        "risk": texts.of("risk_short", line.risk),
        "risk_told": texts.of("risk", line.risk),
        "at_stake": _yuan(line.at_stake_fen),
        "note": line.note or "",
    }


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100
