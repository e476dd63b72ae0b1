"""The whole OpenAPI document, asked by everybody: no failure, no answer that is not documented.

``KAICHE_FUZZ_CASES=50`` asks for longer; the default keeps within the suite's time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.people.roles import Role
from service.store import Store

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing import fuzz
from two_shops import THEIRS, World

CASES = int(os.environ.get("KAICHE_FUZZ_CASES", "2"))
CALLERS = ("nobody", "viewer", "specialist", "owner", "narrowed")


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()


def headers_of(world: World, caller: str) -> dict[str, str]:
    if caller == "nobody":
        return {}
    if caller == "narrowed":  # everything of the other shop, nothing of ours
        with world.store.begin() as session:
            return world._token(session, "boss", Role.OWNER, (THEIRS,))
    return world.keys[caller, "token"]


@pytest.mark.parametrize("caller", CALLERS)
def test_every_answer_is_documented(
    world: World, caller: str, record_property: Callable[[str, object], None]
) -> None:
    tally = fuzz(world, headers_of(world, caller), CASES)
    record_property("cases", tally.cases)
    assert not tally.faults, "\n\n".join(f"{k}: {v}" for k, v in tally.faults.items())
    operations = {
        one["operationId"]
        for methods in world.app.openapi()["paths"].values()
        for one in methods.values()
    }
    assert set(tally.answers) == operations
