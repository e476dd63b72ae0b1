"""``kill -9`` of an applying process at every commit point and around the write, over a socket."""

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
PLACES += [("waiting for the answer", 1)]
Deaths = dict[tuple[str, int], dict[str, Any]]


@pytest.fixture(scope="module", params=["simba", "universalbp"])
def deaths(
    request: pytest.FixtureRequest, empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Deaths:
    """What was found after a process had been killed at each place."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copy(empty_sqlite, folder / "kaiche.db")
    script = Path(__file__).parent / "kill_campaign.py"
    command = [sys.executable, str(script), json.dumps(PLACES), request.param, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip(PLACES, found, strict=True))


@pytest.mark.parametrize(("place", "occurrence"), PLACES)
def test_every_bid_is_set_once_and_the_store_says_so(
    deaths: Deaths, place: str, occurrence: int
) -> None:
    death = deaths[place, occurrence]
    assert death["killed"] == -signal.SIGKILL
    wanted = death["wanted"]
    assert death["broken"] == []
    assert death["states"] == {"applied": len(wanted)}
    assert death["live"] == wanted
    assert death["known"] == wanted
    assert death["written"] == dict.fromkeys(wanted, 1)
