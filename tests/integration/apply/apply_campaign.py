"""Seeded nights over HTTP on which everything goes wrong, and what must hold after each of them.

``python tests/integration/apply/apply_campaign.py SHOPS NIGHTS`` runs it at length, half of the
shops through each generation of the interface, and prints what was counted.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import promises
from fault_deck import PARTS, Card, Deck
from faulty_platform import CrashError
from promises import PERSON
from wired_desk import WiredDesk

from connectors.errors import ConnectorError
from connectors.sandbox.gateway import Fault, Limits
from service import outside
from service.applying import POINTS
from service.approval import State
from service.errors import ConflictError, RunInProgressError
from service.store import applications, audit, interventions, lines, proposals
from service.store.audit import AuditFilter
from service.store.lines import LineFilter
from service.store.rows import LineRow

GENERATIONS = ("simba", "universalbp")
SHOP: dict[str, Any] = {"keywords": 16, "batch_size": 5, "report_days": 1}
DEATHS = (*POINTS, "before the write", "after the write")
CLEAN = 0.4  # share of nights that end with a walk on which nothing fails


@dataclass
class Campaign:
    """One shop. ``rate`` is the truth that the proposals' figures are taken from, fen a day."""

    desk: WiredDesk
    rng: random.Random
    cap_fen: int = 0
    campaign_caps: dict[str, int] = field(default_factory=dict)
    rate: dict[str, float] = field(default_factory=dict)
    approved: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    dealt: list[tuple[Card, Fault]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deck = Deck(self.desk.generation, self.rng, self.desk.seed // 2 % PARTS)
        shop = self.desk.shop
        self.home = {
            word.keyword_id: word.campaign_id for word in self.desk.platform.roster().keywords
        }
        for word, bid in shop.live().items():
            self.rate[word] = self.rng.uniform(400, 4_000) / bid**1.3
        shop.before_write = self.check_write
        self.set_caps()

    def set_caps(self) -> None:
        """Caps about what is spent now: the account's in every other shop, else its campaigns'."""
        tight, roomy = (0.95, 1.2), (1.5, 2.0)
        account, campaign = (roomy, tight) if self.deck.part % 2 else (tight, roomy)
        desk, spends = self.desk, self.spends(self.desk.shop.live())
        self.cap_fen = round(sum(spends.values()) * self.rng.uniform(*account))
        desk.account = desk.account.model_copy(
            update={
                "budgets": desk.account.budgets.model_copy(
                    update={"daily": Decimal(self.cap_fen) / 100}
                )
            }
        )
        for campaign_id, index in desk.shop.front.campaigns.items():
            own = sum(fen for word, fen in spends.items() if self.home[word] == campaign_id)
            cap = max(30, round(own * self.rng.uniform(*campaign) / 100)) * 100
            self.campaign_caps[campaign_id] = cap
            desk.shop.front.shop.set_budget(index, cap, PERSON)

    def spends(self, bids: Mapping[str, int]) -> dict[str, int]:
        """Spend grows faster than the bid, and more slowly than its square."""
        return {word: round(self.rate[word] * bid**1.3) for word, bid in bids.items()}

    def night(self) -> None:
        """Pull, plan, approve some, apply and verify while things fail, check."""
        desk, rng = self.desk, self.rng
        desk.next_morning()
        self.mend()
        self.raise_a_budget()
        self.edit_elsewhere(rng.choice((0, 0, 0, 1, 2)))
        self.decide(self.plan())
        if rng.random() < 0.7:
            self.mend()
        self.edit_elsewhere(rng.choice((0, 0, 0, 1)))
        self.forge_a_bid()
        self.break_things()
        for _ in range(rng.choice((1, 1, 1, 1, 1, 2))):
            self.walk(self.when_to_die())
            desk.later(minutes=rng.choice((1, 6, 12)))
            self.edit_elsewhere(rng.choice((0, 0, 0, 0, 1)))
        self.roll_something_back()
        self.mend()
        if rng.random() < CLEAN:
            self.walk(None)
            desk.later(minutes=12)
        self.counts["nights"] += 1
        self.check()

    def mend(self) -> None:
        """Cards that befell nobody go back; the world is in order again."""
        faults = self.desk.shop.gateway.faults
        happened = {id(fault) for _, _, fault in faults.happened}
        self.deck.give_back(card for card, fault in self.dealt if id(fault) not in happened)
        self.dealt.clear()
        self.desk.shop.mend()
        (self.desk.folder / "STOP").unlink(missing_ok=True)

    def deal(self, place: str, after: int) -> None:
        """Let the next card of a place befall a call of tonight."""
        card = self.deck.draw(place)
        fault = replace(card.fault, draw=self.rng.randint(0, 1 << 30))
        self.dealt.append((card, fault))
        for _ in range(card.times):
            self.desk.shop.arm(fault, after=after)

    def plan(self) -> list[LineRow]:
        """The night's pull and proposal; none when the pull fails."""
        desk, rng = self.desk, self.rng
        if rng.random() < 0.45:
            self.deal("pull", 0)
        live = desk.shop.live()
        words = [word for word in desk.words if rng.random() < 0.5]
        bids = {word: max(6, round(live[word] * rng.uniform(0.75, 1.25))) for word in words}
        now = self.spends(live)
        then = self.spends(live | bids)
        try:
            planned = desk.plan(bids, spends={word: (now[word], then[word]) for word in live})
        except ConnectorError as error:
            self.counts[f"pull failed: {type(error).__name__}"] += 1
            return []
        self.counts["pulls"] += 1
        self.check_stands()
        return planned

    def decide(self, planned: Sequence[LineRow]) -> None:
        """Edit a few lines, approve most, take a few back."""
        desk, rng = self.desk, self.rng
        pending = [line for line in planned if line.state == State.PENDING]
        for line in pending:
            if rng.random() < 0.06:
                bid = max(6, round((line.bid_before_fen or 50) * rng.uniform(0.8, 1.4)))
                if bid != line.bid_before_fen and bid <= 2000:
                    desk.edit_line(line.line_id, bid)
        chosen = [line.line_id for line in pending if rng.random() < 0.8]
        if not chosen:
            return
        desk.approve(chosen)
        self.approved |= set(chosen)
        self.counts["approved"] += len(chosen)
        taken_back = [line_id for line_id in chosen if rng.random() < 0.03]
        if taken_back:
            desk.withdraw(taken_back)
            self.approved -= set(taken_back)

    def edit_elsewhere(self, words: int) -> None:
        """People at work in the back office."""
        for word in self.rng.sample(self.desk.words, words):
            bid = self.desk.live([word])[word]
            wanted = max(7, round(bid * self.rng.uniform(0.7, 1.3)) + 1)
            self.desk.shop.front.edit_as_person({word: wanted})
            self.counts["edited elsewhere"] += 1

    def forge_a_bid(self) -> None:
        """Somebody changes an approved bid in the database itself."""
        if self.rng.random() < 0.06:
            with self.desk.store.begin() as session:
                self.counts["bids forged"] += promises.forge(session, self.rng.randint(1, 9))

    def raise_a_budget(self) -> None:
        """The platform's doing; now and then a person accepts what it did."""
        desk, rng = self.desk, self.rng
        if rng.random() < 0.1:
            shop = desk.shop
            shop.gateway.raise_budget(shop.front, rng.randrange(len(shop.front.campaigns)))
            self.counts["budgets raised"] += 1
        if rng.random() < 0.05:
            with desk.store.begin() as session:
                for alert in interventions.alerts(session, open_only=True):
                    outside.acknowledge(session, alert.alert_id, desk.origin())
            with desk.store.read() as session:
                self.campaign_caps |= promises.budgets(session)

    def break_things(self) -> None:
        """Faults of tonight's walks, short quotas, slow paces, the kill switch."""
        desk, rng = self.desk, self.rng
        for _ in range(rng.choice((0, 1, 1, 2))):
            self.deal("write", rng.choice((0, 0, 0, 1)))
        if rng.random() < 0.4:
            self.deal("read", rng.choice((0, 1, 2, 2, 3)))
        if rng.random() < 0.08:
            desk.shop.allow(rng.randint(0, 12))
            self.counts["quota ends mid-way"] += 1
        elif rng.random() < 0.08:
            desk.known_quota(rng.randint(0, 12))
            self.counts["quota known to be short"] += 1
        elif rng.random() < 0.1:
            desk.shop.gateway.meter.limits = Limits(per_second=1)
            self.counts["one call a second"] += 1
        if rng.random() < 0.05:
            (desk.folder / "STOP").write_text("looking at something")
            self.counts["stops"] += 1

    def when_to_die(self) -> tuple[str, int] | None:
        rng = self.rng
        return (rng.choice(DEATHS), rng.randint(1, 2)) if rng.random() < 0.3 else None

    def walk(self, death: tuple[str, int] | None) -> None:
        """One walk; it may die at a point of ``DEATHS``."""
        reached: Counter[str] = Counter()

        def after(point: str) -> None:
            reached[point] += 1
            if (point, reached[point]) == death:
                raise CrashError(point)

        self.counts["walks"] += 1
        self.desk.shop.at_write = after
        try:
            done = self.desk.apply(after=after)
        except CrashError as crash:
            self.desk.restart()
            self.counts[f"died: {crash}"] += 1
        except RunInProgressError:
            self.counts["leases lost"] += 1
        else:
            self.counts[f"walk {done.state} {done.halt or ''}".strip()] += 1
        finally:
            self.desk.shop.at_write = lambda _: None

    def roll_something_back(self) -> None:
        """A person undoes a batch, through the same door."""
        if self.rng.random() > 0.1:
            return
        with self.desk.store.read() as session:
            done = applications.batches(session, account_id="shop", states=("done",))
        if not done:
            return
        try:
            row = self.desk.roll_back(self.rng.choice(done[-4:]).batch_id)
        except (ConflictError, ConnectorError):
            return
        with self.desk.store.read() as session:
            restored = lines.select_lines(session, LineFilter(proposal_id=row.proposal_id))
        self.desk.approve(line.line_id for line in restored)
        self.approved |= {line.line_id for line in restored}
        self.counts["rollbacks"] += 1

    def check_write(self, bids: Mapping[str, int]) -> None:
        """At the moment of writing: approved, no switch thrown, no cap broken by our own bids.

        A bid that a person set since the last pull counts as the store knows it.
        """
        desk = self.desk
        self.counts["writes"] += 1
        if (desk.folder / "STOP").exists():
            self.broken.append("a write left although the kill switch was thrown")
        with desk.store.read() as session:
            under_way = promises.under_way(session)
            known = promises.known_bids(session)
        for word, bid in bids.items():
            if under_way.get(word) != bid:
                self.broken.append(f"{word} was sent at {bid}, under way is {under_way.get(word)}")
        before = promises.of_word(desk.shop.journal(), known, desk.looked_at)
        self.check_caps(before | bids, {word for word, bid in bids.items() if bid > before[word]})

    def check_caps(self, after: Mapping[str, int], raised: set[str]) -> None:
        """What the account and its campaigns would spend where bids rise, rounding apart."""
        spends = self.spends(after)
        caps = {"the account": (self.cap_fen, set(spends))}
        for campaign_id, cap in self.campaign_caps.items():
            caps[campaign_id] = cap, {word for word in spends if self.home[word] == campaign_id}
        for name, (cap, words) in caps.items():
            total = sum(spends[word] for word in words)
            if raised & words and total > cap + len(words) / 2:
                self.broken.append(f"raises would bring {name} to {total} fen, its cap is {cap}")
        self.counts["raises held against caps"] += len(raised)

    def check_stands(self) -> None:
        """The shop stands as the store says, or is marked."""
        desk = self.desk
        with desk.store.read() as session:
            self.broken += promises.strays(
                session, desk.shop.journal(), desk.live(), desk.looked_at
            )

    def check(self) -> None:
        """What must hold after every night."""
        desk, today = self.desk, self.desk.today
        journal = desk.shop.journal()
        recent = sorted(self.approved)[-60:]
        with desk.store.read() as session:
            self.broken += promises.rewritten(session, journal, today - timedelta(days=1))
            self.broken += promises.lost(session, recent)
            hands_off = {row.keyword_id for row in interventions.hands_off(session, "shop")}
        self.check_stands()
        for word in sorted(hands_off)[: self.rng.randint(0, 3)]:
            with desk.store.begin() as session:
                outside.release(session, "shop", word, desk.origin())

    def totals(self) -> Counter[str]:
        """Everything counted, with the final states of lines and what went wrong on the line."""
        desk = self.desk
        journal = desk.shop.journal()
        with desk.store.read() as session:
            self.broken += promises.rewritten(session, journal, journal[0].day)
            self.broken += promises.lost(session, self.approved)
            states = Counter(
                line.state
                for line in lines.select_lines(session, LineFilter(account_id="shop"))
                if line.line_id in self.approved
            )
            edits = audit.page(session, AuditFilter(action="bid_changed_elsewhere"), limit=100_000)
            rolled = proposals.page(session, kind="rollback", limit=100_000)
        self.counts.update({f"line {state}": number for state, number in states.items()})
        faults = desk.shop.gateway.faults.counts()
        self.counts.update({f"fault: {kind}": number for kind, number in faults.items()})
        self.counts.update({f"card: {name}": number for name, number in self.deck.dealt.items()})
        self.counts["bids set"] = sum(change.actor == promises.API for change in journal)
        self.counts["edits on record"] = len(edits)
        self.counts["rollback proposals"] = len(rolled)
        self.counts["calls"] = desk.shop.gateway.calls
        return self.counts


def main(arguments: Sequence[str]) -> None:
    """Run so many shops for so many nights; print what was counted and what was broken."""
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
            generation = GENERATIONS[seed % 2]
            url = f"sqlite:///{folder / 'kaiche.db'}"
            desk = WiredDesk(url, folder, **SHOP, seed=seed, generation=generation)
            campaign = Campaign(desk, random.Random(seed))
            for _ in range(nights):
                campaign.night()
            counted += campaign.totals()
            counted["broken promises"] += len(campaign.broken)
            print(f"shop {seed}, {generation}: {len(campaign.broken)} broken")
            print(*campaign.broken[:5], sep="\n", flush=True)
            desk.close()
    for what, number in sorted(counted.items()):
        print(f"{number:8} {what}")


if __name__ == "__main__":
    main(sys.argv)
