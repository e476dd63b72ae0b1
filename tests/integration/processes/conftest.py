"""Real processes on one database and one simulated shop that is reached over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from crew_of_workers import Crew
from held_shop import HeldShop
from served import Served

from connectors.sandbox.gateway import SandboxClock
from service.store import Store


@pytest.fixture
def shop() -> Iterator[HeldShop]:
    """60 words; a slow answer waits until the test lets it go."""
    with HeldShop(keywords=60, history_days=14).serving() as served:
        yield served


@pytest.fixture
def crew(store: Store, shop: HeldShop) -> Iterator[Crew]:
    """Three workers, ready to do the same at once."""
    made = Crew(store, shop, size=3)
    yield made
    made.dismiss()


@pytest.fixture
def living_shop() -> Iterator[HeldShop]:
    """The same, by the clock of this machine, as ``kaiche serve`` needs it."""
    clock = SandboxClock(lambda: datetime.now(UTC))
    with HeldShop(keywords=60, history_days=14, clock=clock).serving() as served:
        yield served


@pytest.fixture
def start_serving(
    store: Store, living_shop: HeldShop, tmp_path: Path
) -> Iterator[Callable[..., Served]]:
    """``kaiche serve`` as a process; the test ends it, or the fixture kills it."""
    started: list[Served] = []

    def start(**options: Any) -> Served:
        started.append(Served(store, living_shop, tmp_path, **options))
        return started[-1]

    yield start
    living_shop.let_go()
    for one in started:
        one.kill()
