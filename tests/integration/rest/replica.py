"""One of several services on one database: ``replica.py DATABASE FD`` serves the socket it inherits."""

from __future__ import annotations

import socket
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

import uvicorn

import optimizer
from connectors.errors import SourceError
from connectors.platform import AdPlatformReader
from service.api.security import Access
from service.app import SERVER_OPTIONS, create_app
from service.nightly import NightContext
from service.planning import Door
from service.settings.models import Account, Budgets, Economics, ReportsConnector, Settings
from service.store import open_store
from service.wiring import Wiring

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def unreachable(of: Account, _: date) -> AdPlatformReader:
    raise SourceError(f"the folder of {of.id} cannot be read")


def main(database: str, descriptor: int) -> None:
    account = Account(
        id="shop",
        connector=ReportsConnector(kind="reports", path=Path("reports")),
        objective="profit",
        budgets=Budgets(daily=Decimal(300)),
        economics=(Economics(margin_rate=0.35),),
    )
    store = open_store(database)
    night = NightContext(
        store=store, door=cast("Door", optimizer), platform=unreachable, clock=lambda: NOW
    )
    wiring = Wiring(
        settings=Settings(accounts=(account,)), store=store, clock=night.clock, night=night
    )
    server = uvicorn.Server(uvicorn.Config(create_app(wiring, access=Access()), **SERVER_OPTIONS))
    server.run(sockets=[socket.socket(fileno=descriptor)])
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
