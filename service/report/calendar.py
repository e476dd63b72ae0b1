"""Months of the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from service.errors import InputError

WRITTEN: Final = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month, by year and number (1 = January)."""

    year: int
    number: int

    @classmethod
    def of(cls, text: str) -> Self:
        """The month written as 2026-10; raises InputError for anything else."""
        found = WRITTEN.fullmatch(text)
        if found is None or not (1 <= int(found[2]) <= 12 and 1900 <= int(found[1]) <= 9998):
            raise InputError(f"{text!r} is no month; write it as 2026-10")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def holding(cls, day: date) -> Self:
        """The month that a day lies in."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.number, self.length)

    @property
    def length(self) -> int:
        """How many days it has."""
        return monthrange(self.year, self.number)[1]

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month.holding(self.first - timedelta(days=1))

    @property
    def after(self) -> Month:
        """The month after it."""
        return Month.holding(self.last + timedelta(days=1))

    def __str__(self) -> str:
        """As it is written: 2026-10."""
        return f"{self.year:04d}-{self.number:02d}"
