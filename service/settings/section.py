"""What every block of the configuration is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A block of the YAML: unknown keys are refused, and the loader refuses silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
