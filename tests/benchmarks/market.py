"""Profit in sandbox markets against the peers, as a share of the clairvoyant's, same luck for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from connectors.sandbox.market import MIN_BID_FEN
from connectors.sandbox.scenario import Scenario
from tests.benchmarks import peers, scenarios
from tests.benchmarks.extent import Extent
from tests.benchmarks.shop import Bidder, IntArray, Shop
from tests.benchmarks.tables import Row, Table
from tests.benchmarks.workers import spread

PEERS: dict[str, Callable[[], Bidder]] = {
    "value": lambda: peers.value_rule,
    "band": lambda: peers.band_rule,
    "paced_eb": peers.PacedEmpiricalBayes,
}
TOLD: dict[str, Callable[[], Bidder]] = {
    "kaiche": peers.Kaiche,
    "told_of_shop": peers.ToldOfShop,
    "told_of_words": peers.ToldOfWords,
}
LOSS_OF_SPEND = 0.05  # the allowance a day, as a share of what the shop has been spending
EXPLORE = 0.2


@dataclass(frozen=True, slots=True)
class Job:
    """One shop: a scenario and a seed, lived through by everybody for so many nights."""

    scenario: Scenario
    seed: int
    nights: int
    warm_up: int


def run(extent: Extent) -> list[Table]:
    """Profit; contribution within an allowance; and what is lost where not bidding is best."""
    wide = jobs_of(extent, extent.market_seeds, extent.market_names)
    slight = jobs_of(extent, extent.slight_seeds, extent.slight_names)
    barren = jobs_of(extent, extent.slight_seeds, ("worthless",))
    hidden = jobs_of(extent, extent.ceiling_seeds, extent.ceiling_names)
    profits = spread(profits_of, wide, extent.processes)
    contributions = spread(contributions_of, slight, extent.processes)
    losses = spread(losses_of, barren, extent.processes)
    ceilings = spread(ceilings_of, hidden, extent.processes)
    return [
        Table("Profit over the clairvoyant's, expected, same luck", _profit_rows(profits), profits),
        Table("The same, had the product been told", _ceiling_rows(ceilings), ceilings),
        Table(
            "Slight loss: contribution over the clairvoyant's, who may lose as much on average",
            _slight_rows(contributions),
            contributions,
        ),
        Table("Not bidding is best: loss over the explore budget", _loss_rows(losses), losses),
    ]


def jobs_of(extent: Extent, seeds: int, names: Iterable[str]) -> list[Job]:
    """Seed by seed, so that all cores end at about the same time."""
    kinds = scenarios.kinds(names, extent.words)
    return [
        Job(scenario, seed, extent.market_nights, extent.market_warm_up)
        for seed in range(1, seeds + 1)
        for scenario in kinds
    ]


def profits_of(job: Job) -> Row:
    """Everybody's profit over the clairvoyant's."""
    best = _profit(job, peers.clairvoyant)
    row: Row = {"scenario": job.scenario.name, "seed": job.seed}
    for name, bidder in {"kaiche": peers.Kaiche, **PEERS}.items():
        row[name] = round(_profit(job, bidder()) / best, 4)
    return row


def _profit_rows(shops: Sequence[Row]) -> list[Row]:
    rows = []
    for name in dict.fromkeys(row["scenario"] for row in shops):
        ours = _column(shops, name, "kaiche")
        row: Row = {
            "scenario": name,
            "seeds": len(ours),
            "kaiche": _mean(ours),
            "worst_seed": round(float(ours.min()), 3),
        }
        for peer in PEERS:
            theirs = _column(shops, name, peer)
            row[peer] = _mean(theirs)
            row[f"ahead_{peer}"] = f"{int((ours > theirs).sum())}/{len(ours)}"
        rows.append(row)
    return rows


def ceilings_of(job: Job) -> Row:
    """The product's profit over the clairvoyant's as it is, told of the shop, and told of the words."""
    best = _profit(job, peers.clairvoyant)
    row: Row = {"scenario": job.scenario.name, "seed": job.seed}
    for name, bidder in TOLD.items():
        row[name] = round(_profit(job, bidder()) / best, 4)
    return row


def _ceiling_rows(shops: Sequence[Row]) -> list[Row]:
    return [
        {"scenario": name, "seeds": len(_column(shops, name, "kaiche"))}
        | {bidder: _mean(_column(shops, name, bidder)) for bidder in TOLD}
        for name in dict.fromkeys(row["scenario"] for row in shops)
    ]


def contributions_of(job: Job) -> Row:
    """Contribution and spend within an allowance over the clairvoyant's."""
    allowed = usual_spend(Shop.open(job.scenario, job.seed)) * LOSS_OF_SPEND

    def clairvoyant(shop: Shop) -> IntArray:
        limits = shop.limits(max_loss_fen=100.0 * allowed)
        return shop.truth.optimum(shop.today, "slight_loss", limits).bids_fen

    policy = {"objective": "slight_loss", "max_loss": allowed}
    spend, contribution = _money(job, peers.Kaiche(lambda _: policy))
    best_spend, best_contribution = _money(job, clairvoyant)
    return {
        "scenario": job.scenario.name,
        "seed": job.seed,
        "contribution": round(contribution / best_contribution, 4),
        "spend": round(spend / best_spend, 4),
        "allowance_used": round((spend - contribution) / allowed, 4),
        "clairvoyant_used": round((best_spend - best_contribution) / allowed, 4),
    }


def _slight_rows(shops: Sequence[Row]) -> list[Row]:
    rows = []
    for name in dict.fromkeys(row["scenario"] for row in shops):
        shares = _column(shops, name, "contribution")
        row: Row = {
            "scenario": name,
            "seeds": len(shares),
            "contribution": _mean(shares),
            "worst_seed": round(float(shares.min()), 3),
        }
        for column in ("spend", "allowance_used", "clairvoyant_used"):
            row[column] = _mean(_column(shops, name, column))
        rows.append(row)
    return rows


def losses_of(job: Job) -> Row:
    """Losses in units of the explore budget; the lowest legal bids' loss cannot be avoided."""
    allowed = usual_spend(Shop.open(job.scenario, job.seed)) * LOSS_OF_SPEND
    unavoidable = -_profit(job, lambda shop: np.full(len(shop.bids_fen), MIN_BID_FEN))
    ours = peers.Kaiche(lambda _: {"max_loss": allowed, "explore": EXPLORE})
    row: Row = {"scenario": job.scenario.name, "seed": job.seed}
    bidders: dict[str, Callable[[], Bidder]] = {"kaiche": lambda: ours, **PEERS}
    for name, bidder in bidders.items():
        row[name] = round((-_profit(job, bidder()) - unavoidable) / (EXPLORE * allowed), 4)
    return row


def _loss_rows(shops: Sequence[Row]) -> list[Row]:
    if not shops:
        return []
    name = shops[0]["scenario"]
    row: Row = {"scenario": name, "seeds": len(shops)}
    row |= {bidder: _mean(_column(shops, name, bidder)) for bidder in ("kaiche", *PEERS)}
    row["worst_seed"] = round(float(_column(shops, name, "kaiche").max()), 3)
    return [row]


def _profit(job: Job, bidder: Bidder) -> float:
    """Expected profit in yuan a night, after the warm-up."""
    spend, contribution = _money(job, bidder)
    return contribution - spend


def _money(job: Job, bidder: Bidder) -> tuple[float, float]:
    """Expected spend and contribution in yuan a night, after the warm-up."""
    shop = Shop.open(job.scenario, job.seed)
    days = [shop.live(bidder(shop)) for _ in range(job.nights)][job.warm_up :]
    spend = np.mean([day.spend_fen.sum() for day in days])
    contribution = np.mean([day.contribution_fen.sum() for day in days])
    return float(spend) / 100.0, float(contribution) / 100.0


def usual_spend(shop: Shop) -> float:
    """Yuan a day that the person has been spending."""
    report = shop.journal.report()
    return float(report.spend_fen.sum()) / 100.0 / len(report.spend_fen)


def _column(shops: Sequence[Row], scenario: float | str, name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in shops if row["scenario"] == scenario])


def _mean(values: np.ndarray) -> float:
    return round(float(values.mean()), 3)
