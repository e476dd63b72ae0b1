"""A desk: a sandbox shop, a store, a clock that the test moves, and a person who approves."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from faulty_platform import FaultyPlatform

from connectors.sandbox import SandboxPlatform
from service import applying, outside, pull, rollback, tonight
from service.applying import ApplyContext, Who
from service.approval import Action
from service.audit import Origin
from service.decisions import decide, edit
from service.planning import Decision
from service.publish import publish
from service.settings.models import Account
from service.store import Store, applications, facts, interventions, lines, open_store, roster, runs
from service.store.applications import ApplicationRow
from service.store.interventions import RollbackRow
from service.store.lines import LineFilter
from service.store.rows import LineRow, NewLine, RunRow

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # 08:30 in the shop
ROOMY = Decimal(1_000_000)


@dataclass
class Desk:
    """Opens the shop of ``seed``; every ``process`` is another owner of leases."""

    url: str
    folder: Path
    keywords: int = 40
    seed: int = 7
    daily: Decimal = ROOMY
    campaigns: Mapping[str, Decimal] = field(default_factory=dict)
    state: Path | None = None
    batch_size: int = 200
    now: datetime = MORNING
    process: int = 1
    opened: Store | None = None
    report_days: int = 0
    history_days: int = 7

    def __post_init__(self) -> None:
        self.store = self.opened or open_store(self.url)
        self.rng = random.Random(self.seed)
        self.account = Account.model_validate(
            {
                "id": "shop",
                "connector": {"kind": "sandbox"},
                "budgets": {"daily": self.daily, "campaigns": dict(self.campaigns)},
                "economics": [{"margin_rate": 0.4}],
                "objective": "profit",
            }
        )
        self.open_shop()

    def open_shop(self) -> None:
        """The sandbox in this process, behind a line that fails on demand."""
        inner = SandboxPlatform(
            clock=lambda: self.today,
            seed=self.seed,
            keywords=self.keywords,
            history_days=self.history_days,
            state=self.state,
        )
        self.platform = FaultyPlatform(inner, lambda: self.now, lambda: self.today, self.rng)
        self.words = [word.keyword_id for word in inner.roster().keywords if word.biddable]

    def close(self) -> None:
        self.store.close()

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def origin(self, actor: str = "小王") -> Origin:
        return Origin(at=self.now, actor=actor, source="cli")

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)
        self.time_passed()

    def next_morning(self) -> None:
        self.now = datetime.combine(self.now.date() + timedelta(days=1), MORNING.timetz())
        self.time_passed()

    def time_passed(self) -> None:
        """What was late arrives."""
        self.platform.settle_late()

    def pull(self, ahead: int = 0) -> RunRow:
        """The night's second and third step, of a business date so many days ahead."""
        run = RunRow(
            run_id=str(uuid.uuid4()),
            account_id="shop",
            business_date=self.today + timedelta(days=ahead),
            state="running",
            step="open",
            trigger="cli",
            attempt=1,
            lease_owner="night",
            lease_until_at=self.now + timedelta(hours=1),
            started_at=self.now,
            finished_at=None,
            cutoff_at=None,
            seed=7,
            inputs_hash=None,
            config_hash=None,
            code_version=None,
            cause=None,
            counts={},
            review=(),
        )
        pulled = pull.fetch(
            self.platform,
            self.today - timedelta(days=self.report_days),
            self.today - timedelta(days=1),
            lambda _: None,
            now=self.now,
            zone=ZONE,
        )
        with pulled, self.store.begin() as session:
            runs.open_run(session, run, is_gone=lambda _: False)
            given = pull.given_of(self.account, self.today, pulled)
            pull.store(session, run, pulled, given, self.origin("kaiche"))
        return run

    def plan(
        self,
        bids: Mapping[str, int],
        spends: Mapping[str, tuple[int, int]] | None = None,
        ahead: int = 0,
    ) -> list[LineRow]:
        """Pull, and lay a proposal on the table that moves these words to these bids."""
        run = self.pull(ahead)
        spends = spends or {}
        with self.store.read() as session:
            words = roster.keywords(session, "shop")
            locked = outside.locked_words(session, "shop")
        new = tuple(
            new_line(
                word.keyword_id,
                word.campaign_id,
                word.bid_fen or 0,
                bids.get(word.keyword_id) if word.keyword_id not in locked else None,
                spends.get(word.keyword_id, (100, 110)),
            )
            for word in words
        )
        decision = Decision(
            lines=new, totals={}, frontier=(), status="optimal", review="PASS", content_hash="0"
        )
        limits = tonight.decide(self.account, self.today, (), 0, ())
        with self.store.begin() as session:
            proposal, _ = publish(
                session, self.account, run, limits, decision, (), self.origin("kaiche")
            )
            runs.finish(session, run, "succeeded", at=self.now)
            return lines.select_lines(session, LineFilter(proposal_id=proposal.proposal_id))

    def approve(self, line_ids: Iterable[int]) -> None:
        with self.store.begin() as session:
            wanted = LineFilter(line_ids=tuple(line_ids))
            decide(session, Action.APPROVE, self.origin(), wanted)

    def withdraw(self, line_ids: Iterable[int]) -> None:
        with self.store.begin() as session:
            decide(session, Action.WITHDRAW, self.origin(), LineFilter(line_ids=tuple(line_ids)))

    def edit_line(self, line_id: int, bid_fen: int) -> None:
        with self.store.begin() as session:
            edit(session, self.origin(), line_id, bid_fen, self.account.guardrails)

    def night(self, bids: Mapping[str, int], **more: Any) -> dict[str, LineRow]:
        """Plan and approve all of it; keyword_id → line."""
        planned = self.plan(bids, **more)
        self.approve(line.line_id for line in planned if line.state == "pending")
        return {
            line.keyword_id: self.line(line.line_id) for line in planned if line.keyword_id in bids
        }

    def context(self, **more: Any) -> ApplyContext:
        owner = f"process {self.process}"
        values: dict[str, Any] = {
            "store": self.store,
            "platform": lambda *_: self.platform,
            "clock": lambda: self.now,
            "stop_file": self.folder / "STOP",
            "batch_size": self.batch_size,
            "owner": owner,
            "is_gone": lambda holder: holder != owner,
        }
        return ApplyContext(**values | more)

    def apply(self, **more: Any) -> ApplicationRow:
        return applying.apply(self.context(**more), self.account, Who(actor="小王", source="cli"))

    def resume(self) -> str | None:
        return applying.resume(self.context(), self.account, Who(actor="kaiche", source="schedule"))

    def roll_back(self, undoes: str, reason: str = "改错了") -> RollbackRow:
        looked = rollback.look(self.store, self.platform.live_bids, undoes)
        with self.store.begin() as session:
            return rollback.propose(session, looked, self.origin(), reason, self.today)

    def line(self, line_id: int) -> LineRow:
        with self.store.read() as session:
            return lines.get(session, line_id)

    def states(self, of: Mapping[str, LineRow]) -> dict[str, str]:
        return {word: self.line(line.line_id).state for word, line in of.items()}

    def live(self, words: Sequence[str] | None = None) -> dict[str, int]:
        return dict(self.platform.true_bids(words or self.words))

    def known_bids(self) -> dict[str, int | None]:
        with self.store.read() as session:
            return dict(roster.last_bids(session, "shop"))

    def batches(self) -> list[applications.BatchRow]:
        with self.store.read() as session:
            return applications.batches(session, account_id="shop")

    def hands_off(self) -> set[str]:
        with self.store.read() as session:
            return {row.keyword_id for row in interventions.hands_off(session, "shop")}

    def spend_history(self) -> list[facts.DayTotals]:
        with self.store.read() as session:
            return facts.day_totals(session, "shop", date(2026, 1, 1), self.today)


def new_line(
    keyword_id: str, campaign_id: str, before: int, bid: int | None, spend: tuple[int, int]
) -> NewLine:
    moved = bid is not None and bid != before
    after = bid if bid is not None and moved else before
    return NewLine(
        keyword_id=keyword_id,
        adgroup_id="g1",
        campaign_id=campaign_id,
        word=f"词{keyword_id[-4:]}",
        match="exact",
        state="pending" if moved else "held",
        bid_before_fen=before,
        bid_proposed_fen=after,
        bid_fen=after,
        change_rate=after / before - 1,
        reason="raise_marginal_return"
        if after > before
        else "lower_unprofitable"
        if moved
        else "hold_noise",
        binding=None,
        explore=False,
        marginal_return=0.9,
        expected={
            "spend": {"before": spend[0] / 100, "after": spend[1] / 100, "p05": 0.0, "p95": 9.0}
        },
        spend_before_fen=spend[0],
        spend_after_fen=spend[1] if moved else spend[0],
        contribution_before_fen=spend[0],
        contribution_after_fen=spend[1] + 10 if moved else spend[0],
    )
