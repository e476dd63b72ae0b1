"""The shapes of proposals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas import AccountId, Answer, ProposalId, RunId
from service.api.schemas.applications import RollbackView


class ProposalSummary(Answer):
    """A persisted plan as lists show it."""

    proposal_id: ProposalId
    run_id: RunId
    kind: Annotated[
        str,
        Field(
            description="`night`, or `rollback`: then `run_id` is the night whose bids it undoes.",
            examples=["night"],
        ),
    ]
    account_id: AccountId
    business_date: Annotated[date, Field(examples=["2026-07-31"])]
    state: Annotated[
        str,
        Field(description="`open`, `blocked`, `superseded` or `expired`.", examples=["open"]),
    ]
    review: Annotated[str, Field(description="PASS, REVIEW or FAIL.", examples=["PASS"])]
    status: Annotated[str, Field(description="The optimizer's word.", examples=["optimal"])]
    created_at: Annotated[datetime, Field(examples=["2026-07-31T00:31:12Z"])]
    expires_at: Annotated[datetime, Field(examples=["2026-08-01T00:30:00Z"])]


class ProposalView(ProposalSummary):
    """A persisted plan in full; its lines are a list of their own.

    The numbers of ``totals`` and ``frontier`` are yuan a day, as the optimizer gave them.
    """

    totals: Annotated[
        dict[str, Any],
        Field(
            description="Expected totals of the plan, yuan a day, each with its interval.",
            examples=[
                {
                    "spend": {"value": 812.4, "p05": 640.1, "p95": 1003.2},
                    "contribution": {"value": 741.9, "p05": 402.7, "p95": 1190.5},
                    "loss": {"value": 70.5, "p05": -302.0, "p95": 98.6},
                    "p_within_loss": {"value": 0.91, "p05": 0.89, "p95": 0.93},
                    "marginal_return": 0.72,
                    "binding": "allowance",
                    "bound": 742.3,
                    "gap": 0.0005,
                }
            ],
        ),
    ]
    frontier: Annotated[
        tuple[dict[str, Any], ...],
        Field(
            description="Spend, contribution and marginal return along the efficient frontier.",
            examples=[[{"spend": 800.0, "contribution": 735.0, "marginal_return": 0.72}]],
        ),
    ]
    policy: Annotated[
        dict[str, Any],
        Field(
            description="What it was made under: the optimizer's policy (yuan), the day's budget "
            "and the allowance's state on the ledger (fen).",
            examples=[
                {
                    "policy": {"objective": "slight_loss", "daily_budget": 300.0, "max_loss": 80.0},
                    "budget": {"tonight_fen": 30000, "limit": "daily"},
                    "allowance": {"tonight_fen": 8000, "used_fen": 22000, "limit": "daily"},
                }
            ],
        ),
    ]
    breaches: Annotated[
        tuple[dict[str, Any], ...],
        Field(
            description="Guardrails that the plan breaks; any of them blocks the proposal.",
            examples=[
                [
                    {
                        "code": "spend_rise",
                        "limit": 0.25,
                        "actual": 0.31,
                        "message_zh": "预计日花费从 812.00 元升到 1063.72 元（+31.0%），超过上限 +25.0%",
                        "message_en": "expected spend a day rises from 812.00 to 1063.72 yuan",
                        "count": 1,
                        "where": [],
                    }
                ]
            ],
        ),
    ]
    content_hash: Annotated[str, Field(examples=["3a7bd3e2360a"])]
    lines_by_state: Annotated[dict[str, int], Field(examples=[{"pending": 120, "held": 174}])]
    lines_by_reason: Annotated[
        dict[str, int], Field(examples=[{"raise_marginal_return": 80, "hold_noise": 174}])
    ]
    rollback: Annotated[
        RollbackView | None,
        Field(description="What it undoes, and the words that it leaves alone.", examples=[None]),
    ] = None
    etag: Annotated[
        str,
        Field(description="What If-Match of an override has to carry.", examples=["3a" * 32]),
    ]
