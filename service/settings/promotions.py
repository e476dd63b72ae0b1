"""Days that the owner names: what the optimizer is told of the calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from service.settings.section import Section, refusal

LONGEST_PROMOTION: Final = 31  # days


class Promotion(Section):
    """Days on which people search and buy otherwise than usual: 618, 双11, a sale of the shop's own."""

    name: Annotated[str, Field(min_length=1, max_length=40)] = Field(
        description="what people call it", examples=["双11"]
    )
    first: date = Field(description="its first day", examples=["2027-11-10"])
    last: date = Field(description="its last day", examples=["2027-11-11"])

    @field_validator("last")
    @classmethod
    def _ends_soon_after_its_start(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first")
        if first is not None and last < first:
            raise refusal(f"{last} is before first ({first}); write a day on or after it")
        days = 1 if first is None else (last - first).days + 1
        if days > LONGEST_PROMOTION:
            raise refusal(
                f"{last} makes it {days} days long, and a promotion is told by how it differs from "
                f"usual days; name its waves one by one, each of at most {LONGEST_PROMOTION} days"
            )
        return last

    def holds(self, day: date) -> bool:
        """Whether ``day`` is one of its days."""
        return self.first <= day <= self.last
