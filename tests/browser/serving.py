"""A small shop with a night on the table, served to a browser until standard input ends.

Run as a script with a folder, and ``staffed`` for a shop with people: prints the port.
The clock starts at a fixed morning.
"""

import socket
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import uvicorn

from service.api.security import access
from service.app import SERVER_OPTIONS, create_app
from service.audit import Origin
from service.people import passwords, register
from service.people.roles import Role
from service.settings.loader import load
from service.wiring import wire

PASSWORD = "a horse, a battery"
STAFF = {"boss": Role.OWNER, "li": Role.SPECIALIST, "guest": Role.VIEWER}
NIGHT = date(2026, 3, 4)
MORNING = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
STARTED = time.monotonic()
SHOP = """\
database: sqlite:///shop.db
accounts:
  - id: shop
    name: 测试店铺
    connector: {kind: sandbox, seed: 3, keywords: 600, history_days: 21, state: shop.sqlite3}
    history_days: 30
    budgets: {daily: 400}
    allowance: {amount: 40, window_days: 30, window_cap: 600, end_date: 2027-12-31}
    guardrails: {max_changed_share: 1, max_spend_rise: 5}
    economics: [{margin_rate: 0.3}]
  - id: other
    connector: {kind: sandbox, seed: 4, keywords: 100, history_days: 21, state: other.sqlite3}
    objective: profit
    budgets: {daily: 100}
    economics: [{margin_rate: 0.3}]
"""


def clock():
    return MORNING + timedelta(seconds=time.monotonic() - STARTED)


def main(folder, *options):
    configuration = Path(folder) / "kaiche.yaml"
    configuration.write_text(SHOP, encoding="utf-8")
    wiring = wire(load(configuration, {}), clock=clock, migrate=True)
    asked = Origin(at=clock(), actor="tester", source="cli")
    wiring.run_night("shop", NIGHT, asked)
    for name, role in STAFF.items() if "staffed" in options else ():
        with wiring.store.begin() as session:
            hashed = passwords.hashed(PASSWORD)
            register.add(session, asked, name, password_hash=hashed, roles={"*": role})
    app = create_app(wiring, access=access(host="127.0.0.1", is_open=True), console=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **SERVER_OPTIONS))

    def end_with_the_tests():
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end_with_the_tests, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        server.run(sockets=[listening])
    wiring.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
