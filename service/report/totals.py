"""The sums of some days: what was spent, what it brought so far, and what it will have brought.

Return on ads (投产比) is turnover ÷ spend. Gross turnover is what the platform reports; net turnover
is what is left of it after refunds, known only where the owner has stated a refund rate. The
break-even is the turnover that a yuan of spend needs: turnover ÷ the contribution that this same
turnover left, at the margins of what was sold. A return above it earns, below it loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.ledger import Interval, together
from service.report.record import Span, Worth
from service.store.months import AdgroupSums
from service.store.rows import StatedDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """Return on ads after refunds of the adgroups whose refund rate is stated.

    ``share`` is their share of all turnover; ``roas`` and ``break_even`` are None without spend, and
    where no return breaks even.
    """

    share: float
    roas: float | None
    break_even: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of ``days`` days, money in fen.

    ``contribution`` and ``loss`` (negative = profit) count the orders that are still to come, with
    their 90 % interval; they are of the ``booked`` days, which are all but those that no night has
    restated yet. ``settled_fen`` is the contribution of the orders that are in.
    """

    first: date
    last: date
    days: int
    booked: int
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int
    booked_spend_fen: int
    booked_revenue_fen: int
    contribution: Interval
    loss: Interval
    settled_fen: int
    net: Net

    @property
    def waiting_fen(self) -> int:
        """Contribution of orders that are still to come."""
        return self.contribution.fen - self.settled_fen

    @property
    def settled(self) -> bool:
        """Whether all orders are in, so that nothing of it will change."""
        ends = (self.contribution.p05_fen, self.contribution.p95_fen)
        return self.booked == self.days and set(ends) == {self.contribution.fen}

    @property
    def roas(self) -> float | None:
        """Gross return on ads of the orders that are in."""
        return self.revenue_fen / self.spend_fen if self.spend_fen else None

    @property
    def break_even(self) -> float | None:
        """The gross return on ads at which nothing is earned or lost."""
        earned = self.settled_fen
        return self.booked_revenue_fen / earned if earned > 0 else None

    @property
    def roas_in_the_end(self) -> tuple[float, float, float] | None:
        """The gross return once all orders are in: value, and the ends of its 90 % interval."""
        if self.break_even is None or not self.booked_spend_fen:
            return None
        a_fen = self.break_even / self.booked_spend_fen
        ends = (self.contribution.fen, self.contribution.p05_fen, self.contribution.p95_fen)
        value, low, high = (max(0.0, fen * a_fen) for fen in ends)
        return value, low, high

    @property
    def left_of_a_yuan(self) -> float | None:
        """Contribution per yuan spent, orders to come included; 1 breaks even."""
        return self.contribution.fen / self.booked_spend_fen if self.booked_spend_fen else None

    def a_day(self, fen: float) -> float | None:
        """A sum of these days as their mean."""
        return fen / self.days if self.days else None


def totals_of(span: Span, worth: Mapping[str, Worth]) -> Totals | None:
    """The sums of a span; None when nothing is known of any day."""
    if not span.days and not span.booked:
        return None
    on_ledger = {day.date for day in span.booked}
    dates = {day.date for day in span.days} | on_ledger
    spend = sum(day.spend_fen for day in span.booked)
    contribution = sum(day.contribution_fen for day in span.booked)
    return Totals(
        first=min(dates),
        last=max(dates),
        days=len(dates),
        booked=len(on_ledger),
        impressions=sum(day.impressions for day in span.days),
        clicks=sum(day.clicks for day in span.days),
        spend_fen=_spend(span),
        orders=sum(day.orders for day in span.days),
        revenue_fen=sum(day.revenue_fen for day in span.days),
        booked_spend_fen=spend,
        booked_revenue_fen=sum(day.revenue_fen for day in span.days if day.date in on_ledger),
        contribution=together(contribution, span.booked),
        loss=together(spend - contribution, span.booked),
        settled_fen=sum(day.settled_fen for day in span.booked),
        net=net_of(span.adgroups, worth),
    )


def net_of(adgroups: Sequence[AdgroupSums], worth: Mapping[str, Worth]) -> Net:
    """Spend and turnover of what has a refund rate, held against its own break-even."""
    everything = sum(row.revenue_fen for row in adgroups)
    known = [
        (row, of, 1 - of.refund_rate)
        for row in adgroups
        if (of := worth[row.adgroup_id]).refund_rate is not None
    ]
    revenue = sum(row.revenue_fen for row, _, _ in known)
    kept = sum(row.revenue_fen * share for row, _, share in known)
    earned = sum(row.revenue_fen * of.rate for row, of, _ in known)
    spend = sum(row.spend_fen for row, _, _ in known)
    return Net(
        share=revenue / everything if everything else 0.0,
        roas=kept / spend if spend else None,
        break_even=kept / earned if earned > 0 else None,
    )


def earned_fen(rows: Iterable[tuple[str, int]], worth: Mapping[str, Worth]) -> int:
    """Contribution of (adgroup_id, turnover in fen) whose orders are in, rounded once."""
    return round(sum(worth[adgroup].rate * fen for adgroup, fen in rows))


def settled_loss(days: Iterable[StatedDay]) -> int:
    """spend − contribution of the orders that are in: the loss if no further order came."""
    return sum(day.spend_fen - day.settled_fen for day in days)


def _spend(span: Span) -> int:
    """As reported; the ledger keeps it where the report has been let go."""
    reported = {day.date: day.spend_fen for day in span.days}
    return sum(({day.date: day.spend_fen for day in span.booked} | reported).values())
