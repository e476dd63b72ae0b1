"""``kill -9`` after every step of a real process: one proposal, equal to an undisturbed night's."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.nightly import STEPS

ACCOUNT = {
    "id": "shop",
    "connector": {"kind": "sandbox", "keywords": 60, "history_days": 14},
    "budgets": {"daily": "2000"},
    "economics": [{"margin_rate": 0.4}],
    "objective": "profit",
    "history_days": 14,
}
UNDISTURBED = "nothing"
WITHIN = ("within store", "within save")  # after most of the transaction, before its commit


@pytest.fixture(scope="module")
def outcomes(
    empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What happened to the night that was killed after each step."""
    folder = tmp_path_factory.mktemp("crash")
    databases = {}
    for step in (UNDISTURBED, *STEPS, *WITHIN):
        databases[step] = str(shutil.copy(empty_sqlite, folder / f"{step}.db"))
    script = Path(__file__).parent / "crash_campaign.py"
    plan = json.dumps({"account": ACCOUNT, "databases": databases})
    done = subprocess.run(
        [sys.executable, str(script), plan], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {outcome["step"]: outcome for outcome in found}


def test_an_undisturbed_night_is_planned_once(outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[UNDISTURBED]
    assert outcome["killed"] == 0
    assert outcome["after"]["proposals"] == 1
    assert outcome["after"]["steps"] == []
    assert outcome["after"]["hash"] == outcome["dead"]["hash"]


@pytest.mark.parametrize("step", [*STEPS, *WITHIN])
def test_a_killed_night_ends_as_if_nothing_had_happened(
    outcomes: dict[str, dict[str, Any]], step: str
) -> None:
    outcome, undisturbed = outcomes[step], outcomes[UNDISTURBED]["after"]
    finished = step == "save"
    assert outcome["killed"] == -signal.SIGKILL
    assert outcome["dead"]["state"] == ("succeeded" if finished else "running")
    assert outcome["dead"]["proposals"] == (1 if finished else 0)
    assert outcome["resumed"] == 0
    after = outcome["after"]
    assert (after["state"], after["proposals"]) == ("succeeded", 1)
    assert after["hash"] == undisturbed["hash"]
    assert after["attempt"] == (1 if finished else 2)
    assert after["pulled"] == undisturbed["pulled"]


@pytest.mark.parametrize("step", STEPS[2:-1])
def test_stored_figures_are_not_pulled_again(
    outcomes: dict[str, dict[str, Any]], step: str
) -> None:
    assert outcomes[step]["after"]["steps"] == ["open", *STEPS[3:]]
