"""``kill -9`` of an applying process at every commit point and inside the write itself."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.applying import POINTS

ONCE = ("opened", "resolved", "closed")  # reached once in a walk; the others once a batch
PLACES = [(place, 1) for place in (*POINTS, "before the write", "after the write")]
PLACES += [(place, 2) for place, _ in PLACES if place not in ONCE]


@pytest.fixture(scope="module")
def deaths(
    empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int], dict[str, Any]]:
    """What was found after a process had been killed at each place."""
    root = tmp_path_factory.mktemp("kill")
    plan = []
    for number, (place, occurrence) in enumerate(PLACES):
        folder = root / str(number)
        folder.mkdir()
        shutil.copy(empty_sqlite, folder / "kaiche.db")
        plan.append((place, occurrence, str(folder)))
    script = Path(__file__).parent / "kill_campaign.py"
    done = subprocess.run(
        [sys.executable, str(script), json.dumps(plan)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip(PLACES, found, strict=True))


@pytest.mark.parametrize(("place", "occurrence"), PLACES)
def test_every_bid_is_set_once_and_the_store_says_so(
    deaths: dict[tuple[str, int], dict[str, Any]], place: str, occurrence: int
) -> None:
    death = deaths[place, occurrence]
    assert (death["killed"], death["resumed"]) == (-signal.SIGKILL, 0)
    after, wanted = death["after"], death["wanted"]
    assert after["states"] == {"applied": len(wanted)}
    assert after["live"] == wanted
    assert after["known"] == wanted
    assert after["written"] == dict.fromkeys(wanted, 1)
    assert set(after["batches"]) <= {"done", "released"}
