"""How good the forecasts were: expected against realised, night by night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.reading.nights import Expected
from service.report.course import Day

PROMISED: Final = 0.9  # share of the realised days that a 90 % interval should hold
NEARLY_IN: Final = 0.95  # share of a day's orders from which on its contribution is judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One figure of one night: what was expected and what came, fen."""

    day: Day
    expected: Expected
    realised_fen: int
    final: bool

    @property
    def within(self) -> bool | None:
        """Whether it fell into the interval; None where there was none, or it may still change."""
        low, high = self.expected.p05, self.expected.p95
        if low is None or high is None or not self.final:
            return None
        return low <= self.realised_fen <= high


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """One figure over the nights. ``bias`` is realised ÷ expected − 1 over the final ones."""

    nights: tuple[Judged, ...]

    @property
    def judged(self) -> int:
        """Nights whose interval can be held against what came."""
        return sum(one.within is not None for one in self.nights)

    @property
    def hits(self) -> int:
        """Of those, the ones that fell within."""
        return sum(one.within is True for one in self.nights)

    @property
    def hit_rate(self) -> float | None:
        """Share of the judged nights that fell within their interval."""
        return self.hits / self.judged if self.judged else None

    @property
    def bias(self) -> float | None:
        """How far all that came lay above (+) or below (−) all that was expected."""
        final = [one for one in self.nights if one.final]
        expected = sum(one.expected.value for one in final)
        return sum(one.realised_fen for one in final) / expected - 1 if expected > 0 else None


def spend_of(days: Sequence[Day]) -> Quality:
    """Spend: known as soon as the day is reported."""
    return Quality(
        nights=tuple(
            Judged(
                day=day,
                expected=day.night.spend_expected,
                realised_fen=day.figures.spend_fen,
                final=True,
            )
            for day in days
            if day.night is not None and day.figures is not None
        )
    )


def contribution_of(days: Sequence[Day]) -> Quality:
    """Contribution with the orders to come; final once nearly all of a day's orders are in."""
    return Quality(
        nights=tuple(
            Judged(
                day=day,
                expected=day.night.contribution_expected,
                realised_fen=day.booked.contribution_fen,
                final=day.booked.reported_share >= NEARLY_IN,
            )
            for day in days
            if day.night is not None and day.booked is not None
        )
    )
