"""Accounts of the configuration and the policy that is in force for each."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.orm import Session

from service import economics, standing
from service.api import PREFIX, places
from service.api.context import InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.places import AccountIdInPath
from service.api.schemas import Page
from service.api.schemas.accounts import (
    AccountSummary,
    AccountView,
    EconomicsEntryView,
    LastPolicyView,
    PolicyView,
    ScheduleView,
)
from service.api.schemas.lines import InputView, TermView
from service.economics import BreakEven
from service.people.roles import Role
from service.settings.models import Account
from service.store import account_states, proposals, runs

router = APIRouter(prefix=f"{PREFIX}/accounts", tags=["accounts"])


@router.get(
    "",
    operation_id="listAccounts",
    dependencies=[needs(Role.VIEWER, places.anywhere)],
    summary="Accounts of the configuration",
)
def list_accounts(context: InContext) -> Page[AccountSummary]:
    """All accounts in the order of the YAML, each with its newest night; always one page."""
    with context.store.read() as session:
        items = tuple(_summary(session, account) for account in context.accounts)
    return Page(items=items)


@router.get(
    "/{account_id}",
    operation_id="getAccount",
    dependencies=[needs(Role.VIEWER, places.of_account)],
    summary="One account and its effective policy",
    responses=problem_responses("not-found", "invalid-request"),
)
def get_account(account_id: AccountIdInPath, context: InContext) -> AccountView:
    """Every limit with its default filled in, margins opened to their terms, the ledger's last word.

    A raise of budget or allowance that nobody has acknowledged is not in it; its alert is.
    """
    account = context.account(account_id)
    with context.store.read() as session:
        newest = proposals.page(session, account_id=account.id, kind="night", limit=1)
        summary = _summary(session, account)
        policy = policy_view(standing.in_force(session, account))
    last = (
        LastPolicyView(
            proposal_id=newest[0].proposal_id,
            business_date=newest[0].business_date,
            record=dict(newest[0].policy),
        )
        if newest
        else None
    )
    return AccountView(**summary.model_dump(), policy=policy, last=last)


def _summary(session: Session, account: Account) -> AccountSummary:
    newest = next(iter(runs.page(session, account_id=account.id, limit=1)), None)
    state = account_states.get(session, account.id)
    return AccountSummary(
        id=account.id,
        name=account.name,
        connector=account.connector.kind,
        timezone=account.timezone,
        currency=account.currency,
        objective=account.objective,
        schedule=ScheduleView.model_validate(account.schedule),
        newest_run_id=newest.run_id if newest else None,
        newest_run_state=newest.state if newest else None,
        newest_business_date=newest.business_date if newest else None,
        unauthorised_since_at=state.unauthorised_since_at,
        unauthorised_cause=state.unauthorised_cause,
    )


def policy_view(account: Account) -> PolicyView:
    """What the configuration allows an account."""
    shown = {name: getattr(account, name) for name in PolicyView.model_fields}
    shown["economics"] = tuple(
        entry_view(economics.break_even(entry)) for entry in account.economics
    )
    return PolicyView.model_validate(shown)


def entry_view(opened: BreakEven) -> EconomicsEntryView:
    """One entry of the owner's, opened to its inputs."""
    entry = opened.given
    return EconomicsEntryView(
        adgroup=entry.adgroup,
        item=entry.item,
        margin_rate=opened.margin_rate,
        organic_rate=entry.organic_rate,
        unit_margin_yuan=opened.unit_margin,
        break_even_net_roas=opened.net_roas,
        break_even_gross_roas=opened.gross_roas,
        naive_roas=opened.naive_roas,
        loses_at_any_bid=opened.loses_at_any_bid,
        inputs=tuple(InputView.model_validate(one) for one in opened.inputs),
        terms=tuple(TermView.model_validate(term) for term in opened.terms),
    )
