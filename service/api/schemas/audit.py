"""The shape of an audit event."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas import AccountId, Answer, LineId, ProposalId, RunId


class AuditView(Answer):
    """What happened; appended once, never changed. Nulls are what it does not concern."""

    event_id: Annotated[int, Field(examples=[90210])]
    at: Annotated[datetime, Field(examples=["2026-07-31T01:02:03Z"])]
    actor: Annotated[
        str,
        Field(
            description="Who: `kaiche` is the machine; `token/…` and `loopback/…` came by REST.",
            examples=["token/小王"],
        ),
    ]
    source: Annotated[
        str, Field(description="`cli`, `rest`, `schedule` or `pull`.", examples=["rest"])
    ]
    action: Annotated[str, Field(examples=["approve"])]
    account_id: AccountId | None = None
    run_id: RunId | None = None
    proposal_id: ProposalId | None = None
    line_id: LineId | None = None
    keyword_id: Annotated[str | None, Field(examples=["30481986859300054"])] = None
    before: Annotated[
        dict[str, Any] | None, Field(description="What was.", examples=[{"state": "pending"}])
    ] = None
    after: Annotated[
        dict[str, Any] | None,
        Field(description="What is.", examples=[{"state": "approved", "bid_fen": 129}]),
    ] = None
    reason: Annotated[str | None, Field(examples=[None])] = None
    request_id: Annotated[str | None, Field(examples=["5f0c3a6d1c5b4a0f9a3b1d2e3f405162"])] = None


class AuditHeadView(Answer):
    """The last event of the chain and its hash."""

    event_id: Annotated[int, Field(examples=[90210])]
    hash: Annotated[str, Field(examples=["9f" * 32])]
