"""Fifty people in five processes, two services, one database: one state a line, one event a change."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.auditing import prove
from service.store import Store, audit
from service.store.audit import AuditFilter
from service.store.lines import LineFilter, select_lines

HERE = Path(__file__).parent
REPLICAS, PROCESSES, PEOPLE, LINES = 2, 5, 10, 3


@pytest.fixture
def ports(store: Store) -> Iterator[list[int]]:
    """Where two services answer; whoever comes early waits in the socket's queue."""
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(REPLICAS)]
    command = [sys.executable, str(HERE / "replica.py"), store.name]
    replicas = [
        subprocess.Popen([*command, str(one.fileno())], pass_fds=[one.fileno()])
        for one in listeners
    ]
    try:
        yield [one.getsockname()[1] for one in listeners]
    finally:
        for replica in replicas:
            replica.terminate()
        for replica, listener in zip(replicas, listeners, strict=True):
            replica.wait()
            listener.close()


def crowd(ports: list[int], lines: list[int]) -> list[tuple[str, int, int]]:
    """(action, line, status) of everything that the fifty did."""
    command = [sys.executable, str(HERE / "crowd.py"), json.dumps(ports), json.dumps(lines)]
    processes = [
        subprocess.Popen([*command, str(number * PEOPLE)], stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    told = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return [tuple(each) for text in told for each in json.loads(text)]


def test_each_line_ends_in_one_state_with_one_event_a_change(
    store: Store,
    ports: list[int],
    make_proposal: Callable[..., Any],
    make_line: Callable[..., Any],
) -> None:
    before = {
        line.line_id: line
        for line in make_proposal([make_line(f"k{number}") for number in range(LINES)])
    }
    done = crowd(ports, sorted(before))
    answered = Counter(status for action, _, status in done if action != "show")
    print(store.dialect, dict(sorted(answered.items())))
    assert {status for action, _, status in done if action == "show"} == {200}
    assert set(answered) == {200, 409, 412}
    assert answered.total() == PROCESSES * PEOPLE * LINES
    with store.read() as session:
        after = select_lines(session, LineFilter(line_ids=tuple(before)))
        events = audit.page(session, AuditFilter(account_id="shop"), limit=1000)
    carried_out = Counter((line, action) for action, line, status in done if status == 200)
    on_record = Counter((event.line_id, event.action) for event in events)
    assert on_record == {key: n for key, n in carried_out.items() if key[1] != "show"}
    for line in after:
        states = [before[line.line_id].state]
        for event in sorted(
            (one for one in events if one.line_id == line.line_id), key=lambda one: one.event_id
        ):
            assert event.before["state"] == states[-1]
            states.append(event.after["state"])
        assert line.state == states[-1]
        assert line.version - before[line.line_id].version == len(states) - 1
    proof = prove(store)
    assert proof.whole, proof
