"""How long figures are kept; without it all of them are kept for ever."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.settings.section import Section


class Retention(Section):
    """Days after which ``kaiche compact`` may drop figures; None = never.

    ``versions_days``: of a day's restatements only the newest is kept, so nights before cannot be
    repeated any more. ``facts_days``: the day's figures by word go too; the ledger keeps its days.
    The audit record, proposals and their lines are never dropped.
    """

    versions_days: Annotated[int, Field(ge=60)] | None = None
    facts_days: Annotated[int, Field(ge=200)] | None = None
