"""A gateway ready to use: shops and credentials that follow from a seed.

The credentials open simulated shops only, and only on loopback; that they can be derived is meant,
so that a configuration written once fits the sandbox after every restart.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from connectors.sandbox.gateway.access import App
from connectors.sandbox.gateway.clock import SandboxClock
from connectors.sandbox.gateway.faults import FaultPlan
from connectors.sandbox.gateway.limits import Limits
from connectors.sandbox.gateway.storefront import ShopSpec
from connectors.sandbox.gateway.wire import Gateway
from connectors.sandbox.scenario import DEMO

_NICK: Final = "沙盒旗舰店"


def app_of(seed: int) -> App:
    """The sandbox's app."""
    return App(key=str(21_000_000 + seed % 1_000_000), secret=_derived("secret", seed))


def admin_token_of(seed: int) -> str:
    """What opens ``/sandbox/*``."""
    return _derived("admin", seed)


def session_of(seed: int, number: int) -> str:
    """The session of the ``number``-th shop, from 1."""
    return f"61{number:02d}" + _derived(f"session/{number}", seed)


def shops_of(
    seed: int,
    *,
    shops: int = 1,
    keywords: int = DEMO.keywords,
    history_days: int = 30,
    folder: Path | None = None,
) -> list[ShopSpec]:
    """Shop specifications; ``folder`` keeps their bids and budgets, a file each."""
    return [
        ShopSpec(
            nick=_NICK if number == 1 else f"{_NICK}{number}",
            session=session_of(seed, number),
            seed=seed + number - 1,
            keywords=keywords,
            history_days=history_days,
            state=None if folder is None else folder / f"shop-{number}.db",
        )
        for number in range(1, shops + 1)
    ]


def open_gateway(
    seed: int,
    shops: list[ShopSpec],
    clock: SandboxClock,
    *,
    limits: Limits | None = None,
    faults: FaultPlan | None = None,
) -> Gateway:
    """A gateway with the seed's credentials. Raises ConnectorError for a state it cannot use."""
    return Gateway(
        app=app_of(seed),
        shops=shops,
        clock=clock,
        limits=limits,
        faults=faults,
        admin_token=admin_token_of(seed),
    )


def _derived(what: str, seed: int) -> str:
    return hashlib.sha256(f"kaiche-sandbox/{what}/{seed}".encode()).hexdigest()[:32]
