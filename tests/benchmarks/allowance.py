"""Whether the slight loss keeps its word: days and months over the allowance, and how much was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from scipy.stats import norm

from connectors.sandbox.scenario import Scenario
from service.ledger import assess
from service.settings.models import Allowance
from service.store.rows import LedgerDay
from tests.benchmarks import scenarios
from tests.benchmarks.extent import Extent
from tests.benchmarks.market import LOSS_OF_SPEND, usual_spend
from tests.benchmarks.peers import Kaiche
from tests.benchmarks.shop import FIRST_DAY, HISTORY_DAYS, Shop
from tests.benchmarks.tables import Row, Table
from tests.benchmarks.workers import spread

CONFIDENCE = 0.9
WINDOW_DAYS = 30
CAP_IN_DAYS = 15  # a window may lose so many days' amounts, as in the shipped configuration


@dataclass(frozen=True, slots=True)
class Job:
    """One shop under an allowance for so many nights."""

    scenario: Scenario
    seed: int
    nights: int


def run(extent: Extent) -> list[Table]:
    """Shares of days and of 30-day windows whose realised loss broke what had been promised."""
    jobs = [
        Job(scenario, seed, extent.allowance_nights)
        for seed in range(1, extent.allowance_seeds + 1)
        for scenario in scenarios.kinds(extent.slight_names, extent.words or extent.allowance_words)
    ]
    shops = spread(shop_of, jobs, extent.processes)
    rows = [
        _row(name, [row for row in shops if row["scenario"] == name])
        for name in extent.slight_names
    ]
    title = f"The slight loss over {extent.allowance_nights} nights, promised at {CONFIDENCE:.0%}"
    return [Table(title, rows, shops)]


@dataclass
class Books:
    """The owner's allowance and what every day so far has cost, as the service keeps it."""

    allowance: Allowance
    tonight: list[float] = field(default_factory=list)

    @classmethod
    def open(cls, amount: float, nights: int) -> Books:
        """``amount`` yuan a day from the first night on, half as much in a whole window."""
        first = date.fromordinal(FIRST_DAY + HISTORY_DAYS)
        return cls(
            Allowance(
                amount=Decimal(f"{amount:.2f}"),
                window_days=WINDOW_DAYS,
                window_cap=Decimal(f"{CAP_IN_DAYS * amount:.2f}"),
                start_date=first,
                end_date=first + timedelta(days=nights),
                confidence=CONFIDENCE,
                min_marginal_return=0.0,
            )
        )

    def policy(self, shop: Shop, maturity: Sequence[float]) -> Mapping[str, Any]:
        """Tonight's share of what is left, from the ledger."""
        state = assess(_days(shop, maturity), self.allowance, date.fromordinal(shop.today))
        self.tonight.append(state.tonight_fen / 100.0)
        return {
            "objective": "slight_loss",
            "max_loss": self.tonight[-1],
            "loss_confidence": CONFIDENCE,
        }


def _days(shop: Shop, maturity: Sequence[float]) -> list[LedgerDay]:
    """Each night so far: its spend, and what its orders will have brought by the model's maturity."""
    nights = shop.today - FIRST_DAY - HISTORY_DAYS
    if not nights:
        return []
    report = shop.journal.report(days=nights)
    earned = (report.revenue_fen * shop.margins).sum(axis=1)
    ages = nights - np.arange(nights)
    known = np.asarray(maturity)[np.minimum(ages, len(maturity) - 1)]
    return [
        LedgerDay(
            date=date.fromordinal(report.first_day + night),
            spend_fen=int(report.spend_fen[night].sum()),
            contribution_fen=int(earned[night] / max(float(known[night]), 0.05)),
        )
        for night in range(nights)
    ]


def shop_of(job: Job) -> Row:
    """One shop's nights: what was promised, what was expected, what came of it."""
    shop = Shop.open(job.scenario, job.seed)
    books = Books.open(LOSS_OF_SPEND * usual_spend(shop), job.nights)
    kaiche = Kaiche()
    kaiche.policy = lambda s: books.policy(s, kaiche.maturity)
    expected, said, reachable = [], [], []
    first = shop.today
    for _ in range(job.nights):
        bids = kaiche(shop)
        brought = shop.live(bids)
        expected.append(-float(brought.profit_fen.sum()) / 100.0)
        said.append(float(kaiche.plan.totals.loc["p_within_loss", "value"]))
        reachable.append(kaiche.plan.status != "allowance_unreachable_tonight")
    money = np.array([shop.realised(day) for day in range(first, first + job.nights)])
    loss = money[:, 0] - money[:, 1]
    return {
        "scenario": job.scenario.name,
        "seed": job.seed,
        **figures_of(loss, np.array(expected), np.array(books.tonight), books.allowance),
        "said": float(np.mean(said)),
        "reachable": float(np.mean(reachable)),
    }


def figures_of(
    loss: np.ndarray, expected: np.ndarray, tonight: np.ndarray, allowance: Allowance
) -> Row:
    """Counts and sums of one shop; a window is one of the owner's, from his first day on."""
    windows = [slice(at, at + WINDOW_DAYS) for at in range(0, len(loss), WINDOW_DAYS)]
    cap = float(allowance.window_cap)
    luck = float(np.std(loss - expected))
    bearable = expected + norm.ppf(CONFIDENCE) * luck
    return {
        "days": len(loss),
        "broken_days": int((loss > tonight + 0.005).sum()),
        "windows": len(windows),
        "broken_windows": int(sum(loss[window].sum() > cap for window in windows)),
        "tonight": float(tonight.mean()),
        "expected": float(expected.mean()),
        "luck": luck,
        "at_risk": float(bearable.mean()),
    }


def _row(name: str, shops: Sequence[Row]) -> Row:
    total = {
        column: sum(float(row[column]) for row in shops)
        for column in shops[0]
        if column != "scenario"
    }
    return {
        "scenario": name,
        "shops": len(shops),
        "days": int(total["days"]),
        "broken_days": round(total["broken_days"] / total["days"], 4),
        "said": round(1.0 - total["said"] / len(shops), 4),
        "windows": int(total["windows"]),
        "broken_windows": round(total["broken_windows"] / total["windows"], 4),
        "unreachable": round(1.0 - total["reachable"] / len(shops), 4),
        "used_expected": round(total["expected"] / total["tonight"], 3),
        "used_at_risk": round(total["at_risk"] / total["tonight"], 3),
        "luck": round(total["luck"] / total["tonight"], 3),
    }
