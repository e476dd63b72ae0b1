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
HOST, BOOT, TABLE, PID, START = range(5)


def changed(part: int, value: str) -> str:
    """This process's token with one part of another's."""
    parts = leases.token().split("/")
    parts[part] = value
    return "/".join(parts)


def stat(started: str, state: str = "S") -> str:
    return f"1 (a name) with ) {state} " + " ".join(["0"] * 18) + f" {started} 0"


def container(proc: Path, table: str, started: str, pid: int = 1) -> Path:
    """What a process of a container sees under /proc."""
    for folder in ("sys/kernel/random", "self/ns", str(pid)):
        (proc / folder).mkdir(parents=True)
    (proc / "sys/kernel/random/boot_id").write_text("f3680122\n")
    (proc / "self/ns/pid").symlink_to(table)
    (proc / str(pid) / "stat").write_text(stat(started))
    return proc


def test_this_process_is_not_gone() -> None:
    assert not leases.is_gone(leases.token())


def test_two_claims_of_one_process_are_two_holders() -> None:
    assert leases.token() != leases.token()


def test_a_dead_process_of_this_host_is_gone() -> None:
    code = "from service import leases; print(leases.token())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert leases.is_gone(done.stdout.strip())


def test_a_pid_that_another_process_has_taken_is_gone() -> None:
    assert leases.is_gone(changed(START, "1"))


@pytest.mark.parametrize("holder", ["elsewhere/1/1", "me", "", f"{HERE}/x/1", "/////", f"{HERE}//"])
def test_of_others_nothing_is_known(holder: str) -> None:
    assert not leases.is_gone(holder)


@pytest.mark.parametrize("part", [HOST, BOOT, TABLE])
def test_of_another_host_boot_or_table_of_processes_nothing_is_known(part: int) -> None:
    """A process id that is free, or another's, says nothing where ids mean other processes."""
    parts = changed(part, "another").split("/")
    parts[PID], parts[START] = "999999999", "1"
    assert not leases.is_gone("/".join(parts))


def test_two_containers_of_one_name_know_nothing_of_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both are process 1 of a host of the same name and kernel, and began at different moments."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(os, "kill", lambda _pid, _signal: None)
    one = container(tmp_path / "one", "pid:[4026532178]", "500")
    other = container(tmp_path / "other", "pid:[4026532180]", "900")
    monkeypatch.setattr(leases, "PROC", one)
    held = leases.token()
    assert not leases.is_gone(held)
    monkeypatch.setattr(leases, "PROC", other)
    assert not leases.is_gone(held)
    assert leases.token() != held
    monkeypatch.setattr(leases, "PROC", one)
    (one / "1" / "stat").write_text(stat("800"))  # the container began anew
    assert leases.is_gone(held)


def test_people_are_told_host_and_process() -> None:
    assert leases.told(leases.token()) == f"{HERE}, process {os.getpid()}"
    assert (leases.told("me"), leases.told(None)) == ("me", "nobody")


def test_a_process_that_may_not_be_asked_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert not leases.is_gone(leases.token())


def test_without_proc_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(leases, "PROC", tmp_path)
    assert leases.token().split("/")[BOOT : START + 1] == ["-", "-", str(os.getpid()), "-"]
    assert not leases.is_gone(leases.token())
    assert not leases.is_gone(changed(PID, "999999999"))


def test_a_zombie_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proc = container(tmp_path, "pid:[1]", "19", pid=os.getpid())
    monkeypatch.setattr(leases, "PROC", proc)
    assert not leases.is_gone(leases.token())
    (proc / str(os.getpid()) / "stat").write_text(stat("19", "Z"))
    assert leases.is_gone(leases.token())
