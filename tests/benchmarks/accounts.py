"""Log loss of click and conversion rates on later days of real accounts, if they lie beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

import optimizer
from tests.benchmarks.extent import Extent
from tests.benchmarks.shrinkage import empirical_bayes
from tests.benchmarks.tables import Row, Table

FloatArray = npt.NDArray[np.float64]

KNOWN_DAYS = (3, 7, 14, 28)
LATER_DAYS = 28
TRIES = {"ctr": ("impressions", "clicks"), "cvr": ("clicks", "orders")}


@dataclass(frozen=True, slots=True)
class Account:
    """Keyword-days; the days known before ``cut`` predict up to ``LATER_DAYS`` from it on."""

    name: str
    daily: pd.DataFrame
    cut: pd.Timestamp
    rates: tuple[str, ...]


def run(extent: Extent) -> list[Table]:
    """The model's log loss beside pooled, raw and one-level empirical Bayes; no rows without data."""
    title = "Log loss on later days of real accounts; never_worse than pooled and empirical Bayes"
    if not extent.data.is_dir():
        return [Table(title, [])]
    rows = [
        row_of(account, rate, days)
        for account in _accounts(extent.data)
        for rate in account.rates
        for days in KNOWN_DAYS
    ]
    return [Table(title, rows)]


def _accounts(data: Path) -> Iterator[Account]:
    words = pd.read_csv(data / "ctr_daily" / "keyword_days.csv.gz", parse_dates=["date"])
    words = words.assign(
        keyword_id=words["id"].astype(str), adgroup_id="a", campaign_id="c", bid=1.0
    ).assign(spend=0.0, orders=0, revenue=0.0)
    yield Account("search words", words, pd.Timestamp("2012-05-01"), ("ctr",))
    shop = pd.read_csv(data / "account_with_bids" / "keyword_days.csv.gz", parse_dates=["date"])
    yield Account("shop", shop, shop["date"].min() + pd.Timedelta(days=23), ("ctr", "cvr"))
    pulls = [
        pd.read_csv(path, parse_dates=["date"])
        for path in sorted((data / "account_restated").glob("pull_*.csv.gz"))
    ]
    newest = pd.concat(pulls).drop_duplicates(["keyword_id", "date"], keep="last").assign(bid=1.0)
    first = newest["date"].min()
    yield Account("restated shop", newest, first + pd.Timedelta(days=28), ("ctr", "cvr"))


def row_of(account: Account, rate: str, days: int) -> Row:
    """One row; ``behind`` is the loss over the better of pooled and empirical Bayes, ``se`` its noise."""
    daily, cut = account.daily, account.cut
    past = daily[(daily["date"] < cut) & (daily["date"] >= cut - pd.Timedelta(days=days))]
    later = daily[(daily["date"] >= cut) & (daily["date"] < cut + pd.Timedelta(days=LATER_DAYS))]
    roster = daily[daily["date"] < cut].drop_duplicates("keyword_id", keep="last")
    estimates = optimizer.estimate(past, roster, as_of=cut.date(), attribution_days=0)
    tries, hits = TRIES[rate]
    ids = estimates.keyword_id
    n, y = _summed(past, tries, ids), _summed(past, hits, ids)
    m, z = _summed(later, tries, ids), _summed(later, hits, ids)
    y, z = np.minimum(y, n), np.minimum(z, m)
    pooled = np.full(len(n), y.sum() / n.sum())
    rates = {
        "kaiche": estimates.rates[rate].to_numpy(),
        "pooled": pooled,
        "raw": np.where(n > 0, y / np.maximum(n, 1), pooled),
        "empirical_bayes": empirical_bayes(y, n),
    }
    loss = {name: log_loss(p, z, m) for name, p in rates.items()}
    row: Row = {"data": account.name, "rate": rate, "days": days}
    row |= {name: round(float(of_words.sum()) / m.sum(), 5) for name, of_words in loss.items()}
    best = min(("pooled", "empirical_bayes"), key=lambda name: loss[name].sum())
    behind = loss["kaiche"] - loss[best]
    row["behind"] = round(float(behind.sum()) / m.sum(), 6)
    row["se"] = round(float(np.sqrt((behind**2).sum())) / m.sum(), 6)
    row["never_worse"] = "yes" if behind.sum() <= 0 else "no"
    return row


def _summed(daily: pd.DataFrame, name: str, ids: pd.Index[str]) -> FloatArray:
    total = daily.groupby("keyword_id")[name].sum().reindex(ids).fillna(0.0)
    return np.asarray(total.to_numpy(dtype=np.float64))


def log_loss(rate: FloatArray, hits: FloatArray, tries: FloatArray) -> FloatArray:
    """(n,) log loss of each word's later tries at its predicted rate."""
    p = np.clip(rate, 1e-4, 1 - 1e-4)
    return np.asarray(-(hits * np.log(p) + (tries - hits) * np.log(1 - p)))
