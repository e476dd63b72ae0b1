"""The product's posterior against a sampler's of the same model: rates of four accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from optimizer import pooled
from optimizer.pooled import Prior
from optimizer.pooling import pool
from tests.benchmarks import posterior
from tests.benchmarks.extent import Extent
from tests.benchmarks.posterior import Belief, FloatArray, Posterior, Tree
from tests.benchmarks.tables import Row, Table
from tests.benchmarks.workers import spread

BELIEFS = {
    "cvr": Belief(rate=0.03, weight=1.0, spread=(0.15, 0.1, 0.1)),
    "ctr": Belief(rate=0.03, weight=1.0, spread=(0.5, 0.3, 0.3)),
}


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of words: ``kind`` cvr (orders of clicks) or ctr (clicks of impressions)."""

    name: str
    kind: Literal["cvr", "ctr"]
    hits: FloatArray
    tries: FloatArray
    tree: Tree


@dataclass(frozen=True, slots=True)
class Ours:
    """The product's figures of the same quantities."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Job:
    """One data set, and draws a chain."""

    data: Account
    draws: int


def run(extent: Extent) -> list[Table]:
    """One row a data set."""
    data = [
        made_up("made up, dense", words=300, clicks=150.0, rate=0.03, seed=1),
        made_up("made up, sparse", words=400, clicks=8.0, rate=0.02, seed=2),
    ]
    if extent.data.is_dir():
        data += _shop(extent.data)
    rows = spread(row_of, [Job(one, extent.sampler_draws) for one in data], extent.processes)
    return [Table("Posterior against NUTS on the same model", rows)]


def row_of(job: Job) -> Row:
    """Sample, estimate, compare."""
    data = job.data
    theirs = posterior.rates(
        data.hits, data.tries, data.tree, BELIEFS[data.kind], job.draws, seed=0
    )
    return {"data": data.name, **compare(rates_of(data), theirs)}


def compare(ours: Ours, theirs: Posterior) -> Row:
    """Means in posterior sds, interval ends in parts of the end: the worst, and the share within 0.1."""
    sd = np.maximum(theirs.sd, 1e-12)
    mean = np.abs(ours.mean - theirs.mean) / sd
    ends = [np.abs(ours.low / theirs.low - 1), np.abs(ours.high / theirs.high - 1)]
    return {
        "n": len(mean),
        "mean_off_sd": round(float(mean.max()), 3),
        "mean_within": round(float((mean <= 0.1).mean()), 3),
        "low_off": round(float(ends[0].max()), 3),
        "high_off": round(float(ends[1].max()), 3),
        "ends_within": round(float((np.maximum(*ends) <= 0.1).mean()), 3),
        "luck": round(float(theirs.chains.effective**-0.5), 3),
        "r_hat": round(theirs.chains.r_hat, 3),
        "divergences": theirs.chains.divergences,
        "nuts_s": round(theirs.chains.seconds, 1),
    }


def rates_of(account: Account) -> Ours:
    """The product's pooling of the same counts under the same prior."""
    belief, tree = BELIEFS[account.kind], account.tree
    found = pool(
        account.hits,
        account.tries,
        pooled.Tree(tree.adgroup, tree.campaign, tree.campaigns),
        Prior(belief.rate, belief.weight, belief.spread),
    )
    return Ours(found.rate, found.quantile(0.05), found.quantile(0.95))


def made_up(name: str, *, words: int, clicks: float, rate: float, seed: int) -> Account:
    """Twenty adgroups in five campaigns; clicks with a heavy tail, rates from the model's own tree."""
    rng = np.random.default_rng(seed)
    campaign = np.sort(np.concatenate([np.arange(5), rng.integers(0, 5, 15)]))
    adgroup = np.concatenate([np.arange(20), rng.integers(0, 20, words - 20)])
    eta = np.log(rate) + 0.3 * rng.standard_normal(5)[campaign] + 0.4 * rng.standard_normal(20)
    truth = np.exp(eta)[adgroup] * rng.gamma(4.0, 0.25, words)
    tries = np.round(clicks * np.exp(1.5 * rng.standard_normal(words)))
    hits = rng.poisson(tries * truth).astype(np.float64)
    return Account(name, "cvr", hits, tries, Tree(adgroup, campaign, 5))


def _shop(data: Path) -> Sequence[Account]:
    """The real account's words over its 30 days."""
    daily = pd.read_csv(data / "account_with_bids" / "keyword_days.csv.gz")
    keys = ["campaign_id", "adgroup_id", "keyword_id"]
    total = daily.groupby(keys, as_index=False)[["impressions", "clicks", "orders"]].sum()
    adgroup, _ = pd.factorize(total["adgroup_id"], sort=True)
    campaign, names = pd.factorize(total["campaign_id"], sort=True)
    of_adgroup = np.zeros(adgroup.max() + 1, dtype=np.int64)
    of_adgroup[adgroup] = campaign
    tree = Tree(adgroup, of_adgroup, len(names))
    clicks, orders, shown = (
        total[name].to_numpy(np.float64) for name in ("clicks", "orders", "impressions")
    )
    return [
        Account("real account, orders of clicks", "cvr", orders, clicks, tree),
        Account("real account, clicks of impressions", "ctr", clicks, shown, tree),
    ]
