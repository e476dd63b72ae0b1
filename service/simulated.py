"""Simulated shops behind the platform's own protocol, for accounts whose connector says ``sandbox``.

A process that needs such a shop opens a gateway on a free port of this machine, for as long as it
lives; everything then goes over signed HTTP as with the real platform. What was set is kept in the
shops' state files, so that processes, one after another or side by side, see the same shops.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.errors import PermanentError
from connectors.taobao import TaobaoShop
from service.settings.connectors import SimulatedShop, TaobaoConnector
from service.settings.models import Account

if TYPE_CHECKING:
    from connectors.sandbox.gateway import Gateway

SEED = 7  # of the app and its credentials, which open simulated shops and nothing else


class SimulatedShops:
    """The gateway of all simulated shops of ``accounts``, opened when one is first asked for.

    ``clock`` gives aware instants: the gateway's time. Safe between threads.
    """

    def __init__(self, accounts: Sequence[Account], clock: Callable[[], datetime]) -> None:
        self._accounts = {account.id: account for account in accounts if simulated_shop(account)}
        self._clock = clock
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._gateway: Gateway | None = None
        self._url = ""

    def has(self, account: Account) -> bool:
        """Whether the account's shop is simulated."""
        return account.id in self._accounts

    def shop(self, account: Account) -> TaobaoShop:
        """Address and credentials of the account's shop. Raises ConnectorError for a wrong state."""
        connector, gateway = _connector(account), self.gateway()
        return TaobaoShop(
            app_key=gateway.app.key,
            app_secret=gateway.app.secret,
            session=self._session(account),
            nick=connector.nick,
            generation=connector.generation,
            sign_method=connector.sign_method,
            gateway=f"{self._url}/router/rest",
            daily_calls=connector.daily_calls,
        )

    def gateway(self) -> Gateway:
        """The gateway itself, listening. Raises ConnectorError when a shop's state cannot be used."""
        from connectors.sandbox import gateway as top  # noqa: PLC0415 - the market loads only where needed

        with self._lock:
            if self._gateway is None:
                specs = [
                    top.ShopSpec(
                        nick=_connector(account).nick,
                        session=self._session(account),
                        seed=wanted.seed,
                        keywords=wanted.keywords,
                        history_days=wanted.history_days,
                        state=wanted.state,
                    )
                    for account in self._accounts.values()
                    if (wanted := simulated_shop(account)) is not None
                ]
                self._gateway = top.open_gateway(SEED, specs, top.SandboxClock(self._clock))
                self._url = self._open.enter_context(top.serve(self._gateway))
            return self._gateway

    @property
    def is_open(self) -> bool:
        """Whether the gateway listens now."""
        return self._gateway is not None

    def close(self) -> None:
        """Stop listening; what was set is kept where the shops have a state file."""
        with self._lock:
            self._open.close()
            self._gateway = None

    def _session(self, account: Account) -> str:
        from connectors.sandbox.gateway import session_of  # noqa: PLC0415 - as above

        return session_of(SEED, 1 + list(self._accounts).index(account.id))


def _connector(account: Account) -> TaobaoConnector:
    connector = account.connector
    if not isinstance(connector, TaobaoConnector):
        raise PermanentError(f"the connector of {account.id} is {connector.kind}, not taobao")
    return connector


def simulated_shop(account: Account) -> SimulatedShop | None:
    """The simulated shop behind an account's connector; None for a real one."""
    connector = account.connector
    return connector.sandbox if isinstance(connector, TaobaoConnector) else None
