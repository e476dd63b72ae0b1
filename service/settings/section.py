"""What every block of the configuration is."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Money = Annotated[Decimal, Field(ge=0, le=Decimal("999999999.99"), decimal_places=2)]
PLATFORM_ID = r"^[A-Za-z0-9_-]{1,64}$"
PlatformId = Annotated[str, Field(pattern=PLATFORM_ID)]
Refusal = tuple[tuple[int | str, ...], str]  # the place below the block, the sentence


class Section(BaseModel):
    """A block of the YAML: unknown keys are refused, and the loader refuses silent conversions.

    ``ALONE`` is the key whose value may stand in the block's place.
    """

    ALONE: ClassVar[str | None] = None

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


def refusal(message: str) -> PydanticCustomError:
    """What a validator raises to refuse a value with a sentence of its own."""
    return PydanticCustomError("rule", "{message}", {"message": message})


def refuse_all(title: str, refusals: list[Refusal], *, also: ValidationError | None = None) -> None:
    """Raise one ValidationError with every refusal, and those of ``also``; none = nothing raised."""
    if not refusals:
        return
    details = [
        InitErrorDetails(type=refusal(message), loc=place, input=None)
        for place, message in refusals
    ]
    for wrong in also.errors() if also else ():
        details.append(
            InitErrorDetails(
                type=wrong["type"], loc=wrong["loc"], input=wrong["input"], ctx=wrong.get("ctx", {})
            )
        )
    raise ValidationError.from_exception_data(title, details)
