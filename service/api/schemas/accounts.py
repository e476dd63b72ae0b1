"""The shapes of accounts and their effective policy. Money is yuan, as the owner writes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas import AccountId, Answer, ProposalId, RunId, Yuan
from service.api.schemas.lines import InputView, TermView


class ScheduleView(Answer):
    """When the night runs, in the account's time zone."""

    cron: Annotated[str, Field(examples=["30 8 * * *"])]
    misfire_hours: Annotated[int, Field(examples=[12])]


class AccountSummary(Answer):
    """An account as lists show it, with its newest night."""

    id: AccountId
    name: Annotated[str, Field(examples=["某某旗舰店"])]
    connector: Annotated[str, Field(description="`reports` or `sandbox`.", examples=["reports"])]
    timezone: Annotated[str, Field(examples=["Asia/Shanghai"])]
    currency: Annotated[str, Field(examples=["CNY"])]
    objective: Annotated[
        str, Field(description="`profit`, `slight_loss` or `clicks`.", examples=["slight_loss"])
    ]
    schedule: ScheduleView
    newest_run_id: RunId | None = None
    newest_run_state: Annotated[str | None, Field(examples=["succeeded"])] = None
    newest_business_date: Annotated[date | None, Field(examples=["2026-07-31"])] = None
    unauthorised_since_at: Annotated[
        datetime | None,
        Field(description="Set while the shop has to be authorised again.", examples=[None]),
    ] = None
    unauthorised_cause: Annotated[str | None, Field(examples=[None])] = None


class BudgetsView(Answer):
    """Caps of spend."""

    daily: Yuan
    monthly: Yuan | None = None
    campaigns: Annotated[
        dict[str, Yuan],
        Field(description="campaign_id → yuan a day.", examples=[{"72281500001": "120.00"}]),
    ]


class AllowanceView(Answer):
    """The slight loss that the owner accepts."""

    amount: Yuan
    window_days: Annotated[int, Field(examples=[30])]
    window_cap: Yuan
    start_date: Annotated[date | None, Field(examples=["2026-07-01"])] = None
    end_date: Annotated[date, Field(examples=["2026-12-31"])]
    confidence: Annotated[float, Field(examples=[0.9])]
    min_marginal_return: Annotated[float, Field(examples=[0.6])]


class GuardrailsView(Answer):
    """Limits of a single plan; they hold for edits too."""

    min_bid: Yuan
    max_bid: Yuan
    max_step_up: Annotated[float, Field(examples=[0.3])]
    max_step_down: Annotated[float, Field(examples=[0.3])]
    max_changed_share: Annotated[float, Field(examples=[0.5])]
    max_spend_rise: Annotated[float, Field(examples=[0.25])]


class AutoApproveView(Answer):
    """Under which conditions the machine approves by itself."""

    enabled: Annotated[bool, Field(examples=[False])]
    max_step: Annotated[float, Field(examples=[0.1])]
    max_lines: Annotated[int, Field(examples=[100])]


class EconomicsEntryView(Answer):
    """One economics entry of the owner, opened; neither adgroup nor item makes it the default."""

    adgroup: Annotated[str | None, Field(examples=["6402210000012"])] = None
    item: Annotated[str | None, Field(examples=[None])] = None
    margin_rate: Annotated[float, Field(examples=[0.32])]
    organic_rate: Annotated[float, Field(examples=[0.0])]
    unit_margin_yuan: Annotated[Yuan | None, Field(examples=["41.91"])] = None
    break_even_net_roas: Annotated[float | None, Field(examples=[2.36])] = None
    break_even_gross_roas: Annotated[float | None, Field(examples=[3.15])] = None
    naive_roas: Annotated[
        float | None,
        Field(description="1 ÷ (1 − goods ÷ price), to compare.", examples=[2.02]),
    ] = None
    loses_at_any_bid: Annotated[bool, Field(examples=[False])]
    inputs: tuple[InputView, ...] = ()
    terms: tuple[TermView, ...] = ()


class PromotionView(Answer):
    """Days that the owner has named as not being usual ones."""

    name: Annotated[str, Field(examples=["双11"])]
    first: Annotated[date, Field(examples=["2026-11-10"])]
    last: Annotated[date, Field(examples=["2026-11-11"])]


class PolicyView(Answer):
    """What the configuration allows, every default filled in."""

    objective: Annotated[str, Field(examples=["slight_loss"])]
    budgets: BudgetsView
    allowance: AllowanceView | None = None
    guardrails: GuardrailsView
    auto_approve: AutoApproveView
    economics: tuple[EconomicsEntryView, ...]
    explore_share: Annotated[float, Field(examples=[0.2])]
    locked_keywords: Annotated[tuple[str, ...], Field(examples=[["30481986859300054"]])]
    history_days: Annotated[int, Field(examples=[60])]
    promotions: tuple[PromotionView, ...] = ()


class LastPolicyView(Answer):
    """What the newest proposal was made under: the ledger has taken its part."""

    proposal_id: ProposalId
    business_date: Annotated[date, Field(examples=["2026-07-31"])]
    record: Annotated[
        dict[str, Any],
        Field(
            description="The optimizer's policy (yuan), the day's budget and the allowance's state "
            "on the ledger (fen).",
            examples=[{"policy": {"daily_budget": 300.0, "max_loss": 80.0}}],
        ),
    ]


class AccountView(AccountSummary):
    """An account with its effective policy."""

    policy: PolicyView
    last: LastPolicyView | None = None
