"""A process that kills applying children with SIGKILL at every commit point, and resumes after them.

Run by test_kill.py in a process of its own, so that forking is safe: nothing here opens a database
before it has forked. Prints one JSON object a death.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from apply_desk import MORNING, Desk

from connectors.platform import BidChange

WORDS = 12


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Exit status and result of a forked process that did ``work``; negative for a signal."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, json.dumps(work()).encode())
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    os.close(writer)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    return status, json.loads(said) if said else None


def desk(folder: Path, minutes: int) -> Desk:
    """The same shop at a later minute, as every process finds it."""
    return Desk(
        f"sqlite:///{folder / 'kaiche.db'}",
        folder,
        keywords=WORDS,
        state=folder / "shop.sqlite3",
        batch_size=5,
        now=MORNING + timedelta(minutes=minutes),
    )


def approve(folder: Path) -> dict[str, int]:
    at = desk(folder, 0)
    wanted = {word: bid + (4 if i % 2 else -4) for i, (word, bid) in enumerate(at.live().items())}
    at.night(wanted)
    return wanted


def apply_and_die(folder: Path, place: str, occurrence: int) -> None:
    at = desk(folder, 1)
    reached: Counter[str] = Counter()

    def maybe(point: str) -> None:
        reached[point] += 1
        if (point, reached[point]) == (place, occurrence):
            die()

    send = at.platform.set_bids

    def deadly(changes: Sequence[BidChange]) -> Mapping[str, int]:
        maybe("before the write")
        answer = send(changes)
        maybe("after the write")
        return answer

    at.platform.set_bids = deadly  # type: ignore[method-assign]
    at.apply(after=maybe, owner=owner(), is_gone=is_gone)


def owner() -> str:
    from service import leases

    return leases.token()


def is_gone(holder: str) -> bool:
    from service import leases

    return leases.is_gone(holder)


def resume(folder: Path) -> dict[str, Any]:
    """Three walks, eleven minutes apart; what then stands where."""
    for minutes in (2, 13, 24):
        at = desk(folder, minutes)
        at.apply(owner=owner(), is_gone=is_gone)
        at.close()
    at = desk(folder, 30)
    with at.store.read() as session:
        from service.store import lines
        from service.store.lines import LineFilter

        states = Counter(
            line.state for line in lines.select_lines(session, LineFilter(account_id="shop"))
        )
    inner: Any = at.platform.inner
    written = Counter(
        word for _, word, _, actor in inner.bid_changes(at.today, at.today) if actor == "api"
    )
    return {
        "states": dict(states),
        "live": at.live(),
        "known": at.known_bids(),
        "written": dict(written),
        "batches": [batch.state for batch in at.batches()],
    }


def main(arguments: Sequence[str]) -> None:
    plan = json.loads(arguments[1])
    for place, occurrence, folder in plan:
        at = Path(folder)
        _, wanted = in_child(lambda at=at: approve(at))
        killed, _ = in_child(lambda at=at, p=place, o=occurrence: apply_and_die(at, p, o))
        resumed, after = in_child(lambda at=at: resume(at))
        found = {"place": place, "killed": killed, "resumed": resumed, "wanted": wanted}
        print(json.dumps(found | {"after": after}), flush=True)


if __name__ == "__main__":
    main(sys.argv)
