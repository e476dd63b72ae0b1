"""Builds everything once, from the configuration and the environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import optimizer
from connectors.platform import AdPlatform, AdPlatformReader
from connectors.reports import ReportsPlatform
from connectors.sandbox import SandboxPlatform
from service import rollback, stop
from service.applying import ApplyContext
from service.audit import Origin
from service.errors import ConflictError, NotFoundError
from service.nightly import NightContext, NightResult, Progress, run_night, silent
from service.planning import Door
from service.settings.models import Account, ReportsConnector, Settings
from service.store import Store, open_store
from service.store.interventions import RollbackRow

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def platform(account: Account, business_date: date) -> AdPlatformReader:
    """The account's platform as it stands on the morning of ``business_date``.

    Raises ConnectorError when its folder or state file cannot be used.
    """
    wanted = account.connector
    if isinstance(wanted, ReportsConnector):
        return ReportsPlatform(wanted.path, attribution_days=wanted.attribution_days)
    return SandboxPlatform(
        clock=lambda: business_date,
        seed=wanted.seed,
        keywords=wanted.keywords,
        history_days=wanted.history_days,
        state=wanted.state,
    )


def optimizer_door() -> Door:
    """The package ``optimizer`` as the nights see it."""
    return cast("Door", optimizer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What every process stands on. ``night`` can be given to tests with another optimizer."""

    settings: Settings
    store: Store
    clock: Clock
    night: NightContext

    def account(self, account_id: str) -> Account:
        """One account; raises NotFoundError naming those there are."""
        for account in self.settings.accounts:
            if account.id == account_id:
                return account
        known = ", ".join(account.id for account in self.settings.accounts)
        raise NotFoundError(f"there is no account {account_id} in the configuration, only: {known}")

    def today(self, account: Account) -> date:
        """The business date now: the day in the account's time zone."""
        return self.clock().astimezone(ZoneInfo(account.timezone)).date()

    def run_night(
        self,
        account_id: str,
        business_date: date | None,
        asked: Origin,
        progress: Progress = silent,
    ) -> NightResult:
        """Plan a night of an account, today's if no date is given; see ``nightly.run_night``."""
        account = self.account(account_id)
        day = business_date or self.today(account)
        return run_night(self.night, account, day, asked, progress)

    @property
    def applying(self) -> ApplyContext:
        """What the walks over approved lines stand on."""
        limits = self.settings.apply
        return ApplyContext(
            store=self.store,
            platform=self.night.platform,
            clock=self.clock,
            stop_file=stop.stop_file(self.settings),
            approval_life=timedelta(hours=limits.approval_hours),
            reads_apart=timedelta(minutes=limits.reads_apart_minutes),
        )

    def roll_back(self, undoes: str, origin: Origin, reason: str) -> RollbackRow:
        """Propose to undo an application or a batch; see ``rollback.propose``."""
        with self.store.read() as session:
            account = self.account(rollback.account_of(session, undoes))
        found = self.night.platform(account, self.today(account))
        if not isinstance(found, AdPlatform):
            raise ConflictError(
                f"the connector of {account.id} cannot read live bids; undo it on the platform by hand"
            )
        return rollback.propose(
            self.store,
            found.live_bids,
            undoes,
            origin,
            reason,
            business_date=self.today(account),
        )


def wire(settings: Settings, *, clock: Clock = system_clock, migrate: bool = False) -> Wiring:
    """Open the store and connect everything; ``migrate`` brings the tables to the newest version.

    Raises StoreError when the database cannot be used or its tables are of another version.
    """
    store = open_store(settings.database)
    if migrate:
        store.migrate()
    store.ready()
    night = NightContext(store=store, door=cast("Door", optimizer), platform=platform, clock=clock)
    return Wiring(settings=settings, store=store, clock=clock, night=night)
