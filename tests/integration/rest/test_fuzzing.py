"""The whole OpenAPI document, asked by everybody: no failure, no answer that is not documented.

``KAICHE_FUZZ_CASES=50`` with ``-s`` asks for longer and says how often; the default keeps within the
suite's time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.people.roles import Role
from service.store import Store

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing import fuzz
from two_shops import THEIRS, World

CASES = int(os.environ.get("KAICHE_FUZZ_CASES", "2"))


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()


def callers_of(world: World) -> dict[str, dict[str, str]]:
    """Nobody, every role on ``ours``, and an owner whose token sees only the other shop."""
    roles = {str(role): world.keys[role, "token"] for role in Role}
    with world.store.begin() as session:
        narrowed = world._token(session, "boss", Role.OWNER, (THEIRS,))
    return {"nobody": {}, **roles, "narrowed": narrowed}


def test_every_answer_to_everybody_is_documented(world: World) -> None:
    callers = callers_of(world)
    tally = fuzz(world, callers, CASES)
    for caller in callers:
        print(caller, tally.of(caller).total(), dict(sorted(tally.of(caller).items())))
    assert not tally.faults, "\n\n".join(f"{k}: {v}" for k, v in tally.faults.items())
    operations = {
        one["operationId"]
        for methods in world.app.openapi()["paths"].values()
        for one in methods.values()
    }
    assert set(tally.answers) == {(caller, name) for caller in callers for name in operations}
    assert set(tally.of("nobody")) <= {200, 401, 422, 429}
