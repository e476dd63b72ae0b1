"""One of several services on one database and one shop: ``worker.py SPEC``.

Says ``ready``; for every line does what it names, and prints what came of it as JSON:
``night``, ``catch up`` (as the clock of the nights does), ``apply``, ``wait MINUTES`` (its clock goes on).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from service import applying
from service.applying import Who
from service.audit import Origin
from service.cli.processes import night_schedule
from service.errors import RunInProgressError
from service.settings.models import Account, Settings
from service.settings.platform_secrets import PlatformSecrets
from service.store import runs
from service.wiring import Wiring, wire


@dataclass
class Clock:
    """Goes on only when somebody waits."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Worker:
    """One service."""

    wiring: Wiring
    clock: Clock
    batch_size: int

    def do(self, wanted: str) -> str:
        what, _, minutes = wanted.partition(" ")
        try:
            if what == "night":
                return self.night()
            if what == "catch":
                return self.catch_up()
            if what == "apply":
                return self.apply()
        except RunInProgressError:
            return "refused"
        self.clock.sleep(60 * int(minutes))
        return "waited"

    def night(self) -> str:
        asked = Origin(at=self.clock.now, actor="kaiche", source="schedule")
        result = self.wiring.run_night("shop", None, asked)
        return "planned" if result.planned else "found"

    def catch_up(self) -> str:
        """Whoever plans the night is told by the record, not by the clock of the nights."""
        night_schedule(self.wiring).catch_up()
        account = self.wiring.account("shop")
        with self.wiring.store.read() as session:
            found = runs.find(session, "shop", self.wiring.today(account))
        return found.state if found else "nothing"

    def apply(self) -> str:
        context = replace(self.wiring.applying, batch_size=self.batch_size)
        account = self.wiring.account("shop")
        done = applying.apply(context, account, Who(actor="li", source="cli"))
        return f"{done.state} {done.counts.get('applied', 0)}"


def worker_of(spec: Mapping[str, Any]) -> Worker:
    clock = Clock(datetime.fromisoformat(spec["now"]))
    account = Account.model_validate(spec["account"])
    wiring = wire(
        Settings(accounts=(account,), database=spec["database"]),
        clock=clock,
        sleep=clock.sleep,
        secrets=PlatformSecrets(values=spec["secrets"]),
    )
    return Worker(wiring, clock, spec["batch_size"])


def main(spec: Mapping[str, Any]) -> None:
    worker = worker_of(spec)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(worker.do(line.strip())), flush=True)
    worker.wiring.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
