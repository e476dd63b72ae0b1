"""The shapes of the loss ledger and of break-evens. Money of the ledger is fen."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from service.api.schemas import AccountId, Answer, Fen, LineId
from service.api.schemas.accounts import EconomicsEntryView

_Day = Annotated[dt.date, Field(examples=["2026-07-31"])]


class IntervalView(Answer):
    """A figure with its 90 % interval; the ends meet where everything is settled."""

    fen: Annotated[int, Field(examples=[4120])]
    p05_fen: Annotated[int, Field(examples=[1810])]
    p95_fen: Annotated[int, Field(examples=[6430])]


class AllowanceState(Answer):
    """What the allowance left for the night, and every figure it came from.

    Losses are net; a profit is negative, and is never lent out.
    """

    day: _Day
    start_date: Annotated[dt.date | None, Field(examples=["2026-07-01"])] = None
    end_date: Annotated[dt.date, Field(examples=["2026-12-31"])]
    amount_fen: Fen
    window_days: Annotated[int, Field(examples=[30])]
    window_cap_fen: Fen
    window_first: Annotated[dt.date | None, Field(examples=["2026-07-01"])] = None
    window_last: Annotated[dt.date | None, Field(examples=["2026-07-30"])] = None
    days_left: Annotated[int, Field(description="The night's day included.", examples=[12])]
    days_known: Annotated[int, Field(examples=[18])]
    window_loss_fen: Fen
    row_loss_fen: Annotated[
        int, Field(description="Of the `window_days` − 1 days before, fen.", examples=[41200])
    ]
    used_fen: Fen
    left_fen: Fen
    tonight_fen: Fen
    limit: Annotated[
        str,
        Field(
            description="What set it: `amount`, `window`, `days_in_a_row`, `not_started`, `ended`.",
            examples=["window"],
        ),
    ]


class BudgetState(Answer):
    """What the budgets left for the night."""

    day: _Day
    daily_fen: Fen
    monthly_fen: Annotated[int | None, Field(examples=[600000])] = None
    spent_this_month_fen: Fen
    left_this_month_fen: Annotated[int | None, Field(examples=[410000])] = None
    days_left: Annotated[int, Field(examples=[12])]
    tonight_fen: Fen
    limit: Annotated[str, Field(description="`daily` or `monthly`.", examples=["daily"])]


class StatedDayView(Answer):
    """A business day as a night stated it.

    ``contribution_fen`` is expected once all orders are in: ``settled_fen`` of orders reported and
    ``waiting_fen`` still to come.
    """

    date: _Day
    stated_on: Annotated[dt.date, Field(description="The night.", examples=["2026-08-01"])]
    spend_fen: Fen
    clicks: Annotated[int, Field(examples=[812])]
    settled_fen: Fen
    waiting_fen: Fen
    contribution_fen: Fen
    loss_fen: Annotated[int, Field(description="Spend − contribution.", examples=[4120])]
    reported_share: Annotated[
        float, Field(description="Share of the orders that is in; 1 = settled.", examples=[0.89])
    ]


class LedgerEntryView(Answer):
    """One day of the ledger, with the window's sum up to it."""

    day: StatedDayView
    since: Annotated[
        dt.date, Field(description="First day that `loss_so_far` counts.", examples=["2026-07-01"])
    ]
    contribution: IntervalView
    loss: IntervalView
    loss_so_far: IntervalView
    used_fen: Annotated[
        int | None, Field(description="Of the cap; null outside its dates.", examples=[41200])
    ] = None
    left_fen: Annotated[int | None, Field(examples=[108800])] = None


class LedgerView(Answer):
    """The ledger as a night saw it. Without any night yet, everything is null or empty."""

    account_id: AccountId
    night: Annotated[dt.date | None, Field(examples=["2026-07-31"])] = None
    allowance: AllowanceState | None = None
    budget: BudgetState | None = None
    days: tuple[LedgerEntryView, ...]


class ClickPriceView(Answer):
    """The break-even price of a click: cvr × order value × (margin + organic rate)."""

    cvr: Annotated[float, Field(examples=[0.031])]
    order_value_yuan: Annotated[float, Field(description="Gross.", examples=[99.0])]
    line_id: Annotated[
        LineId | None,
        Field(
            description="The line that says what the word's clicks are worth; null: as you asked.",
            examples=[1042],
        ),
    ] = None
    cpc_yuan: Annotated[float, Field(examples=[0.97])]


class BreakEvenView(Answer):
    """One entry of the economics that counts, opened to what the owner wrote."""

    source: Annotated[str, Field(description="`adgroup`, `item` or `default`.", examples=["item"])]
    economics: EconomicsEntryView
    click: ClickPriceView | None = None
