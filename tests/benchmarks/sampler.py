"""The product's posterior against a sampler's of the same model: rates on four accounts, lag on two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from optimizer import pooling
from optimizer.lag import DOCUMENTED_AGES, DOCUMENTED_SHARES, PRIOR_ORDERS, maturity
from optimizer.pooling import Prior, pool
from tests.benchmarks import posterior
from tests.benchmarks.extent import Extent
from tests.benchmarks.posterior import Belief, FloatArray, Posterior, Tree
from tests.benchmarks.tables import Row, Table
from tests.benchmarks.workers import spread

LAST_AGE = 15
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
class Triangle:
    """Orders of dates known at ages, NaN where no pull was made."""

    name: str
    known: FloatArray


@dataclass(frozen=True, slots=True)
class Ours:
    """The product's figures of the same quantities."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Job:
    """One data set, and draws a chain."""

    data: Account | Triangle
    draws: int


def run(extent: Extent) -> list[Table]:
    """One row a data set."""
    data: list[Account | Triangle] = [
        made_up("made up, dense", words=300, clicks=150.0, rate=0.03, seed=1),
        made_up("made up, sparse", words=400, clicks=8.0, rate=0.02, seed=2),
        grown("made up, lag with holes", seed=3),
    ]
    if extent.data.is_dir():
        data += [*_shop(extent.data), _restated(extent.data)]
    rows = spread(row_of, [Job(one, extent.sampler_draws) for one in data], extent.processes)
    return [Table("Posterior against NUTS on the same model", rows)]


def row_of(job: Job) -> Row:
    """Sample, estimate, compare."""
    data = job.data
    if isinstance(data, Account):
        belief = BELIEFS[data.kind]
        theirs = posterior.rates(data.hits, data.tries, data.tree, belief, job.draws, seed=0)
        ours = rates_of(data)
        compared = data.tries >= 0
    else:
        theirs = posterior.lag(data.known, documented(), PRIOR_ORDERS, job.draws, seed=0)
        ours = maturity_of(data)
        compared = np.arange(LAST_AGE + 1) < LAST_AGE  # the last age is final for both
    return {"data": data.name, **compare(ours, theirs, compared)}


def compare(ours: Ours, theirs: Posterior, rows: np.ndarray) -> Row:
    """Means in posterior sds, interval ends in parts of the end: the worst, and the share within 0.1."""
    sd = np.maximum(theirs.sd[rows], 1e-12)
    mean = np.abs(ours.mean - theirs.mean)[rows] / sd
    ends = [np.abs(ours.low / theirs.low - 1)[rows], np.abs(ours.high / theirs.high - 1)[rows]]
    return {
        "n": int(rows.sum()),
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
    pooled = pool(
        account.hits,
        account.tries,
        pooling.Tree(tree.adgroup, tree.campaign, tree.campaigns),
        Prior(belief.rate, belief.weight, belief.spread),
    )
    return Ours(pooled.rate, pooled.quantile(0.05), pooled.quantile(0.95))


def maturity_of(triangle: Triangle) -> Ours:
    """The product's curve from the same pulls."""
    day, age = np.nonzero(~np.isnan(triangle.known))
    settlement = pd.DataFrame(
        {
            "date": pd.Timestamp("2025-11-01") + pd.to_timedelta(day, unit="D"),
            "age": age,
            "orders": triangle.known[day, age],
        }
    )
    table = maturity(settlement, LAST_AGE, seed=0).table()
    return Ours(*(table[column].to_numpy() for column in ("share", "share_p05", "share_p95")))


def documented() -> FloatArray:
    """The platform's curve at ages 0..15."""
    return np.asarray(np.interp(np.arange(LAST_AGE + 1.0), DOCUMENTED_AGES, DOCUMENTED_SHARES))


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


def grown(name: str, *, seed: int) -> Triangle:
    """Thirty dates whose orders arrive a little later than documented; every other pull is missing."""
    rng = np.random.default_rng(seed)
    share = documented() ** 1.3
    known = np.full((30, LAST_AGE + 1), np.nan)
    for row in known:
        row[LAST_AGE] = rng.poisson(25.0)
        for age in range(LAST_AGE, 0, -1):
            row[age - 1] = rng.binomial(int(row[age]), share[age - 1] / share[age])
    hidden = rng.random(known.shape) < 0.5
    hidden[:, [1, LAST_AGE]] = False
    return Triangle(name, np.where(hidden, np.nan, known))


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


def _restated(data: Path) -> Triangle:
    """The second real account: orders of its dates as pulled on seven days."""
    pulls = [
        pd.read_csv(path, parse_dates=["pulled_on", "date"])
        for path in sorted((data / "account_restated").glob("pull_*.csv.gz"))
    ]
    rows = pd.concat(pulls)
    rows["age"] = (rows["pulled_on"] - rows["date"]).dt.days
    rows = rows[(rows["age"] >= 0) & (rows["age"] <= LAST_AGE)]
    known = rows.pivot_table(index="date", columns="age", values="orders", aggfunc="sum")
    return Triangle(
        "real restated account, lag", known.reindex(columns=range(LAST_AGE + 1)).to_numpy(float)
    )
