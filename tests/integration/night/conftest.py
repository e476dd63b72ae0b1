"""A sandbox shop whose clock the tests move, planned with the real optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

import optimizer
from connectors.platform import AdPlatformReader, Page, Reject, Roster
from connectors.sandbox import SandboxPlatform
from service.audit import Origin
from service.nightly import NightContext, NightResult, run_night
from service.settings.models import Account
from service.store import Store

DAY = date(2026, 3, 2)
REAL = SimpleNamespace(
    estimate=optimizer.estimate, propose=optimizer.propose, Policy=optimizer.Policy
)


@dataclass
class Shop:
    """A sandbox shop whose clock the test moves, with what the test wants changed in its figures."""

    today: date = DAY
    platform: SandboxPlatform = field(init=False)
    last_day: date | None = None
    rejects: tuple[Reject, ...] = ()
    pulls: list[tuple[date, date]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.platform = SandboxPlatform(clock=lambda: self.today, keywords=60, history_days=14)

    name = "shop"

    @property
    def attribution_days(self) -> int:
        return self.platform.attribution_days

    def roster(self) -> Roster:
        return self.platform.roster()

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        self.pulls.append((first, last))
        yield Page(rows=(), rejects=self.rejects)
        yield from self.platform.keyword_days(first, min(last, self.last_day or last))


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def account() -> Account:
    return Account.model_validate(
        {
            "id": "shop",
            "connector": {"kind": "sandbox"},
            "budgets": {"daily": "2000"},
            "economics": [{"margin_rate": 0.4}],
            "objective": "profit",
            "history_days": 14,
            "guardrails": {"max_changed_share": 1.0, "max_spend_rise": 10},
        }
    )


Plan = Callable[..., NightResult]


@pytest.fixture
def plan(store: Store, shop: Shop, account: Account) -> Plan:
    """Plans a night of the shop."""

    def run(day: date = DAY, account: Account = account, **context: Any) -> NightResult:
        shop.today = day
        night = context_of(store, shop, day, **context)
        asked = Origin(at=night.clock(), actor="tester", source="cli")
        return run_night(night, account, day, asked)

    return run


def context_of(store: Store, shop: Shop, day: date, **changes: Any) -> NightContext:
    def platform(_account: Account, _day: date) -> AdPlatformReader:
        return shop

    values: dict[str, Any] = {
        "store": store,
        "door": REAL,
        "platform": platform,
        "clock": lambda: datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC),
    }
    return NightContext(**{**values, **changes})


@pytest.fixture
def context(store: Store, shop: Shop) -> NightContext:
    """What a night of the shop needs."""
    return context_of(store, shop, DAY)


@pytest.fixture
def real() -> SimpleNamespace:
    """The optimizer's door."""
    return REAL
