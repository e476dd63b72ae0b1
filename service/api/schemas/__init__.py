"""The shapes of requests and answers, one file a noun. Rules live elsewhere; these only carry."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")

AccountId = Annotated[str, Field(description="The account's id in the YAML.", examples=["shop-1"])]
RunId = Annotated[str, Field(examples=["0198f2a4-6b1c-7cc0-8a53-0d9f4a3b2c11"])]
ProposalId = Annotated[str, Field(examples=["0198f2a5-0e77-7d31-9f0a-5b6c7d8e9f01"])]
LineId = Annotated[int, Field(ge=1, examples=[1042])]
Yuan = Annotated[
    Decimal,
    AfterValidator(lambda amount: round(amount, 4).normalize() + Decimal("0.00")),
    Field(description="Money in yuan (元), to a hundredth of a fen.", examples=["300.00"]),
]
Fen = Annotated[int, Field(description="Money in fen (分).", examples=[129])]

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"^[^\x00]+$",
        description="Why, in words that the next person understands.",
        examples=["活动前先不动"],
    ),
]


class Answer(BaseModel):
    """Something the server says; built from frozen rows by attribute."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Demand(BaseModel):
    """Something a caller asks for; unknown fields are refused, so that a typing error is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Page(Answer, Generic[T]):
    """A piece of a list. ``next_cursor`` is null on the last page."""

    items: tuple[T, ...]
    next_cursor: Annotated[str | None, Field(examples=["WyI1ZjNhIixbMTJdXQ"])] = None
