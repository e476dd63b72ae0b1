"""The configuration as the rest of the service sees it: validated, frozen, in yuan as people write it.

``load`` in ``loader.py`` makes these from YAML; every refusal there names file, line and remedy.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Money = Annotated[Decimal, Field(ge=0, decimal_places=2)]
Fraction = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    """A block of the YAML: unknown keys and silent conversions are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ReportsConnector(Section):
    """Report exports that a person downloads into a folder."""

    kind: Literal["reports"]
    path: Path
    attribution_days: Annotated[int, Field(ge=0, le=30)] = 15


class SandboxConnector(Section):
    """The simulated shop."""

    kind: Literal["sandbox"]
    seed: int = 7
    keywords: Annotated[int, Field(ge=1, le=1_000_000)] = 2_400
    history_days: Annotated[int, Field(ge=1, le=365)] = 30
    state: Path | None = None


class Schedule(Section):
    """When the night runs, as a five-field cron in the account's time zone."""

    cron: str = "30 8 * * *"
    misfire_hours: Annotated[int, Field(ge=1, le=24)] = 12


class Budgets(Section):
    """Caps in yuan. ``campaigns`` maps campaign_id to a daily cap."""

    daily: Money
    monthly: Money | None = None
    campaigns: dict[str, Money] = Field(default_factory=dict)


class Allowance(Section):
    """The slight loss (微亏): stated, dated and bounded, or absent."""

    amount: Money
    window_days: Annotated[int, Field(ge=1, le=92)]
    window_cap: Money
    end_date: date
    start_date: date | None = None
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
    min_marginal_return: Annotated[float, Field(ge=0, le=1)] = 0.6


class Guardrails(Section):
    """Limits of a single plan. Steps and shares are fractions."""

    min_bid: Money = Decimal("0.05")
    max_bid: Money = Decimal("20.00")
    max_step_up: Annotated[float, Field(gt=0, le=10)] = 0.3
    max_step_down: Annotated[float, Field(gt=0, le=1)] = 0.3
    max_changed_share: Fraction = 0.5
    max_spend_rise: Annotated[float, Field(ge=0)] = 0.25


class Economics(Section):
    """What one yuan of revenue leaves: given directly, or computed from goods and refunds.

    ``adgroup`` or ``item`` names what it applies to; neither makes it the account's default.
    """

    adgroup: str | None = None
    item: str | None = None
    margin_rate: Annotated[float, Field(le=1)] | None = None
    price: Money | None = None
    goods: Money | None = None
    fee_rate: Annotated[float, Field(ge=0, lt=1)] | None = None
    freight: Money | None = None
    freight_back: Money | None = None
    refund_rate: Annotated[float, Field(ge=0, lt=1)] | None = None
    damage_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    organic_rate: Annotated[float, Field(ge=0)] = 0.0


class AutoApprove(Section):
    """The owner's rule under which the machine may approve small safe changes; off by default."""

    enabled: bool = False
    max_step: Annotated[float, Field(gt=0, le=1)] = 0.1
    max_lines: Annotated[int, Field(ge=1)] = 100


class Account(Section):
    """One shop account."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    name: str = ""
    connector: ReportsConnector | SandboxConnector = Field(discriminator="kind")
    timezone: str = "Asia/Shanghai"
    currency: Literal["CNY"] = "CNY"
    objective: Literal["profit", "slight_loss", "clicks"] = "slight_loss"
    schedule: Schedule = Schedule()
    history_days: Annotated[int, Field(ge=7, le=365)] = 60
    budgets: Budgets
    allowance: Allowance | None = None
    guardrails: Guardrails = Guardrails()
    economics: tuple[Economics, ...]
    explore_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    auto_approve: AutoApprove = AutoApprove()
    locked_keywords: tuple[str, ...] = ()


class Server(Section):
    """Where REST listens. The token comes from KAICHE_TOKEN; without one only loopback is bound."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8750


class Settings(Section):
    """The whole configuration."""

    accounts: tuple[Account, ...]
    database: str = "sqlite:///var/kaiche.db"
    server: Server = Server()
