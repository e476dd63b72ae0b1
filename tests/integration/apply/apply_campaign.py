"""Seeded nights of a shop on which everything goes wrong, and what must hold after each of them."""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apply_desk import Desk
from faulty_platform import READ_FAULTS, WRITE_FAULTS, CrashError

from connectors.platform import BidChange
from service.applying import POINTS
from service.approval import State
from service.errors import ConflictError
from service.store import applications, audit, interventions, lines, proposals
from service.store.audit import AuditFilter
from service.store.lines import LineFilter
from service.store.rows import LineRow

DECIDED = {
    "applied",
    "conflict",
    "failed",
    "expired",
    "superseded",
    "rolled_back",
    "unknown",
    "approved",
}
SHOP: dict[str, Any] = {"keywords": 16, "batch_size": 5}
CLEAN = 0.6  # share of nights that end with a walk on which nothing fails


@dataclass
class Campaign:
    """One shop; ``spend`` is the truth that the proposals' figures are taken from, fen a day."""

    desk: Desk
    rng: random.Random
    cap_fen: int
    rate: dict[str, float] = field(default_factory=dict)
    approved: set[int] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for word, bid in self.desk.live().items():
            self.rate[word] = self.rng.uniform(20, 200) / bid**1.3
            self.seen[word] = bid
        self.desk.platform.before_write = self.check_write

    def spend(self, word: str, bid: int) -> int:
        """Spend grows faster than the bid, and more slowly than its square."""
        rate = self.rate.setdefault(word, self.rng.uniform(20, 200) / bid**1.3)
        return round(rate * bid**1.3)

    def night(self) -> None:
        """Plan, approve some, apply while things fail, settle, check."""
        desk, rng = self.desk, self.rng
        desk.next_morning()
        self.raise_a_budget()
        self.edit_elsewhere(rng.choice((0, 0, 0, 1, 2)))
        planned = self.plan()
        self.decide(planned)
        self.edit_elsewhere(rng.choice((0, 0, 0, 1)))
        self.break_things()
        self.throw_the_switch()
        for _ in range(rng.choice((1, 1, 2))):
            self.walk(self.when_to_die())
            desk.later(minutes=rng.choice((1, 6, 12)))
            self.edit_elsewhere(rng.choice((0, 0, 0, 0, 1)))
        self.roll_something_back()
        desk.platform.faults.clear()
        desk.platform.calls = None
        (desk.folder / "STOP").unlink(missing_ok=True)
        if rng.random() < CLEAN:
            self.walk(None)
            desk.later(minutes=12)
        self.counts["nights"] += 1
        self.check()

    def plan(self) -> list[LineRow]:
        desk, rng = self.desk, self.rng
        live = desk.live()
        words = [word for word in desk.words if rng.random() < 0.5]
        bids = {word: max(6, round(live[word] * rng.uniform(0.75, 1.25))) for word in words}
        spends = {
            word: (self.spend(word, live[word]), self.spend(word, bids.get(word, live[word])))
            for word in desk.words
        }
        planned = desk.plan(bids, spends=spends)
        self.seen = {word: bid or 0 for word, bid in desk.known_bids().items()}
        return planned

    def decide(self, planned: Sequence[LineRow]) -> None:
        desk, rng = self.desk, self.rng
        pending = [line for line in planned if line.state == State.PENDING]
        for line in pending:
            if rng.random() < 0.06:
                bid = max(6, round((line.bid_before_fen or 50) * rng.uniform(0.8, 1.4)))
                if bid != line.bid_before_fen and bid <= 2000:
                    desk.edit_line(line.line_id, bid)
        chosen = [line.line_id for line in pending if rng.random() < 0.8]
        desk.approve(chosen)
        self.approved |= set(chosen)
        self.counts["approved"] += len(chosen)
        taken_back = [line_id for line_id in chosen if rng.random() < 0.03]
        if taken_back:
            desk.withdraw(taken_back)
            self.approved -= set(taken_back)

    def edit_elsewhere(self, words: int) -> None:
        """People at work in the back office, on words of any kind."""
        for word in self.rng.sample(self.desk.words, words):
            bid = self.desk.live([word])[word]
            self.desk.platform.edit(word, max(7, round(bid * self.rng.uniform(0.7, 1.3)) + 1))
            self.counts["edited elsewhere"] += 1

    def raise_a_budget(self) -> None:
        if self.rng.random() < 0.1:
            campaign = self.desk.platform.roster().campaigns[0]
            self.desk.platform.budgets[campaign.campaign_id] = (
                campaign.daily_budget_fen or 0
            ) + 500
            self.counts["budgets raised"] += 1

    def break_things(self) -> None:
        rng, platform = self.rng, self.desk.platform
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            platform.arm("set_bids", rng.choice(WRITE_FAULTS), after=rng.choice((0, 0, 1, 2)))
        if rng.random() < 0.35:
            platform.arm("live_bids", rng.choice(READ_FAULTS), after=rng.randint(0, 3))
        if rng.random() < 0.1:
            platform.calls = rng.randint(0, 12)
            self.counts["short quotas"] += 1

    def throw_the_switch(self) -> None:
        if self.rng.random() < 0.07:
            (self.desk.folder / "STOP").write_text("looking at something")
            self.counts["stops"] += 1

    def when_to_die(self) -> tuple[str, int] | None:
        return (
            (self.rng.choice(POINTS), self.rng.randint(1, 3)) if self.rng.random() < 0.3 else None
        )

    def walk(self, death: tuple[str, int] | None) -> None:
        """One walk; it may die at a point of ``POINTS``, or inside a call."""
        reached: Counter[str] = Counter()

        def after(point: str) -> None:
            reached[point] += 1
            if (point, reached[point]) == death:
                raise CrashError(point)

        self.counts["walks"] += 1
        try:
            self.desk.apply(after=after)
        except CrashError:
            self.desk.process += 1
            self.counts["deaths"] += 1

    def roll_something_back(self) -> None:
        if self.rng.random() > 0.15:
            return
        with self.desk.store.read() as session:
            done = applications.batches(session, account_id="shop", states=("done",))
        if not done:
            return
        try:
            row = self.desk.roll_back(self.rng.choice(done[-4:]).batch_id)
        except (ConflictError, CrashError):
            return
        except Exception as error:  # the read may be one of those that fail tonight
            if "connectors" not in type(error).__module__:
                raise
            return
        with self.desk.store.read() as session:
            restored = lines.select_lines(session, LineFilter(proposal_id=row.proposal_id))
        self.desk.approve(line.line_id for line in restored)
        self.approved |= {line.line_id for line in restored}
        self.counts["rollbacks"] += 1

    def check_write(self, changes: Sequence[BidChange]) -> None:
        """At the moment of writing: every bid approved, no cap broken by what we know."""
        self.counts["writes"] += 1
        with self.desk.store.read() as session:
            under_way = lines.select_lines(
                session, LineFilter(account_id="shop", states=(State.APPLYING,))
            )
            approvals = audit_approvals(session, [line.line_id for line in under_way])
        of_word = {line.keyword_id: line for line in under_way}
        for change in changes:
            line = of_word.get(change.keyword_id)
            if line is None or approvals.get(line.line_id) != change.bid_fen:
                self.broken.append(f"{change} was sent without an approval")
        known = {word: bid or 0 for word, bid in self.desk.known_bids().items()}
        after = known | {change.keyword_id: change.bid_fen for change in changes}
        rises = any(change.bid_fen > known[change.keyword_id] for change in changes)
        total = sum(self.spend(word, bid) for word, bid in after.items())
        if rises and total > self.cap_fen + len(after) / 2:
            self.broken.append(f"a write would bring {total} fen a day, the cap is {self.cap_fen}")

    def check(self) -> None:
        """What must hold after every night."""
        desk = self.desk
        self.check_once()
        live, known = desk.live(), desk.known_bids()
        moving = LineFilter(account_id="shop", states=("unknown", "applying"))
        recent = tuple(sorted(self.approved)[-40:]) or (0,)
        with desk.store.read() as session:
            unsettled = lines.select_lines(session, moving)
            decided = lines.select_lines(session, LineFilter(line_ids=recent))
            batches = applications.batches(session, account_id="shop", states=applications.OPEN)
            left_open = applications.batch_lines(session, [batch.batch_id for batch in batches])
            hands_off = {row.keyword_id for row in interventions.hands_off(session, "shop")}
        marked = {line.keyword_id for line in unsettled}
        for word, bid in live.items():
            if bid != known[word] and word not in marked and word not in desk.platform.edited:
                self.broken.append(f"{word} stands at {bid}, the store says {known[word]}")
        for line in decided:
            if line.state not in DECIDED and line.line_id not in {one.line_id for one in left_open}:
                self.broken.append(f"the approved line {line.line_id} is {line.state}")
        self.counts["left to people"] = max(self.counts["left to people"], len(hands_off))
        self.release_some(hands_off)

    def check_once(self) -> None:
        """No bid twice a day for one approval: a word's changes today are as many as its lines."""
        today = self.desk.today
        effects: Counter[str] = Counter(
            one.keyword_id for one in self.desk.platform.effects if one.day == today
        )
        with self.desk.store.read() as session:
            found = applications.batches(session, account_id="shop")
            rows = applications.batch_lines(
                session, [batch.batch_id for batch in found if batch.business_date == today]
            )
        of_word: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            of_word[row.keyword_id].add(row.line_id)
        for word, number in effects.items():
            if number > len(of_word[word]):
                self.broken.append(f"{word} was written {number} times on {today}")
        self.counts["bids set"] += sum(effects.values())

    def release_some(self, hands_off: set[str]) -> None:
        from service import outside

        for word in sorted(hands_off)[: self.rng.randint(0, 3)]:
            with self.desk.store.begin() as session:
                outside.release(session, "shop", word, self.desk.origin())

    def totals(self) -> Counter[str]:
        """Everything counted, with the final states of lines and what went wrong on the line."""
        self.counts.update(Counter(f"fault: {fault}" for fault in self.desk.platform.happened))
        with self.desk.store.read() as session:
            states = Counter(
                line.state
                for line in lines.select_lines(session, LineFilter(account_id="shop"))
                if line.line_id in self.approved
            )
            alerts = len(interventions.alerts(session))
            edits = len(
                audit.page(session, AuditFilter(action="bid_changed_elsewhere"), limit=100_000)
            )
            rolled = len(proposals.page(session, kind="rollback", limit=100_000))
        self.broken += [f"a line is {state}" for state in set(states) - DECIDED - {"applying"}]
        self.counts.update({f"line {state}": number for state, number in states.items()})
        self.counts.update(
            {"alerts": alerts, "edits on record": edits, "rollback proposals": rolled}
        )
        return self.counts


def audit_approvals(session: object, line_ids: Sequence[int]) -> dict[int, int]:
    """line_id → the bid of its newest approval, read from the raw record."""
    found: dict[int, int] = {}
    for line_id in line_ids:
        events = audit.page(session, AuditFilter(line_id=line_id, action="approve"), limit=1)  # type: ignore[arg-type]
        if events:
            found[line_id] = int((events[0].after or {})["bid_fen"])
    return found


def start(desk: Desk, seed: int) -> Campaign:
    """A campaign whose cap lies a little above or below what the shop spends now."""
    rng = random.Random(seed)
    campaign = Campaign(desk, rng, 0)
    total = sum(campaign.spend(word, bid) for word, bid in desk.live().items())
    cap = round(total * rng.uniform(0.95, 1.5))
    campaign.cap_fen = cap
    budgets = desk.account.budgets.model_copy(update={"daily": Decimal(cap) / 100})
    desk.account = desk.account.model_copy(update={"budgets": budgets})
    return campaign


def main(arguments: Sequence[str]) -> None:
    """``python apply_campaign.py SHOPS NIGHTS``: run it at length and print what was counted."""
    import shutil
    import tempfile
    from pathlib import Path

    from service.store import open_store

    shops, nights = int(arguments[1]), int(arguments[2])
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name) / "empty.db"
        store = open_store(f"sqlite:///{empty}")
        store.migrate()
        store.close()
        for seed in range(shops):
            folder = Path(name) / str(seed)
            folder.mkdir()
            shutil.copy(empty, folder / "kaiche.db")
            desk = Desk(f"sqlite:///{folder / 'kaiche.db'}", folder, **SHOP, seed=seed)
            campaign = start(desk, seed)
            for _ in range(nights):
                campaign.night()
            counted += campaign.totals()
            counted["broken promises"] += len(campaign.broken)
            print(f"shop {seed}: {len(campaign.broken)} broken", *campaign.broken[:5], sep="\n  ")
            desk.close()
    for what, number in sorted(counted.items()):
        print(f"{number:8} {what}")


if __name__ == "__main__":
    main(sys.argv)
