"""A small shop with a night on the table, served to a browser until standard input ends.

Run as a script with a folder, and with ``staffed`` for a shop with people, ``blocked`` for a night
that the guardrails hold, ``alerted`` for one with an alert, ``promoted`` for a night within a promotion:
prints the port. The clock starts at a fixed
morning. A line of standard input is something that happens: ``night`` begins one for the other account,
which waits after each step for a ``go``; ``elsewhere`` changes the bid of an applied word on the platform.
"""

import socket
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import uvicorn

import optimizer
from connectors.platform import BidChange
from service.api.security import access
from service.app import SERVER_OPTIONS, create_app
from service.audit import Origin
from service.nightly import run_night
from service.people import passwords, register
from service.people.roles import Role
from service.settings.loader import load
from service.store import interventions, lines
from service.store.interventions import NewAlert
from service.store.lines import LineFilter
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
PROMOTIONS = """\
    promotions:
      - {name: 年货节, first: 2026-02-12, last: 2026-02-13}
      - {name: 女王节, first: 2026-03-04, last: 2026-03-08}
"""


def clock():
    return MORNING + timedelta(seconds=time.monotonic() - STARTED)


class Happening:
    """What goes on while a browser looks, by lines of standard input."""

    def __init__(self, wiring):
        self.wiring, self.steps = wiring, threading.Semaphore(0)

    def night(self):
        context = replace(self.wiring.night, after_step=lambda _: self.steps.acquire())
        asked = Origin(at=clock(), actor="tester", source="cli")
        given = (context, self.wiring.account("other"), NIGHT, asked)
        threading.Thread(target=run_night, args=given, daemon=True).start()

    def go(self):
        self.steps.release()

    def elsewhere(self):
        with self.wiring.store.read() as session:
            line = lines.select_lines(session, LineFilter(states=("applied",)))[0]
        shop = self.wiring.night.platform(self.wiring.account("shop"), NIGHT)
        shop.set_bids(
            [
                BidChange(
                    keyword_id=line.keyword_id,
                    bid_before_fen=line.bid_fen,
                    bid_fen=line.bid_fen + 1,
                )
            ]
        )


def staff(wiring, asked):
    """The people of the shop, and a program of li's."""
    with wiring.store.begin() as session:
        for name, role in STAFF.items():
            hashed = passwords.hashed(PASSWORD)
            register.add(session, asked, name, password_hash=hashed, roles={"*": role})
        life = timedelta(days=30)
        register.create_token(
            session, asked, "li", "scripts", role=Role.SPECIALIST, accounts=None, life=life
        )


def alert(wiring, asked):
    with wiring.store.begin() as session:
        told = NewAlert(
            account_id="shop", kind="budget_raised", at=asked.at, subject="c1",
            before={"daily_budget_fen": 9_000}, after={"daily_budget_fen": 12_000},
            message_zh="平台把计划的日预算调高了", message_en="the platform raised a daily budget",
        )  # fmt: skip
        interventions.add_alerts(session, [told])


def main(folder, *options):
    configuration = Path(folder) / "kaiche.yaml"
    shop = SHOP.replace("share: 1", "share: 0.01") if "blocked" in options else SHOP
    if "promoted" in options:
        shop = shop.replace("  - id: other", PROMOTIONS + "  - id: other")
    configuration.write_text(shop, encoding="utf-8")
    wiring = wire(load(configuration, {}), clock=clock, migrate=True)
    asked = Origin(at=clock(), actor="tester", source="cli")
    # Where the guardrails hold the night, its plan was not told of them.
    limits = {"max_changed_share": 1.0} if "blocked" in options else {}
    door = SimpleNamespace(
        estimate=optimizer.estimate,
        propose=optimizer.propose,
        Policy=lambda **given: optimizer.Policy(**given | limits),
    )
    run_night(replace(wiring.night, door=door), wiring.account("shop"), NIGHT, asked)
    if "staffed" in options:
        staff(wiring, asked)
    if "alerted" in options:
        alert(wiring, asked)
    app = create_app(wiring, access=access(host="127.0.0.1", is_open=True), console=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **SERVER_OPTIONS))

    def end_with_the_tests():
        happening = Happening(wiring)
        for said in sys.stdin:
            getattr(happening, said.strip())()
        server.should_exit = True

    threading.Thread(target=end_with_the_tests, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        server.run(sockets=[listening])
    wiring.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
