"""Who holds a run: a token that names host, process and the moment the process began.

On the same host a dead holder is recognised at once; elsewhere the lease has to run out. A wrong
guess costs work, never a second proposal: every write of a run names its holder.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

PROC = Path("/proc")


def token() -> str:
    """This process: ``host/pid/start``."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(holder: str) -> bool:
    """Whether the process that made the token is known to be dead."""
    host, _, rest = holder.partition("/")
    pid, _, started = rest.partition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return not _alive(int(pid)) or started != _started(int(pid))


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
    return fields[19] if len(fields) > 19 else "-"


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may itself hold blanks."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
