"""Who holds a run, and when the holder is known to be dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service import leases

HERE = socket.gethostname()


def test_this_process_is_not_gone() -> None:
    assert leases.token() == leases.token()
    assert not leases.is_gone(leases.token())


def test_a_dead_process_of_this_host_is_gone() -> None:
    code = "from service import leases; print(leases.token())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert leases.is_gone(done.stdout.strip())


def test_a_pid_that_another_process_has_taken_is_gone() -> None:
    assert leases.is_gone(f"{HERE}/{os.getpid()}/1")


@pytest.mark.parametrize("holder", ["elsewhere/1/1", "me", "", f"{HERE}/x/1", f"{HERE}//"])
def test_of_others_nothing_is_known(holder: str) -> None:
    assert not leases.is_gone(holder)


def test_a_process_that_may_not_be_asked_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert not leases.is_gone(leases.token())


def test_without_proc_the_pid_alone_speaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(leases, "PROC", tmp_path)
    assert leases.token().endswith("/-")
    assert not leases.is_gone(leases.token())


def test_a_zombie_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat = tmp_path / str(os.getpid()) / "stat"
    stat.parent.mkdir()
    stat.write_text("1 (a name) with ) Z " + " ".join(str(n) for n in range(40)))
    monkeypatch.setattr(leases, "PROC", tmp_path)
    assert leases.is_gone(leases.token())
