"""A process that kills its children with SIGKILL at every step of a night, and resumes them.

Run by test_crash.py in a process of its own, so that forking is safe: nothing here opens a
database or computes before it has forked. Prints one JSON object a step.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from service import nightly, pull
from service.audit import Origin
from service.nightly import NightContext, run_night
from service.platforms import platform
from service.settings.models import Account
from service.store import open_store, proposals, runs
from service.wiring import optimizer_door

DAY = date(2026, 3, 2)


def clock() -> datetime:
    return datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def night(database: Path, account: Account, after_step: Callable[[str], None]) -> None:
    store = open_store(f"sqlite:///{database}")
    context = NightContext(
        store=store, door=optimizer_door(), platform=platform, clock=clock, after_step=after_step
    )
    run_night(context, account, DAY, Origin(at=clock(), actor="kaiche", source="schedule"))
    store.close()


def in_child(work: Callable[[], None]) -> int:
    """The exit status of a forked process that did ``work``; negative for a signal."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def outcome(database: Path) -> dict[str, object]:
    store = open_store(f"sqlite:///{database}")
    with store.read() as session:
        (run,) = runs.page(session)
        found = proposals.page(session)
    store.close()
    return {
        "state": run.state,
        "attempt": run.attempt,
        "proposals": len(found),
        "hash": found[0].content_hash if found else None,
        "pulled": run.counts.get("pulled"),
    }


def kill_within(step: str) -> None:
    """Make this process die in the middle of a step's transaction, much of it written already."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if step == "within store":
        pull.runs.save_rejects = die
    elif step == "within save":
        nightly.runs.finish = die


def campaign(step: str, database: Path, account: Account) -> dict[str, object]:
    """Kill the night after ``step``, or within it, look, resume it, look again."""
    steps: list[str] = []

    def die(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def disturbed() -> None:
        kill_within(step)
        night(database, account, die)

    killed = in_child(disturbed)
    reader, writer = os.pipe()

    def look() -> None:
        os.write(writer, json.dumps(outcome(database)).encode())

    in_child(look)
    dead = json.loads(os.read(reader, 65536))

    def resume() -> None:
        night(database, account, steps.append)
        os.write(writer, json.dumps(outcome(database) | {"steps": steps}).encode())

    resumed = in_child(resume)
    after = json.loads(os.read(reader, 65536)) if resumed == 0 else None
    return {"step": step, "killed": killed, "dead": dead, "resumed": resumed, "after": after}


def main(arguments: list[str]) -> None:
    plan = json.loads(arguments[1])
    account = Account.model_validate(plan["account"])
    for step, database in plan["databases"].items():
        print(json.dumps(campaign(step, Path(database), account)), flush=True)


if __name__ == "__main__":
    main(sys.argv)
