"""Builds everything once, from the configuration and the environment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

import httpx

import optimizer
from connectors.errors import AuthorisationError, PermanentError
from connectors.platform import AdPlatform, AdPlatformReader
from connectors.reports import ReportsPlatform
from connectors.sandbox import SandboxPlatform
from connectors.taobao import (
    Patience,
    SimbaPlatform,
    TaobaoShop,
    Transport,
    UniversalbpPlatform,
    open_client,
)
from service import rollback, stop
from service.applying import ApplyContext
from service.audit import Origin
from service.errors import ConflictError, NotFoundError
from service.nightly import NightContext, NightResult, Progress, run_night, silent
from service.planning import Door
from service.settings.connectors import ReportsConnector, SandboxConnector, TaobaoConnector
from service.settings.models import Account, Settings
from service.settings.platform_secrets import (
    APP_KEY,
    SECRETS_FILE,
    PlatformSecrets,
    session_variable,
)
from service.settings.secrets import APP_SECRET
from service.store import Store, open_store
from service.store.interventions import RollbackRow
from service.store.platform_calls import StoredQuotaMeter

Clock = Callable[[], datetime]
NO_SECRETS: Final = PlatformSecrets()


def system_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def platform(account: Account, business_date: date) -> AdPlatformReader:
    """An account's platform that needs no network, as it stands on the morning of ``business_date``.

    Raises ConnectorError when its folder or state file cannot be used.
    """
    wanted = account.connector
    if isinstance(wanted, ReportsConnector):
        return ReportsPlatform(wanted.path, attribution_days=wanted.attribution_days)
    if isinstance(wanted, SandboxConnector):
        return SandboxPlatform(
            clock=lambda: business_date,
            seed=wanted.seed,
            keywords=wanted.keywords,
            history_days=wanted.history_days,
            state=wanted.state,
        )
    raise PermanentError(f"{account.id} needs the network; open it through Platforms")


class Platforms:
    """Opens every account's platform. Shops share one HTTP client; each keeps its pace and clock.

    A shop without session or app raises AuthorisationError or PermanentError and holds up no other.
    Safe between threads; ``close`` ends the connections.
    """

    def __init__(
        self,
        store: Store,
        secrets: PlatformSecrets,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._transports: dict[str, Transport] = {}

    def __call__(self, account: Account, business_date: date) -> AdPlatformReader:
        """The account's platform; ``business_date`` counts where there is no network."""
        if not isinstance(account.connector, TaobaoConnector):
            return platform(account, business_date)
        transport = self.transport(account)
        if account.connector.generation == "simba":
            return SimbaPlatform(transport)
        return UniversalbpPlatform(transport)

    def transport(self, account: Account) -> Transport:
        """The signed calls of an account of kind ``taobao``; sends nothing yet."""
        shop = shop_of(account, self._secrets)
        with self._lock:
            if self._client is None:
                self._client = open_client(Patience())
            known = self._transports.get(account.id)
            if known is None:
                known = self._transports[account.id] = Transport(
                    shop,
                    self._client,
                    clock=self._clock,
                    sleep=self._sleep,
                    meter=StoredQuotaMeter(self._store, shop.app_key),
                )
            return known

    def close(self) -> None:
        """End the connections; the next call opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None
            self._transports.clear()


def shop_of(account: Account, secrets: PlatformSecrets) -> TaobaoShop:
    """The shop of an account of kind ``taobao``.

    Raises AuthorisationError without a session and PermanentError without an app, both naming the
    variable to set.
    """
    wanted = account.connector
    if not isinstance(wanted, TaobaoConnector):
        raise PermanentError(f"the connector of {account.id} is {wanted.kind}, not taobao")
    app_key = wanted.app_key or secrets.get(APP_KEY)
    app_secret = secrets.get(APP_SECRET)
    session = secrets.get(session_variable(account))
    if not app_key or not app_secret:
        absent = APP_SECRET if app_key else f"{APP_KEY} (or connector.app_key)"
        raise PermanentError(
            f"{account.id}: the app is not known; set {absent} in the environment or in the file "
            f"that {SECRETS_FILE} names"
        )
    if not session:
        raise AuthorisationError(
            f"{account.id}: no session of the shop {wanted.nick}, needs (re-)authorisation; let the "
            f"shop authorise the app and set {session_variable(account)} in the environment or in "
            f"the file that {SECRETS_FILE} names"
        )
    return TaobaoShop(
        app_key=app_key,
        app_secret=app_secret,
        session=session,
        nick=wanted.nick,
        generation=wanted.generation,
        sign_method=wanted.sign_method,
        gateway=wanted.gateway,
        daily_calls=wanted.daily_calls,
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
    platforms: Platforms | None = None

    def close(self) -> None:
        """End every connection, to platforms and to the database."""
        if self.platforms is not None:
            self.platforms.close()
        self.store.close()

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
            raise ConflictError(
                f"the connector of {account.id} cannot read live bids; undo it on the platform by hand"
            )
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
    migrate: bool = False,
    secrets: PlatformSecrets = NO_SECRETS,
) -> Wiring:
    """Open the store and connect everything; ``migrate`` brings the tables to the newest version.

    Raises StoreError when the database cannot be used or its tables are of another version.
    """
    store = open_store(settings.database)
    if migrate:
        store.migrate()
    store.ready()
    platforms = Platforms(store, secrets, clock=clock)
    night = NightContext(store=store, door=cast("Door", optimizer), platform=platforms, clock=clock)
    return Wiring(settings=settings, store=store, clock=clock, night=night, platforms=platforms)
