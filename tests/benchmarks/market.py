"""Profit in sandbox markets against the peers, as a share of the clairvoyant's, same luck for all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.benchmarks import peers
from tests.benchmarks.shop import Bidder, Shop

Row = dict[str, float | str]

BIDDERS: dict[str, Callable[[], Bidder]] = {
    "kaiche": lambda: peers.kaiche,
    "value": lambda: peers.value_rule,
    "band": lambda: peers.band_rule,
    "paced_eb": peers.PacedEmpiricalBayes,
}
SCENARIOS = (
    "dense",
    "sparse",
    "head_and_tail",
    "drift",
    "promotion",
    "late_orders",
    "tight_budgets",
    "new_words",
)


def run(seeds: int, nights: int, warm_up: int) -> list[Row]:
    """One row a scenario: each bidder's profit over the clairvoyant's after ``warm_up`` nights."""
    rows = []
    for scenario in SCENARIOS:
        shares: dict[str, list[float]] = {name: [] for name in BIDDERS}
        for seed in range(1, seeds + 1):
            best = _profit(scenario, seed, peers.clairvoyant, nights, warm_up)
            for name, bidder in BIDDERS.items():
                brought = _profit(scenario, seed, bidder(), nights, warm_up)
                shares[name].append(brought / best)
        row: Row = {"scenario": scenario}
        row |= {name: round(float(np.mean(values)), 3) for name, values in shares.items()}
        row["worst_seed"] = round(min(shares["kaiche"]), 3)
        rows.append(row)
    return rows


def _profit(scenario: str, seed: int, bidder: Bidder, nights: int, warm_up: int) -> float:
    """Expected profit of nights ``warm_up``..``nights`` under one bidder."""
    shop = Shop.open(scenario, seed)
    brought = [shop.live(bidder(shop)) for _ in range(nights)]
    return float(sum(brought[warm_up:]))
