"""Log loss of click and conversion rates on later days of real accounts, if they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

import optimizer
from tests.benchmarks.extent import Extent
from tests.benchmarks.shrinkage import empirical_bayes
from tests.benchmarks.tables import Row, Table

FloatArray = npt.NDArray[np.float64]


def run(extent: Extent) -> list[Table]:
    """The model's log loss beside pooled, raw and one-level empirical Bayes; no rows without data."""
    data = extent.data
    rows = [*_search_words(data), *_shop(data)] if data.is_dir() else []
    return [Table("Log loss on later days of real accounts", rows)]


def _search_words(data: Path) -> list[Row]:
    """Click rates of search words: learn on 3 to 28 days, predict the next 28."""
    daily = pd.read_csv(data / "ctr_daily" / "keyword_days.csv.gz", parse_dates=["date"])
    daily["keyword_id"] = daily["id"].astype(str)
    daily = daily.assign(adgroup_id="a", campaign_id="c", bid=1.0, spend=0.0, orders=0, revenue=0.0)
    cut = pd.Timestamp("2012-05-01")
    rows = []
    for days in (3, 7, 14, 28):
        past = daily[(daily["date"] < cut) & (daily["date"] >= cut - pd.Timedelta(days=days))]
        later = daily[(daily["date"] >= cut) & (daily["date"] < cut + pd.Timedelta(days=28))]
        roster = daily.drop_duplicates("keyword_id")
        rows.append(_row(f"ctr_daily, {days} days", "ctr", past, later, roster, cut))
    return rows


def _shop(data: Path) -> list[Row]:
    """Click and conversion rates of a shop: learn on the first days, predict the next seven."""
    daily = pd.read_csv(data / "account_with_bids" / "keyword_days.csv.gz", parse_dates=["date"])
    days = sorted(daily["date"].unique())
    rows = []
    for known in (16, 20, 23):
        cut = pd.Timestamp(days[known])
        past = daily[daily["date"] < cut]
        later = daily[(daily["date"] >= cut) & (daily["date"] < cut + pd.Timedelta(days=7))]
        roster = past[past["date"] == past["date"].max()]
        rows += [
            _row(f"shop, {known} days, {rate}", rate, past, later, roster, cut)
            for rate in ("ctr", "cvr")
        ]
    return rows


def _row(
    name: str,
    rate: str,
    past: pd.DataFrame,
    later: pd.DataFrame,
    roster: pd.DataFrame,
    cut: pd.Timestamp,
) -> Row:
    tries, hits = ("impressions", "clicks") if rate == "ctr" else ("clicks", "orders")
    estimates = optimizer.estimate(past, roster, as_of=cut.date(), attribution_days=0)
    ids = estimates.keyword_id
    n, y = (
        past.groupby("keyword_id")[c].sum().reindex(ids).fillna(0.0).to_numpy()
        for c in (tries, hits)
    )
    m, z = (
        later.groupby("keyword_id")[c].sum().reindex(ids).fillna(0.0).to_numpy()
        for c in (tries, hits)
    )
    y, z = np.minimum(y, n), np.minimum(z, m)
    pooled = np.full(len(n), y.sum() / n.sum())
    return {
        "data": name,
        "kaiche": round(_log_loss(estimates.rates[rate].to_numpy(), z, m), 5),
        "pooled": round(_log_loss(pooled, z, m), 5),
        "raw": round(_log_loss(np.where(n > 0, y / np.maximum(n, 1), pooled), z, m), 5),
        "empirical_bayes": round(_log_loss(empirical_bayes(y, n), z, m), 5),
    }


def _log_loss(rate: FloatArray, hits: FloatArray, tries: FloatArray) -> float:
    p = np.clip(rate, 1e-4, 1 - 1e-4)
    return float(-(hits * np.log(p) + (tries - hits) * np.log(1 - p)).sum() / tries.sum())
