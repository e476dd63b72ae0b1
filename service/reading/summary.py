"""A proposal summed up: what it spends and brings, why, and its largest changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from sqlalchemy.orm import Session

from service.store import lines, proposals
from service.store.lines import LineFilter, LineTotals
from service.store.rows import LineRow, ProposalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A proposal with the sums over its lines. ``changed`` sums only words whose bid changes."""

    proposal: ProposalRow
    everything: LineTotals
    changed: LineTotals
    reasons: Mapping[str, int]
    states: Mapping[str, int]

    @property
    def loss_fen(self) -> float | None:
        """Expected loss (spend − contribution) a day, fen."""
        loss = figure(self.proposal.totals.get("loss"))
        return None if loss is None else loss * 100

    @property
    def allowed_fen(self) -> float | None:
        """The loss that tonight's plan may expect a day, fen; None without such a limit."""
        allowed = self.proposal.policy.get("policy", {}).get("max_loss")
        return None if allowed is None else float(allowed) * 100

    @property
    def last_yuan(self) -> float | None:
        """Contribution of the last yuan that the plan spends; None when it spends nothing."""
        stated = figure(self.proposal.totals.get("marginal_return"))
        return _slope(self.proposal) if stated is None else stated

    @property
    def within_loss(self) -> float | None:
        """Probability that the realised day keeps the allowance."""
        return figure(self.proposal.totals.get("p_within_loss"))

    def values(self) -> dict[str, Any]:
        """Everything for machines; money of lines in fen, of ``totals`` in yuan as REST gives it."""
        row = asdict(self.proposal)
        return row | {
            "lines_by_reason": dict(self.reasons),
            "lines_by_state": dict(self.states),
            "sums": asdict(self.everything),
            "sums_changed": asdict(self.changed),
        }


def figure(value: object) -> float | None:
    """A number, or the expected one of a number with its interval; None where nothing was drawn."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return float(value) if isinstance(value, int | float) and isfinite(value) else None


def _slope(proposal: ProposalRow) -> float | None:
    """The efficient frontier's marginal return at the plan's spend."""
    spend = figure(proposal.totals.get("spend"))
    points = [point for point in proposal.frontier if figure(point.get("spend")) is not None]
    if not spend or not points:
        return None
    nearest = min(points, key=lambda point: abs(float(point["spend"]) - spend))
    return figure(nearest.get("marginal_return"))


def summary_of(session: Session, proposal: ProposalRow) -> Summary:
    """Read what the page shows."""
    whole = LineFilter(proposal_id=proposal.proposal_id)
    changed = LineFilter(proposal_id=proposal.proposal_id, changed=True)
    return Summary(
        proposal=proposal,
        everything=lines.totals(session, whole),
        changed=lines.totals(session, changed),
        reasons=proposals.line_reasons(session, proposal.proposal_id),
        states=proposals.line_states(session, proposal.proposal_id),
    )


def largest_changes(session: Session, proposal_id: str, count: int) -> list[LineRow]:
    """The ``count`` lines whose expected spend changes most, up or down, largest first."""
    wanted = LineFilter(proposal_id=proposal_id, changed=True)
    found = {
        line.line_id: line
        for descending in (True, False)
        for line in lines.page(
            session, wanted, sort="spend_change", descending=descending, limit=count
        ).rows
    }
    by_size = sorted(found.values(), key=lambda line: (-abs(_spend_change(line)), line.line_id))
    return by_size[:count]


def _spend_change(line: LineRow) -> int:
    return line.spend_after_fen - line.spend_before_fen
