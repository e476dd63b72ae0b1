"""Kills applying processes with SIGKILL wherever a walk can be, and resumes after them.

The gateway lives in a process of its own and is talked to over a socket; every death is that of
another process, on another night of the same shop. Run by test_kill.py; prints one JSON object a
death. No database is open while a process is forked.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx
import promises
from apply_desk import MORNING, Desk
from promises import API, Change
from wire import TINY, WRITE, is_write, method_of

from connectors.sandbox import SandboxPlatform
from connectors.sandbox.gateway import (
    SandboxClock,
    ShopSpec,
    admin_token_of,
    app_of,
    listen,
    open_gateway,
    url_of,
)
from connectors.sandbox.gateway import run as serve_until_told
from connectors.taobao.shop import Generation
from service import leases, platforms
from service.settings.models import Account
from service.settings.platform_secrets import APP_KEY, PlatformSecrets
from service.settings.secrets import APP_SECRET
from service.simulated import SimulatedShops

SEED = 5
SPEC = ShopSpec(
    nick="沙盒旗舰店",
    session="session-of-the-shop",
    seed=SEED,
    scenario=replace(TINY, keywords=8),
    history_days=7,
)
WAITING = "waiting for the answer"
READS = (1, 11, 11)  # minutes until the next walk


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], object]) -> int:
    """The id of a process that does ``work`` and ends."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    return pid


def ended(pid: int) -> int:
    """How a process ended; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Deadly(httpx.HTTPTransport):
    """Dies around a write: before its bytes leave, or when the answer has come."""

    def __init__(self, reached: Callable[[str], None]) -> None:
        super().__init__()
        self._reached = reached

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request, if we live."""
        writes = is_write(method_of(request))
        if writes:
            self._reached("before the write")
        response = super().handle_request(request)
        if writes:
            self._reached("after the write")
        return response


@dataclass
class LoopbackDesk(Desk):
    """A desk whose shop is reached as any other: configuration, secrets, socket.

    ``witness`` opens the shop's own file and sees what was really set.
    """

    generation: Generation = "simba"
    gateway: str = ""

    def open_shop(self) -> None:
        self.witness = SandboxPlatform(
            clock=lambda: self.today,
            seed=SPEC.seed,
            keywords=SPEC.scenario.keywords,
            history_days=SPEC.history_days,
            state=self.state,
            scenario=SPEC.scenario,
        )
        self.words = [row.keyword_id for row in self.witness.roster().keywords if row.biddable]
        connector = {"kind": "taobao", "generation": self.generation, "nick": SPEC.nick}
        connector["gateway"] = f"{self.gateway}/router/rest"
        given = self.account.model_dump() | {"connector": connector}
        self.account = Account.model_validate(given)
        self.reach()

    def reach(self) -> None:
        """Open the account's platform as a new process does."""
        app = app_of(SEED)
        values = {APP_KEY: app.key, APP_SECRET: app.secret, "KAICHE_SESSION_SHOP": SPEC.session}
        self.platforms = platforms.Platforms(
            self.store,
            PlatformSecrets(values=values),
            SimulatedShops((), lambda: self.now),
            clock=lambda: self.now,
            sleep=lambda seconds: self.later(seconds=seconds),
        )
        self.platform = self.platforms(self.account, self.today)
        self.driver = httpx.Client(
            base_url=f"{self.gateway}/sandbox",
            headers={"Authorization": f"Bearer {admin_token_of(SEED)}"},
            trust_env=False,
        )

    def let_go(self) -> None:
        """Close every connection; ``reach`` opens new ones."""
        self.platforms.close()
        self.driver.close()
        self.store.close()

    def time_passed(self) -> None:
        """The gateway's clock goes with ours."""
        self.ask("clock", {"now": self.now.isoformat()})

    def ask(self, path: str, wish: Mapping[str, object]) -> Mapping[str, Any]:
        """Drive the gateway."""
        answer = self.driver.post(path, json=wish)
        answer.raise_for_status()
        found: Mapping[str, Any] = answer.json()
        return found

    def live(self, words: Sequence[str] | None = None) -> dict[str, int]:
        return dict(self.witness.live_bids(words or self.words))

    def journal(self) -> list[Change]:
        """Everything that was really set."""
        first = self.witness.first_day
        return [
            Change(number=number, day=day, keyword_id=word, bid_fen=bid, actor=actor)
            for number, (day, word, bid, actor) in enumerate(
                self.witness.bid_changes(first, self.today)
            )
        ]


def apply_and_die(desk: LoopbackDesk, place: str, occurrence: int) -> None:
    """A walk in a process of its own, up to its end."""
    reached: Counter[str] = Counter()

    def maybe(point: str) -> None:
        reached[point] += 1
        if (point, reached[point]) == (place, occurrence):
            die()

    platforms.open_client = lambda _: httpx.Client(transport=Deadly(maybe), timeout=60)  # type: ignore[assignment]
    desk.reach()
    desk.apply(after=maybe, owner=leases.token(), is_gone=leases.is_gone)


def kill_while_it_waits(desk: LoopbackDesk, pid: int) -> None:
    """Kill the process once its write has been carried out and the answer is held back."""
    while not desk.ask("state", {})["faults"].get("slow", 0):
        pass
    os.kill(pid, signal.SIGKILL)


def death(desk: LoopbackDesk, place: str, occurrence: int) -> dict[str, Any]:
    """One night: approve, die, resume three times, look."""
    desk.next_morning()
    before = desk.live()
    odd = desk.today.toordinal() % 2  # what goes up tonight comes down tomorrow
    wanted = {
        word: bid + (4 if i % 2 == odd else -4) for i, (word, bid) in enumerate(before.items())
    }
    approved = desk.night(wanted)
    desk.ask("faults", {"clear": True})
    if place == WAITING:
        slow = {"kind": "slow", "method": WRITE[desk.generation], "seconds": 120}
        desk.ask("faults", {"next": [slow]})
    desk.let_go()
    pid = forked(lambda: apply_and_die(desk, place, occurrence))
    desk.reach()
    if place == WAITING:
        kill_while_it_waits(desk, pid)
    killed = ended(pid)
    for minutes in READS:
        desk.later(minutes=minutes)
        desk.apply(owner=leases.token(), is_gone=leases.is_gone)
    return {"place": place, "killed": killed, **found(desk, wanted, approved)}


def found(
    desk: LoopbackDesk, wanted: Mapping[str, int], approved: Mapping[str, Any]
) -> dict[str, Any]:
    """What stands where after a night, and what of it is broken."""
    journal = desk.journal()
    with desk.store.read() as session:
        broken = [
            *promises.rewritten(session, journal, desk.today),
            *promises.strays(session, journal, desk.live(), 0),
            *promises.lost(session, [line.line_id for line in approved.values()]),
        ]
    return {
        "broken": broken,
        "states": dict(Counter(desk.states(approved).values())),
        "wanted": wanted,
        "live": desk.live(),
        "known": desk.known_bids(),
        "written": Counter(
            one.keyword_id for one in journal if one.actor == API and one.day == desk.today
        ),
    }


def main(arguments: Sequence[str]) -> None:
    """``kill_campaign.py PLAN GENERATION FOLDER``: PLAN is a list of (place, occurrence)."""
    plan, generation, folder = json.loads(arguments[1]), arguments[2], Path(arguments[3])
    os.environ["NO_PROXY"] = "127.0.0.1"
    spec = replace(SPEC, state=folder / "shop.sqlite3")
    gateway = open_gateway(SEED, [spec], SandboxClock.standing(MORNING))
    listener = listen()
    listener.listen()
    address = url_of(listener)
    server = forked(lambda: serve_until_told(gateway, listener))
    listener.close()
    try:
        desk = LoopbackDesk(
            f"sqlite:///{folder / 'kaiche.db'}",
            folder,
            state=spec.state,
            batch_size=4,
            generation=generation,
            gateway=address,
        )
        for place, occurrence in plan:
            print(json.dumps(death(desk, place, occurrence)), flush=True)
        desk.let_go()
    finally:
        os.kill(server, signal.SIGTERM)
        ended(server)


if __name__ == "__main__":
    main(sys.argv)
