"""The configuration as the rest of the service sees it: validated, frozen, in yuan as people write it.

``load`` in ``loader.py`` makes these from YAML; every refusal there names file, line and remedy.
A rule between two fields is told at the field that has to be mended.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)

from service.settings import cron, places
from service.settings.connectors import ReportsConnector, SandboxConnector, TaobaoConnector
from service.settings.database import Database
from service.settings.leaving import Apply, Leaving
from service.settings.margins import Economics
from service.settings.notify import Notify, Telling
from service.settings.promotions import Promotion
from service.settings.retention import Retention
from service.settings.section import (
    Money,
    PlatformId,
    Refusal,
    Section,
    refusal,
    refuse_all,
)
from service.settings.server import Server
from service.settings.sign_in import Oidc

Bid = Annotated[Decimal, Field(ge=Decimal("0.05"), le=Decimal("99.99"), decimal_places=2)]
Fraction = Annotated[float, Field(gt=0, le=1)]
ACCOUNT_ID = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class Schedule(Section):
    """When the night runs, as a five-field cron in the account's time zone."""

    cron: str = "30 8 * * *"
    misfire_hours: Annotated[int, Field(ge=1, le=24)] = 12

    @field_validator("cron")
    @classmethod
    def _can_be_read(cls, line: str) -> str:
        wrong = cron.complaint(line)
        if wrong is not None:
            raise refusal(f"{line!r} {wrong}")
        return line


class Budgets(Section):
    """Caps in yuan. ``campaigns`` maps campaign_id to a daily cap."""

    daily: Money = Field(description="the most that a day may cost, yuan", examples=["300.00"])
    monthly: Money | None = None
    campaigns: dict[PlatformId, Money] = Field(default_factory=dict)

    @field_validator("monthly")
    @classmethod
    def _month_holds_a_day(cls, monthly: Decimal | None, info: ValidationInfo) -> Decimal | None:
        daily = info.data.get("daily")
        if monthly is not None and daily is not None and monthly < daily:
            raise refusal(
                f"{monthly} is less than budgets.daily ({daily}); write at least the daily budget, "
                "or remove monthly for no monthly cap"
            )
        return monthly

    @field_validator("campaigns")
    @classmethod
    def _campaigns_fit(
        cls, campaigns: dict[str, Decimal], info: ValidationInfo
    ) -> dict[str, Decimal]:
        daily = info.data.get("daily", Decimal("Infinity"))
        refuse_all(
            "campaigns",
            [
                (
                    (campaign,),
                    f"{cap} is above the account's daily budget ({daily}); write at most {daily}, "
                    "or raise budgets.daily",
                )
                for campaign, cap in campaigns.items()
                if cap > daily
            ],
        )
        return campaigns


class Allowance(Section):
    """The slight loss (微亏): stated, dated and bounded, or absent.

    ``amount`` is the most a day may lose, ``window_cap`` what ``window_days`` days may lose
    together, and after ``end_date`` nothing may be lost.
    """

    amount: Money = Field(description="the loss that a day may bring, yuan", examples=["100.00"])
    window_days: Annotated[int, Field(ge=1, le=92)] = Field(
        description="the length of the window in days", examples=["30"]
    )
    window_cap: Money = Field(
        description="the loss that a whole window may bring, yuan", examples=["1500.00"]
    )
    start_date: date | None = None
    end_date: date = Field(
        description="the last day on which a loss is accepted", examples=["2027-12-31"]
    )
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
    min_marginal_return: Annotated[float, Field(ge=0, le=1)] = 0.6

    @field_validator("window_cap")
    @classmethod
    def _window_holds_a_day(cls, cap: Decimal, info: ValidationInfo) -> Decimal:
        amount = info.data.get("amount")
        if amount is not None and cap < amount:
            raise refusal(
                f"{cap} is less than allowance.amount ({amount}), so no day could ever use it; "
                f"write at least {amount}, or lower amount"
            )
        return cap

    @field_validator("end_date")
    @classmethod
    def _ends_after_start(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start_date")
        if start is not None and end < start:
            raise refusal(f"{end} is before start_date ({start}); write a day on or after it")
        return end


class Guardrails(Section):
    """Limits of a single plan. Steps and shares are fractions."""

    min_bid: Bid = Decimal("0.05")
    max_bid: Bid = Decimal("20.00")
    max_step_up: Annotated[float, Field(gt=0, le=10)] = 0.3
    max_step_down: Annotated[float, Field(gt=0, le=1)] = 0.3
    max_changed_share: Fraction = 0.5
    max_spend_rise: Annotated[float, Field(ge=0, le=100)] = 0.25

    @field_validator("max_bid")
    @classmethod
    def _range_is_not_empty(cls, high: Decimal, info: ValidationInfo) -> Decimal:
        low = info.data.get("min_bid")
        if low is not None and high < low:
            raise refusal(f"{high} is below min_bid ({low}); write at least {low}")
        return high


class AutoApprove(Section):
    """The owner's rule under which the machine may approve small safe changes; off by default."""

    enabled: bool = False
    max_step: Annotated[float, Field(gt=0, le=1)] = 0.1
    max_lines: Annotated[int, Field(ge=1)] = 100


class Account(Section):
    """One shop account."""

    id: Annotated[str, Field(pattern=ACCOUNT_ID)] = Field(
        description="a short name of the account, used in commands and addresses",
        examples=["my-shop"],
    )
    name: str = ""
    connector: ReportsConnector | SandboxConnector | TaobaoConnector = Field(
        discriminator="kind",
        description="where the figures come from",
        examples=["{kind: reports, path: reports/my-shop}"],
    )
    timezone: str = "Asia/Shanghai"
    currency: Literal["CNY"] = "CNY"
    objective: Literal["profit", "slight_loss", "clicks"] = "slight_loss"
    schedule: Schedule = Schedule()
    apply: Leaving = Leaving()
    notify: Telling = Telling()
    history_days: Annotated[int, Field(ge=7, le=365)] = 60
    budgets: Budgets = Field(description="the caps", examples=["{daily: 300.00}"])
    allowance: Allowance | None = Field(default=None, validate_default=True)
    guardrails: Guardrails = Guardrails()
    economics: tuple[Economics, ...] = Field(
        description="what a yuan of revenue leaves", examples=["[{margin_rate: 0.35}]"]
    )
    explore_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    auto_approve: AutoApprove = AutoApprove()
    locked_keywords: tuple[PlatformId, ...] = ()
    promotions: tuple[Promotion, ...] = ()

    def promotion_on(self, day: date) -> Promotion | None:
        """The promotion that ``day`` belongs to; the first named, where there are two."""
        return next((one for one in self.promotions if one.holds(day)), None)

    def named_days(self, business_date: date) -> tuple[date, ...]:
        """The days of promotions among those that a night looks at, and itself, oldest first."""
        ages = range(self.history_days, -1, -1)
        days = (business_date - timedelta(days=age) for age in ages)
        return tuple(day for day in days if self.promotion_on(day) is not None)

    @field_validator("apply")
    @classmethod
    def _can_be_written_to(cls, leaving: Leaving, info: ValidationInfo) -> Leaving:
        connector = info.data.get("connector")
        if leaving.by == "schedule" and isinstance(connector, ReportsConnector):
            raise refusal(
                "is by: schedule, but report exports cannot be written to; write by: hand and upload "
                "the sheet, or a connector of kind taobao"
            )
        return leaving

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        wrong = places.timezone_complaint(name)
        if wrong is not None:
            raise refusal(wrong)
        return name

    @field_validator("allowance")
    @classmethod
    def _loss_is_bounded(
        cls, allowance: Allowance | None, info: ValidationInfo
    ) -> Allowance | None:
        objective = info.data.get("objective")
        if allowance is None and objective in ("slight_loss", "clicks"):
            raise refusal(
                f"is missing, and objective {objective} accepts a loss only within one; write "
                "allowance with amount, window_days, window_cap and end_date, or objective: profit"
            )
        return allowance

    @field_validator("economics")
    @classmethod
    def _every_adgroup_has_one(cls, entries: tuple[Economics, ...]) -> tuple[Economics, ...]:
        seen: set[tuple[str | None, str | None]] = set()
        wrong: list[Refusal] = []
        for index, entry in enumerate(entries):
            key = (entry.adgroup, entry.item)
            if key in seen:
                named = f"adgroup {entry.adgroup}" if entry.adgroup else f"item {entry.item}"
                wrong.append(((index,), _second(None if key == (None, None) else named)))
            seen.add(key)
        if (None, None) not in seen:
            wrong.append(
                (
                    (),
                    "has no default entry for adgroups that are not named; add one without adgroup "
                    "and item, for example - margin_rate: 0.35",
                )
            )
        refuse_all("economics", wrong)
        return entries


def _second(named: str | None) -> str:
    if named is None:
        return "is a second default; keep one entry without adgroup and item, name the others"
    return f"is a second entry for {named}; keep one"


class Settings(Section):
    """The whole configuration."""

    notify: Notify = Notify()
    accounts: Annotated[tuple[Account, ...], Field(min_length=1)] = Field(
        description="the shop accounts", examples=["see config/kaiche.yaml"]
    )
    database: Database = Database()
    server: Server = Server()
    oidc: Oidc | None = None
    apply: Apply = Apply()
    retention: Retention = Retention()

    @field_validator("oidc")
    @classmethod
    def _browsers_find_back(cls, oidc: Oidc | None, info: ValidationInfo) -> Oidc | None:
        server = info.data.get("server")
        if oidc is not None and server is not None and server.public_url is None:
            raise refusal(
                "sends browsers away and needs the address they come back to; write "
                "server.public_url, such as https://bids.example.cn"
            )
        return oidc

    @field_validator("accounts")
    @classmethod
    def _ids_differ(
        cls, accounts: tuple[Account, ...], info: ValidationInfo
    ) -> tuple[Account, ...]:
        ids = [account.id for account in accounts]
        refuse_all(
            "accounts",
            [
                ((index, "notify", "channels", place), message)
                for index, account in enumerate(accounts)
                for place, message in account.notify.strangers(info.data.get("notify"))
            ]
            + [
                (
                    (index, "id"),
                    f"{name} is taken by accounts[{ids.index(name)}]; every account needs its own",
                )
                for index, name in enumerate(ids)
                if ids.index(name) != index
            ],
        )
        return accounts

    @field_validator("database")
    @classmethod
    def _database_is_an_address(cls, database: Database) -> Database:
        wrong = places.database_complaint(database.address)
        refuse_all("database", [(("address",), wrong)] if wrong else [])
        return database
