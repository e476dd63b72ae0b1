"""Builds everything once, from the configuration and the environment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import optimizer
from connectors.platform import AdPlatform
from service import rollback, stop
from service.applying import ApplyContext
from service.audit import Origin
from service.errors import ConflictError, NotFoundError
from service.night import NightContext, Progress, silent
from service.nightly import NightResult, run_night
from service.notify.channels import Channels
from service.notify.telling import TellContext
from service.people.provider import Provider
from service.planning import Door
from service.platforms import NO_SECRETS, Platforms
from service.settings.models import Account, Settings
from service.settings.platform_secrets import PlatformSecrets
from service.settings.secrets import OIDC_SECRET
from service.simulated import SimulatedShops
from service.store import Store, moments, open_store
from service.store.interventions import RollbackRow

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def optimizer_door() -> Door:
    """The package ``optimizer`` as the nights see it."""
    return cast("Door", optimizer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What every process stands on. ``night`` can be given to tests with another optimizer.

    Once ``ending`` is set, nights and walks under way end at their next safe point.
    """

    settings: Settings
    store: Store
    clock: Clock
    night: NightContext
    platforms: Platforms | None = None
    provider: Provider | None = None
    secrets: PlatformSecrets = NO_SECRETS
    ending: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """End every connection, to platforms, the log-in provider and the database."""
        if self.provider is not None:
            self.provider.close()
        if self.platforms is not None:
            self.platforms.close()
        self.store.close()

    def account(self, account_id: str) -> Account:
        """One account; raises NotFoundError naming those there are."""
        for account in self.settings.accounts:
            if account.id == account_id:
                return account
        known = ", ".join(account.id for account in self.settings.accounts)
        raise NotFoundError.of("account_unknown", account=account_id, known=known)

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
        """What a walk over approved lines stands on; each time another holder of leases."""
        limits = self.settings.apply
        return ApplyContext(
            store=self.store,
            platform=self.night.platform,
            clock=self.clock,
            stop_file=stop.stop_file(self.settings),
            approval_life=timedelta(hours=limits.approval_hours),
            reads_apart=timedelta(minutes=limits.reads_apart_minutes),
            asked_to_end=self.ending.is_set,
            lease_clock=self.night.lease_clock,
        )

    @property
    def telling(self) -> TellContext:
        """What telling people stands on."""
        return TellContext(
            store=self.store,
            settings=self.settings,
            sender=Channels(notify=self.settings.notify, secrets=self.secrets, clock=self.clock),
            clock=self.clock,
            stop_file=stop.stop_file(self.settings),
        )

    def look_back(self, undoes: str) -> tuple[rollback.Looked, date]:
        """What an application or a batch has set and what stands there now; the account's day.

        Raises NotFoundError, ConflictError when there is nothing to undo or the connector cannot
        read live bids, ConnectorError.
        """
        with self.store.read() as session:
            account = self.account(rollback.account_of(session, undoes))
        day = self.today(account)
        found = self.night.platform(account, day)
        if not isinstance(found, AdPlatform):
            raise ConflictError.of("no_live_bids", account=account.id)
        return rollback.look(self.store, found.live_bids, undoes), day

    def roll_back(self, undoes: str, origin: Origin, reason: str) -> RollbackRow:
        """Propose to undo an application or a batch; see ``rollback.propose``."""
        looked, day = self.look_back(undoes)
        with self.store.begin() as session:
            return rollback.propose(session, looked, origin, reason, day)


def wire(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    sleep: Callable[[float], None] = time.sleep,
    migrate: bool = False,
    secrets: PlatformSecrets = NO_SECRETS,
    simulated: SimulatedShops | None = None,
) -> Wiring:
    """Open the store and connect everything; ``migrate`` brings the tables to the newest version.

    Leases run out by the database's clock, unless ``clock`` is not the system's.
    ``simulated`` serves the accounts whose shops are simulated, by ``clock`` unless it is given.

    Raises StoreError when the database cannot be used or its tables are of another version.
    """
    store = open_store(settings.database)
    if migrate:
        store.migrate()
    store.ready()
    platforms = Platforms(
        store,
        secrets,
        simulated or SimulatedShops(settings.accounts, clock),
        clock=clock,
        sleep=sleep,
    )
    ending = threading.Event()
    night = NightContext(
        store=store,
        door=cast("Door", optimizer),
        platform=platforms,
        clock=clock,
        asked_to_end=ending.is_set,
        lease_clock=moments.now if clock is system_clock else None,
    )
    return Wiring(
        settings=settings,
        store=store,
        clock=clock,
        night=night,
        platforms=platforms,
        provider=provider_of(settings, secrets, clock),
        secrets=secrets,
        ending=ending,
    )


def provider_of(settings: Settings, secrets: PlatformSecrets, clock: Clock) -> Provider | None:
    """The log-in provider of the configuration, asked for nothing yet; None without one."""
    terms, public_url = settings.oidc, settings.server.public_url
    if terms is None or public_url is None:
        return None
    return Provider(
        terms, public_url, secret=lambda: secrets.renewed().get(OIDC_SECRET), clock=clock
    )
