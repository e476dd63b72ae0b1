"""Several workers that are let loose together, and killed one by one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from held_shop import HeldShop

from service.store import Store

SCRIPT = Path(__file__).parent / "worker.py"


class Crew:
    """``size`` processes that wait for the same word."""

    def __init__(self, store: Store, shop: HeldShop, *, size: int, batch_size: int = 4) -> None:
        spec = {
            "database": store.name,
            "account": shop.account(),
            "secrets": shop.secrets(),
            "now": shop.clock.now().isoformat(),
            "batch_size": batch_size,
        }
        pipe = subprocess.PIPE
        command = [sys.executable, str(SCRIPT), json.dumps(spec)]
        env = {**os.environ, "NO_PROXY": "127.0.0.1"}
        self.workers: list[Any] = [
            subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)
            for _ in range(size)
        ]
        said = [one.stdout.readline() for one in self.workers]
        if said != ["ready\n"] * size:
            for one in self.workers:
                one.communicate()
            raise AssertionError(said)

    def tell(self, one: Any, wanted: str) -> None:
        """Let one begin; does not wait."""
        one.stdin.write(f"{wanted}\n")
        one.stdin.flush()

    def hear(self, one: Any) -> str:
        """What came of what it was told last."""
        said: str = json.loads(one.stdout.readline())
        return said

    def all_do(self, wanted: str) -> list[str]:
        """What each came to, all let loose together."""
        for one in self.workers:
            self.tell(one, wanted)
        return sorted(self.hear(one) for one in self.workers)

    def kill(self, one: Any) -> None:
        """No last words."""
        one.send_signal(signal.SIGKILL)
        assert one.wait() == -signal.SIGKILL
        self.workers.remove(one)
        one.stdin.close()
        one.stdout.close()

    def dismiss(self) -> None:
        """All the others end in order."""
        for one in self.workers:
            one.communicate()
        assert {one.returncode for one in self.workers} == {0}
