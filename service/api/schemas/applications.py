"""The shapes of applications, batches and rollbacks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas import AccountId, Answer, Demand, Fen, LineId, ProposalId, Reason

ApplicationId = Annotated[str, Field(examples=["0198f2a6-11aa-7e02-8d3b-0c1d2e3f4051"])]
BatchId = Annotated[str, Field(examples=["0198f2a6-2b7c-7f10-9a4c-1d2e3f405162"])]


class ApplyDemand(Demand):
    """Send what is approved. There is nothing to choose: lines that wait stay where they are."""


class RollbackDemand(Demand):
    """Undo an application or a batch: not without saying why."""

    reason: Reason


class BatchSummary(Answer):
    """Up to 200 bids that are set in one call."""

    batch_id: BatchId
    number: Annotated[int, Field(description="Its place in the application.", examples=[1])]
    state: Annotated[
        str,
        Field(
            description="`prepared`, `dispatching`, `unknown` (two reads will decide), `done` or "
            "`released` (nothing left).",
            examples=["done"],
        ),
    ]
    cause: Annotated[str | None, Field(examples=[None])] = None
    created_at: Annotated[datetime, Field(examples=["2026-07-31T01:10:00Z"])]
    dispatched_at: Annotated[datetime | None, Field(examples=["2026-07-31T01:10:01Z"])] = None
    finished_at: Annotated[datetime | None, Field(examples=["2026-07-31T01:10:03Z"])] = None


class ApplicationSummary(Answer):
    """One walk over the approved lines of an account."""

    application_id: ApplicationId
    account_id: AccountId
    business_date: Annotated[date, Field(examples=["2026-07-31"])]
    state: Annotated[
        str,
        Field(description="`queued`, `running`, `done`, `halted` or `failed`.", examples=["done"]),
    ]
    halt: Annotated[
        str | None,
        Field(
            description="What held it up: `stopped`, `quota`, `busy`, `authorisation`, `refused`, "
            "`ending` (the service was being stopped).",
            examples=[None],
        ),
    ] = None
    cause: Annotated[str | None, Field(description="The same in words.", examples=[None])] = None
    actor: Annotated[str, Field(examples=["token/小王"])]
    source: Annotated[str, Field(examples=["rest"])]
    counts: Annotated[
        dict[str, Any],
        Field(
            description="Lines by outcome, `waiting` ones by reason, and `still_approved`.",
            examples=[
                {"applied": 118, "conflict": 2, "batches": 1, "waiting": {}, "still_approved": 0}
            ],
        ),
    ]
    created_at: Annotated[datetime, Field(examples=["2026-07-31T01:10:00Z"])]
    finished_at: Annotated[datetime | None, Field(examples=["2026-07-31T01:10:04Z"])] = None


class ApplicationView(ApplicationSummary):
    """An application with its batches."""

    batches: tuple[BatchSummary, ...]


class BatchLineView(Answer):
    """One bid of a batch, and what was found of it on the platform."""

    line_id: LineId
    keyword_id: Annotated[str, Field(examples=["30481986859300054"])]
    bid_before_fen: Fen
    bid_fen: Fen
    outcome: Annotated[
        str,
        Field(
            description="`intended`, `sent`, `unknown`, `applied`, `failed`, `conflict`, `released`.",
            examples=["applied"],
        ),
    ]
    found_fen: Annotated[
        int | None, Field(description="The live bid that settled it.", examples=[129])
    ] = None
    settled_at: Annotated[datetime | None, Field(examples=["2026-07-31T01:10:03Z"])] = None


class BatchView(BatchSummary):
    """A batch with its lines."""

    application_id: ApplicationId
    account_id: AccountId
    business_date: Annotated[date, Field(examples=["2026-07-31"])]
    lines: tuple[BatchLineView, ...]


class LeftView(Answer):
    """A word that a rollback leaves alone, with both numbers."""

    line_id: LineId
    keyword_id: Annotated[str, Field(examples=["30481986859300054"])]
    word: Annotated[str, Field(examples=["孕妇打底裤"])]
    why: Annotated[
        str,
        Field(
            description="`edited`, `gone`, `unknown`, `rolled_back` or `being_rolled_back`.",
            examples=["edited"],
        ),
    ]
    bid_before_fen: Fen
    set_fen: Fen
    found_fen: Annotated[int | None, Field(examples=[140])] = None


class RollbackView(Answer):
    """A proposal that restores what a batch has changed; it has to be approved like any other."""

    proposal_id: ProposalId
    account_id: AccountId
    undoes: Annotated[str, Field(examples=["0198f2a6-11aa-7e02-8d3b-0c1d2e3f4051"])]
    lines: Annotated[int, Field(description="Words to restore.", examples=[480])]
    left: tuple[LeftView, ...]
    created_at: Annotated[datetime, Field(examples=["2026-07-31T02:00:00Z"])]
