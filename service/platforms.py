"""Opens the platform of every account: a folder, a simulated shop, or the open platform over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

import httpx

from connectors.errors import AuthorisationError, PermanentError
from connectors.platform import AdPlatformReader
from connectors.reports import ReportsPlatform
from connectors.sandbox import SandboxPlatform
from connectors.taobao import (
    Patience,
    Rate,
    SimbaPlatform,
    TaobaoShop,
    Transport,
    UniversalbpPlatform,
    open_client,
)
from service.errors import ConfigError
from service.settings.connectors import ReportsConnector, SandboxConnector, TaobaoConnector
from service.settings.models import Account
from service.settings.platform_secrets import (
    APP_KEY,
    SECRETS_FILE,
    PlatformSecrets,
    session_variable,
)
from service.settings.secrets import APP_SECRET
from service.simulated import SimulatedShops
from service.store import Store
from service.store.platform_calls import StoredQuotaMeter

Clock = Callable[[], datetime]
NO_SECRETS: Final = PlatformSecrets()


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
        simulated: SimulatedShops,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self.simulated = simulated
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
        """The signed calls of an account of kind ``taobao``; sends nothing yet.

        The secrets file is read again: a renewed session counts from here on.
        """
        shop = self._shop(account)
        with self._lock:
            if self._client is None:
                self._client = open_client(Patience())
            known = self._transports.get(account.id)
            if known is None or known.shop != shop:
                known = self._transports[account.id] = Transport(
                    shop,
                    self._client,
                    clock=self._clock,
                    sleep=self._sleep,
                    meter=StoredQuotaMeter(self._store, shop.app_key),
                    patience=_patience(account),
                )
            return known

    def _shop(self, account: Account) -> TaobaoShop:
        if self.simulated.has(account):
            return self.simulated.shop(account)
        try:
            secrets = self._secrets.renewed()
        except ConfigError as error:
            raise PermanentError(f"{account.id}: {error}") from error
        return shop_of(account, secrets)

    def close(self) -> None:
        """End the connections and the simulated shops; the next call opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None
            self._transports.clear()
        self.simulated.close()


def _patience(account: Account) -> Patience:
    """The usual patience at the account's own rates; a second's calls may come at once."""
    connector = account.connector
    assert isinstance(connector, TaobaoConnector)
    return Patience(
        rate=_rate(connector.rates.per_second),
        rates={name: _rate(per_second) for name, per_second in connector.rates.methods.items()},
    )


def _rate(per_second: float) -> Rate:
    return Rate(per_second=per_second, burst=max(1.0, per_second))


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
