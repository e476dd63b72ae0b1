"""The loss ledger of an account, the restatements of a day, and break-evens opened."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import Field

from service import books
from service.api import PREFIX, places
from service.api.accounts import entry_view
from service.api.context import InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.places import AccountIdInPath
from service.api.schemas import Demand, Page
from service.api.schemas.ledger import BreakEvenView, ClickPriceView, LedgerView, StatedDayView
from service.api.schemas.lines import PlatformId
from service.break_even import Opened, Question, open_entries
from service.people.roles import Role
from service.store import ledger

router = APIRouter(prefix=f"{PREFIX}/accounts", tags=["ledger"])


class LedgerQuery(Demand):
    """As which night saw it, and how far back."""

    night: Annotated[
        date | None,
        Field(description="The night; the newest if left out.", examples=["2026-07-31"]),
    ] = None
    days: Annotated[
        int | None,
        Field(
            ge=1,
            le=books.LEDGER_DAYS // 2,
            description="Days before the night; the window so far if left out.",
            examples=[30],
        ),
    ] = None


class EconomicsQuery(Demand):
    """Whose economics, and for which clicks."""

    adgroup: Annotated[PlatformId | None, Field(examples=["6402210000012"])] = None
    item: Annotated[PlatformId | None, Field(examples=["item-1"])] = None
    keyword: Annotated[
        PlatformId | None,
        Field(
            description="Its adgroup, and what the newest night held its clicks to be worth.",
            examples=["30481986859300054"],
        ),
    ] = None
    cvr: Annotated[
        float | None, Field(ge=0, le=10, description="Orders ÷ clicks.", examples=[0.031])
    ] = None
    order_value: Annotated[
        float | None, Field(ge=0, le=1e7, description="Gross, yuan.", examples=[99.0])
    ] = None


@router.get(
    "/{account_id}/ledger",
    operation_id="getLedger",
    dependencies=[needs(Role.VIEWER, places.of_account)],
    summary="What may be lost tonight, and every day that it came from",
    responses=problem_responses("not-found", "invalid-request"),
)
def get_ledger(
    account_id: AccountIdInPath, context: InContext, query: Annotated[LedgerQuery, Query()]
) -> LedgerView:
    """Spend, settled and expected contribution, loss so far with its interval, allowance used and left."""
    account = context.account(account_id)
    with context.store.read() as session:
        opened = books.open_at(session, account.id, query.night, query.days)
    return LedgerView.model_validate(opened)


@router.get(
    "/{account_id}/ledger/{day}",
    operation_id="listRestatements",
    dependencies=[needs(Role.VIEWER, places.of_account)],
    summary="One day of the ledger as every night restated it",
    responses=problem_responses("not-found", "invalid-request"),
)
def list_restatements(
    account_id: AccountIdInPath,
    day: Annotated[date, InPath(description="The business day.", examples=["2026-07-30"])],
    context: InContext,
) -> Page[StatedDayView]:
    """Oldest first; a night that found nothing changed is not among them. Always one page."""
    account = context.account(account_id)
    with context.store.read() as session:
        found = ledger.versions(session, account.id, day)
    return Page(items=tuple(StatedDayView.model_validate(row) for row in found))


@router.get(
    "/{account_id}/economics",
    operation_id="listBreakEvens",
    dependencies=[needs(Role.VIEWER, places.of_account)],
    summary="Break-even return on ads and price of a click, opened to their inputs",
    responses=problem_responses("not-found", "invalid-request"),
)
def list_break_evens(
    account_id: AccountIdInPath, context: InContext, query: Annotated[EconomicsQuery, Query()]
) -> Page[BreakEvenView]:
    """The entry that counts for what is named; all entries of the account when nothing is."""
    account = context.account(account_id)
    asked = Question(
        adgroup=query.adgroup,
        item=query.item,
        keyword=query.keyword,
        cvr=query.cvr,
        order_value_yuan=query.order_value,
    )
    with context.store.read() as session:
        found = open_entries(session, account, asked)
    return Page(items=tuple(_view(one) for one in found))


def _view(opened: Opened) -> BreakEvenView:
    click = None if opened.click is None else ClickPriceView.model_validate(opened.click)
    return BreakEvenView(source=opened.source, economics=entry_view(opened.break_even), click=click)
