"""The shapes of stop orders, words left to people, and alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas import AccountId, Answer, Demand, Fen, Reason


class StopDemand(Demand):
    """Send nothing more; of one account, or of all when none is named."""

    account_id: Annotated[str | None, Field(max_length=64, examples=["shop-1"])] = None
    reason: Reason | None = None


class ResumeDemand(Demand):
    """Lift the stop order of an account, or the one that stops all."""

    account_id: Annotated[str | None, Field(max_length=64, examples=["shop-1"])] = None


class StopView(Answer):
    """A stop in force."""

    scope: Annotated[str, Field(description="An account id, or `*` for all.", examples=["*"])]
    reason: Annotated[str | None, Field(examples=["促销改价中"])] = None
    ordered_by: Annotated[
        str | None, Field(description="Null for a stop by file.", examples=["token/小王"])
    ] = None
    ordered_at: Annotated[datetime | None, Field(examples=["2026-07-31T01:00:00Z"])] = None
    by_file: Annotated[
        bool, Field(description="A file named STOP stands beside the database.", examples=[False])
    ]


class StopsView(Answer):
    """Every stop in force; none means that approved bids may leave."""

    items: tuple[StopView, ...]


class HandsOffView(Answer):
    """A word left to people since somebody changed its bid elsewhere."""

    account_id: AccountId
    keyword_id: Annotated[str, Field(examples=["30481986859300054"])]
    since_at: Annotated[datetime, Field(examples=["2026-07-31T00:30:05Z"])]
    bid_before_fen: Fen | None = None
    bid_fen: Fen


class ReleaseDemand(Demand):
    """Give a word back to the machine; it is planned again from the next night on."""

    account_id: Annotated[str, Field(max_length=64, examples=["shop-1"])]
    keyword_id: Annotated[str, Field(max_length=64, examples=["30481986859300054"])]


class AcknowledgeDemand(Demand):
    """Say that an alert is known; a raise in the YAML needs the reason why it is accepted."""

    reason: Reason | None = None


class AlertView(Answer):
    """Something a person has to know. What was raised counts once its alert is acknowledged.

    ``kind`` is ``budget_raised`` (on the platform) or ``limits_raised`` (in the YAML).
    """

    alert_id: Annotated[int, Field(examples=[7])]
    at: Annotated[datetime, Field(examples=["2026-07-31T00:30:05Z"])]
    account_id: AccountId
    kind: Annotated[str, Field(examples=["budget_raised"])]
    subject: Annotated[
        str, Field(description="The campaign's id, or `limits`.", examples=["72281500001"])
    ]
    before: Annotated[dict[str, Any], Field(examples=[{"daily_budget_fen": 30000}])]
    after: Annotated[dict[str, Any], Field(examples=[{"daily_budget_fen": 45000}])]
    message_zh: Annotated[
        str, Field(examples=["计划「夏季新品」的日预算由 300.00 元变为 450.00 元"])
    ]
    message_en: Annotated[
        str,
        Field(examples=["the daily budget of campaign 夏季新品 rose from 300.00 to 450.00 yuan"]),
    ]
    acknowledged_at: Annotated[datetime | None, Field(examples=[None])] = None
    acknowledged_by: Annotated[str | None, Field(examples=[None])] = None
