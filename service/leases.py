"""Who holds a run or an account: a token that nobody else can have, and when its holder is known to be dead.

A token names the system (host and this boot of it), the process table, the process, the moment it
began, and one random claim: two containers may share a host's name and both be process 1, and two
threads of one process must not take what the other holds for their own. Only a process that could be
seen here is ever called dead: of the same boot and the same table of processes. Of all others, and
where the system does not say, nothing is known, and the lease has to run out.

A wrong guess costs work, never a second proposal or write: every write of a run names its holder.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

PROC = Path("/proc")
UNKNOWN = "-"


def token() -> str:
    """A claim of this process, another one at every call: ``host/boot/table/pid/start/claim``."""
    pid = os.getpid()
    return "/".join((*_here(), str(pid), _started(pid), secrets.token_hex(8)))


def is_gone(holder: str) -> bool:
    """Whether the process that made the token is known to be dead."""
    parts = holder.split("/")
    if len(parts) != 6:
        return False
    place, pid, started = tuple(parts[:3]), parts[3], parts[4]
    if UNKNOWN in place or place != _here() or not pid.isdigit():
        return False
    return not _alive(int(pid)) or started != _started(int(pid))


def _here() -> tuple[str, str, str]:
    """Host, its boot, and the table in which process ids mean something; "-" for what is not said."""
    return socket.gethostname().replace("/", "_"), _boot(), _table()


def _boot() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip() or UNKNOWN
    except OSError:
        return UNKNOWN


def _table() -> str:
    """The process's namespace of process ids, as ``pid:[4026531836]``: containers have their own."""
    try:
        return str((PROC / "self/ns/pid").readlink()).replace("/", "_")
    except OSError:
        return UNKNOWN


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _stat(pid)[:1] != ["Z"]


def _started(pid: int) -> str:
    """Clock ticks since boot at which the process began; "-" where the system does not say."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else UNKNOWN


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may itself hold blanks."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def told(holder: str | None) -> str:
    """The holder for people: host and process."""
    parts = (holder or "nobody").split("/")
    return f"{parts[0]}, process {parts[3]}" if len(parts) == 6 else "/".join(parts)
