"""What each day's orders will have brought once all of them are in, restated every night.

Orders are credited to the day of the click and arrive for weeks. A day's contribution is what has
been reported, plus what is still to come at the account's own rate per click (Bornhuetter and
Ferguson 1972, with the rate of Bühlmann and Stanard, "Cape Cod", newer days counting more as in
Gluck 1997):

    contribution = reported + (1 − m) · clicks · rate,    rate = Σ w · reported / Σ w · m · clicks

m is the share of orders reported at the day's age. Unlike reported ÷ m, this neither holds a young
day without an order for worthless nor multiplies one lucky order.

Uncertainty. What is to come varies with the square root of its clicks (over-dispersed, England and
Verrall 2002; the dispersion is the days' own, at least that of Poisson orders of the mean value):
``own_sd_fen``, independent between days. The rate and the shares m are the same for all days:
``shared_sd_fen``, which adds up. A day past the attribution window is settled: both are 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor, hypot, sqrt

from connectors.platform import AdgroupRow
from service.economics import margins
from service.settings.models import Account
from service.store.rows import DayTotals, LedgerDay

HALF_LIFE = 14.0  # days until a day counts half for the rate


@dataclass(frozen=True, slots=True)
class Reported:
    """The share of a day's orders that is reported at some age, with its standard deviation."""

    share: float
    sd: float = 0.0


@dataclass(frozen=True, slots=True)
class _Day:
    """A day with what it has brought so far, fen."""

    totals: DayTotals
    age: int
    earned: float
    reported: Reported

    @property
    def exposure(self) -> float:
        """Clicks whose orders are in."""
        return self.totals.clicks * self.reported.share


@dataclass(frozen=True, slots=True)
class _Rate:
    """Contribution per click, fen: mean, sd of the mean, dispersion (variance per click)."""

    mean: float
    sd: float
    dispersion: float


def restate(
    account: Account,
    business_date: date,
    adgroups: Sequence[AdgroupRow],
    days: Iterable[DayTotals],
    revenue: Iterable[tuple[date, str, int]],
    maturity: Sequence[Reported],
) -> list[LedgerDay]:
    """The ledger's days before ``business_date`` as that night knows them, in the order of ``days``.

    ``revenue`` holds (date, adgroup_id, fen of gross revenue reported); ``maturity[age]`` the share
    of orders reported at that age, everything past its end being settled. Amounts are rounded
    against spending: contribution down, standard deviations up.
    """
    earned = _earned(account, adgroups, revenue)
    known = [
        _Day(
            totals=day,
            age=(business_date - day.date).days,
            earned=earned.get(day.date, 0.0),
            reported=_at((business_date - day.date).days, maturity),
        )
        for day in days
        if day.date < business_date
    ]
    rate = _rate(known)
    return [_row(day, rate) for day in known]


def _earned(
    account: Account, adgroups: Sequence[AdgroupRow], revenue: Iterable[tuple[date, str, int]]
) -> dict[date, float]:
    """date → contribution of the revenue reported, fen; natural traffic's share included."""
    revenue = list(revenue)
    named = {row.adgroup_id: row for row in adgroups}
    seen = sorted({adgroup for _, adgroup, _ in revenue})
    rows = [named.get(i) or AdgroupRow(adgroup_id=i, campaign_id="", name="") for i in seen]
    rate = margins(account, rows)
    earned: dict[date, float] = {}
    for day, adgroup, fen in revenue:
        of_adgroup = rate[adgroup].margin_rate + rate[adgroup].organic_rate
        earned[day] = earned.get(day, 0.0) + of_adgroup * fen
    return earned


def _at(age: int, maturity: Sequence[Reported]) -> Reported:
    return maturity[age] if 0 <= age < len(maturity) else Reported(1.0)


def _rate(days: Sequence[_Day]) -> _Rate:
    seen = [(0.5 ** (day.age / HALF_LIFE), day) for day in days if day.exposure > 0]
    exposure = sum(weight * day.exposure for weight, day in seen)
    if exposure <= 0:
        return _Rate(0.0, 0.0, 0.0)
    mean = sum(weight * day.earned for weight, day in seen) / exposure
    dispersion = max(_of_orders(seen, mean), _between_days(seen, mean))
    squared = sum(weight**2 * day.exposure for weight, day in seen)
    return _Rate(mean, sqrt(dispersion * squared) / exposure, dispersion)


def _of_orders(seen: Sequence[tuple[float, _Day]], mean: float) -> float:
    """Variance per click if orders were Poisson and all brought the same."""
    orders = sum(weight * day.totals.orders for weight, day in seen)
    exposure = sum(weight * day.exposure for weight, day in seen)
    return mean**2 * exposure / orders if orders > 0 else 0.0


def _between_days(seen: Sequence[tuple[float, _Day]], mean: float) -> float:
    """Variance per click seen between the days; 0 while there is only one to speak of."""
    weights = [weight for weight, _ in seen]
    effective = sum(weights) ** 2 / sum(weight**2 for weight in weights)
    if effective < 2:
        return 0.0
    squares = sum(
        weight * (day.earned - day.exposure * mean) ** 2 / day.exposure for weight, day in seen
    )
    return squares / sum(weights) * effective / (effective - 1)


def _row(day: _Day, rate: _Rate) -> LedgerDay:
    clicks, share = day.totals.clicks, day.reported.share
    open_clicks = (1.0 - share) * clicks
    shared = hypot(open_clicks * rate.sd, clicks * rate.mean * day.reported.sd)
    contribution = _floor(day.earned + open_clicks * rate.mean)
    return LedgerDay(
        date=day.totals.date,
        spend_fen=day.totals.spend_fen,
        clicks=clicks,
        contribution_fen=contribution,
        waiting_fen=contribution - _floor(day.earned),
        reported_share=share,
        own_sd_fen=-_floor(-sqrt(open_clicks * rate.dispersion)),
        shared_sd_fen=-_floor(-shared),
    )


def _floor(fen: float) -> int:
    """Rounded down, but not for an error of the arithmetic: 0.1 + 0.2 is 0.3."""
    return floor(round(fen, 6))
