"""How an account's approved bids leave: by hand, or by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from service.settings import cron
from service.settings.section import Section, refusal

OFTEN: Final = "*/10 * * * *"


class Leaving(Section):
    """``hand``: somebody applies what is approved. ``schedule``: it leaves at the times of ``cron``.

    ``cron`` has five fields in the account's time zone; None = every ten minutes.
    """

    by: Literal["hand", "schedule"] = "hand"
    cron: str | None = None

    @property
    def line(self) -> str:
        """The crontab line in force."""
        return self.cron or OFTEN

    @field_validator("cron")
    @classmethod
    def _can_be_followed(cls, line: str | None, info: ValidationInfo) -> str | None:
        if line is None:
            return None
        wrong = cron.complaint(line)
        if wrong is not None:
            raise refusal(f"{line!r} {wrong}")
        if info.data.get("by") == "hand":
            raise refusal(
                "stands beside by: hand, which has no times; write by: schedule, or remove it"
            )
        return line


class Apply(Section):
    """How approved bids leave for the platform."""

    approval_hours: Annotated[int, Field(ge=1, le=168)] = 48
    reads_apart_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    stop_file: Path | None = None
