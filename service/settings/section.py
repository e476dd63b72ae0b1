"""What every block of the configuration is."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A block of the YAML: unknown keys are refused, and the loader refuses silent conversions.

    ``ALONE`` is the key whose value may stand in the block's place.
    """

    ALONE: ClassVar[str | None] = None

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


def refusal(message: str) -> PydanticCustomError:
    """What a validator raises to refuse a value with a sentence of its own."""
    return PydanticCustomError("rule", "{message}", {"message": message})
