"""The shapes of runs: one night of one account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas import AccountId, Answer, Demand, ProposalId, RunId
from service.nightly import STEPS


class RunSummary(Answer):
    """A night as lists show it."""

    run_id: RunId
    account_id: AccountId
    business_date: Annotated[date, Field(examples=["2026-07-31"])]
    state: Annotated[
        str, Field(description="`running`, `succeeded` or `failed`.", examples=["succeeded"])
    ]
    step: Annotated[str, Field(description="The step reached last.", examples=["save"])]
    trigger: Annotated[str, Field(description="`schedule`, `cli` or `rest`.", examples=["rest"])]
    attempt: Annotated[int, Field(examples=[1])]
    started_at: Annotated[datetime, Field(examples=["2026-07-31T00:30:00Z"])]
    finished_at: Annotated[datetime | None, Field(examples=["2026-07-31T00:31:12Z"])] = None
    cause: Annotated[
        str | None,
        Field(description="Why it failed, for a specialist; null unless it did.", examples=[None]),
    ] = None


class Progress(Answer):
    """How far a night has come."""

    step: Annotated[str, Field(examples=["estimate"])]
    number: Annotated[int, Field(description="Steps reached, from 1.", examples=[6])]
    of: Annotated[int, Field(description="Steps in all.", examples=[10])]
    steps: Annotated[tuple[str, ...], Field(examples=[list(STEPS)])]


class RunView(RunSummary):
    """A night in full."""

    progress: Progress
    proposal_id: ProposalId | None = None
    review: Annotated[
        tuple[dict[str, Any], ...],
        Field(
            description="Checks of the model against the data: name, verdict (PASS, REVIEW or "
            "FAIL), the number, its limit, a sentence in English (`detail`), and, for a client that words "
            "it in another language, the kind of `finding` and the `figures` in it.",
            examples=[
                [
                    {
                        "name": "recent_level",
                        "verdict": "PASS",
                        "value": 0.94,
                        "limit": 1.27,
                        "detail": "380 clicks in the newest days where the model expects 404",
                        "finding": "newest_clicks",
                        "figures": {"seen": 380.0, "expected": 404.2},
                    }
                ]
            ],
        ),
    ]
    counts: Annotated[
        dict[str, Any],
        Field(
            description="What was pulled, rejected and proposed.",
            examples=[
                {
                    "keywords": 294,
                    "pulled": 8820,
                    "rejects": 3,
                    "lines": 294,
                    "moved": 92,
                    "reasons": {"raise_marginal_return": 40, "hold_noise": 202},
                }
            ],
        ),
    ]
    seed: Annotated[int, Field(examples=[7])]
    cutoff_at: Annotated[
        datetime | None,
        Field(description="What was known until then fed it.", examples=["2026-07-31T00:30:08Z"]),
    ] = None
    inputs_hash: Annotated[str | None, Field(examples=["3a7bd3e2360a"])] = None
    config_hash: Annotated[str | None, Field(examples=["9c56cc51b374"])] = None
    code_version: Annotated[str | None, Field(examples=["0.1.0"])] = None


class RunDemand(Demand):
    """Start the night of an account."""

    account_id: AccountId
    business_date: Annotated[
        date | None,
        Field(
            description="The night's business date; today in the account's time zone when absent.",
            examples=["2026-07-31"],
        ),
    ] = None


class RejectView(Answer):
    """A piece of the source that was not taken, in words a specialist understands."""

    reject_id: Annotated[int, Field(examples=[17])]
    source: Annotated[str, Field(examples=["关键词报表_20260731.csv"])]
    row: Annotated[
        int | None, Field(description="As a spreadsheet counts; null: whole file.", examples=[412])
    ]
    column: Annotated[str | None, Field(examples=["词ID/词包ID"])]
    value: Annotated[str | None, Field(examples=["3.04E+11"])]
    reason: Annotated[
        str, Field(examples=["词ID 被表格软件改成了科学计数，已无法还原；请以文本格式重新导出"])
    ]
