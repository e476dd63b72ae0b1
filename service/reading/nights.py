"""Nights held against what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.approval import State
from service.reading.summary import figure
from service.store import facts, ledger, lines, proposals
from service.store.lines import LineFilter, LineTotals
from service.store.rows import ProposalRow

SENT = ("applied", "rolled_back")
MOVING = tuple(state for state in State if state is not State.HELD)  # words that stay are held


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A figure of a day that a plan expected, fen, with its 90 % interval where it had one."""

    value: float
    p05: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NightOutcome:
    """One night: what it expected of the bids that were sent, and what the day brought so far.

    ``contribution_fen`` is the ledger's: what the day's orders will have brought once all are in,
    ``waiting_fen`` the part of it still to come.
    """

    date: date
    proposal_id: str
    changed: int
    sent: int
    spend_expected: Expected
    contribution_expected: Expected
    spend_fen: int | None
    clicks: int | None
    orders: int | None
    revenue_fen: int | None
    contribution_fen: int | None
    waiting_fen: int | None

    @property
    def spend_within(self) -> bool | None:
        """Whether the day's spend fell into the interval; None where either is not known."""
        low, high = self.spend_expected.p05, self.spend_expected.p95
        if self.spend_fen is None or low is None or high is None:
            return None
        return low <= self.spend_fen <= high


def nights(session: Session, account_id: str, limit: int = 30) -> list[NightOutcome]:
    """The newest nights with a proposal, newest first."""
    rows = proposals.page(session, account_id=account_id, kind="night", limit=limit)
    return outcomes(session, account_id, rows)


def outcomes(session: Session, account_id: str, rows: Sequence[ProposalRow]) -> list[NightOutcome]:
    """These nights' plans held against their days, in the order given: newest first."""
    if not rows:
        return []
    first, last = rows[-1].business_date, rows[0].business_date
    days = {day.date: day for day in facts.day_totals(session, account_id, first, last)}
    booked = {day.date: day for day in ledger.as_of(session, account_id, first, last)}
    found = []
    for row in rows:
        day, known = days.get(row.business_date), booked.get(row.business_date)
        sent = lines.totals(session, LineFilter(proposal_id=row.proposal_id, states=SENT))
        whole = LineFilter(proposal_id=row.proposal_id, states=MOVING, changed=True)
        found.append(
            NightOutcome(
                date=row.business_date,
                proposal_id=row.proposal_id,
                changed=lines.totals(session, whole).lines,
                sent=sent.lines,
                spend_expected=_expected(row, "spend", sent),
                contribution_expected=_expected(row, "contribution", sent),
                spend_fen=day.spend_fen if day else None,
                clicks=day.clicks if day else None,
                orders=day.orders if day else None,
                revenue_fen=day.revenue_fen if day else None,
                contribution_fen=known.contribution_fen if known else None,
                waiting_fen=known.waiting_fen if known else None,
            )
        )
    return found


def _expected(row: ProposalRow, name: str, sent: LineTotals) -> Expected:
    """What the plan expected of the bids as they were after the sent lines alone.

    The interval is that of the plan, or of the bids before when nothing was sent, moved to the value.
    """
    moved = (
        sent.spend_after_fen - sent.spend_before_fen
        if name == "spend"
        else sent.contribution_after_fen - sent.contribution_before_fen
    )
    value = (figure(row.totals.get(f"{name}_before")) or 0.0) * 100 + moved
    source = row.totals.get(name if sent.lines else f"{name}_before")
    centre = figure(source)
    if not isinstance(source, Mapping) or centre is None:
        return Expected(value=value)
    low, high = source.get("p05"), source.get("p95")
    if low is None or high is None:
        return Expected(value=value)
    return Expected(
        value=value,
        p05=max(0.0, value + (low - centre) * 100),
        p95=value + (high - centre) * 100,
    )
