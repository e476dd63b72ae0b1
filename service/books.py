"""The ledger's books: every night restates the days of the account, and every version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from connectors.platform import AdgroupRow
from service.errors import NotFoundError
from service.ledger import DayBudget, LedgerEntry, LedgerState, course, from_record
from service.maturing import Reported, restate
from service.settings.models import Account
from service.store import facts, ledger, proposals, runs
from service.store.rows import LedgerDay, ProposalRow

if TYPE_CHECKING:
    import pandas as pd

LEDGER_DAYS = 2 * 92  # two of the longest windows
ENDS_APART = 2 * 1.6448536269514722  # standard deviations between the ends of a 90 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The ledger as a night saw it: what it left for the night, and the days before.

    ``night`` is None while no night has been planned. All of it comes from what is stored, so a
    past night's ledger is the one that it decided on, whatever the configuration says now.
    """

    account_id: str
    night: date | None
    allowance: LedgerState | None
    budget: DayBudget | None
    days: tuple[LedgerEntry, ...]


def keep(
    session: Session,
    account: Account,
    business_date: date,
    adgroups: Sequence[AdgroupRow],
    maturity: pd.DataFrame,
) -> list[LedgerDay]:
    """Restate the days before ``business_date`` and write down those that changed; returns all.

    ``maturity`` is that of the night's estimates: index age, columns share, share_p05, share_p95.
    """
    first, last = business_date - timedelta(days=LEDGER_DAYS), business_date - timedelta(days=1)
    days = restate(
        account,
        business_date,
        adgroups,
        facts.day_totals(session, account.id, first, last),
        facts.adgroup_revenue(session, account.id, first, last),
        _reported(maturity),
    )
    ledger.keep(session, account.id, business_date, days)
    return days


def open_at(
    session: Session, account_id: str, night: date | None = None, days: int | None = None
) -> Opened:
    """The ledger at ``night`` (None = the newest), with the last ``days`` days before it.

    ``days`` None shows the window so far, or the month's days so far where there is no allowance.
    Raises NotFoundError for a night that has no plan.
    """
    plan = _plan(session, account_id, night)
    if plan is None:
        return Opened(account_id=account_id, night=None, allowance=None, budget=None, days=())
    allowance, budget = plan.policy.get("allowance"), plan.policy.get("budget")
    state = from_record(LedgerState, allowance) if allowance else None
    day = plan.business_date
    known = ledger.as_of(
        session,
        account_id,
        day - timedelta(days=LEDGER_DAYS),
        day - timedelta(days=1),
        stated_on=day,
    )
    start = _shown_from(day, state) if days is None else day - timedelta(days=days)
    return Opened(
        account_id=account_id,
        night=day,
        allowance=state,
        budget=from_record(DayBudget, budget) if budget else None,
        days=tuple(entry for entry in course(known, state) if entry.day.date >= start),
    )


def _plan(session: Session, account_id: str, night: date | None) -> ProposalRow | None:
    if night is None:
        found = proposals.page(session, account_id=account_id, kind="night", limit=1)
        return found[0] if found else None
    run = runs.find(session, account_id, night)
    plan = None if run is None else proposals.of_run(session, run.run_id)
    if plan is None:
        raise NotFoundError(f"{account_id} has no plan of {night}; `kaiche runs` lists its nights")
    return plan


def _shown_from(day: date, state: LedgerState | None) -> date:
    if state is not None and state.window_first is not None:
        return state.window_first
    return day.replace(day=1)


def _reported(maturity: pd.DataFrame) -> list[Reported]:
    spread = (maturity["share_p95"] - maturity["share_p05"]) / ENDS_APART
    return [
        Reported(float(share), max(0.0, float(sd)))
        for share, sd in zip(maturity["share"], spread, strict=True)
    ]
