"""How often a day's realised figures lie within the intervals that were forecast for it.

Counts are whole numbers, so even exact 90 % intervals hold more than 90 % of them: of a word that is
hardly ever clicked, nearly all. Each share is therefore held against that of exact intervals: those
of the forecast's own distribution, a negative binomial with its mean and 95 % quantile, and for spend
zero or more with the same chance of zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import betainc

import optimizer
from connectors.sandbox.scenario import Scenario
from tests.benchmarks import scenarios
from tests.benchmarks.extent import Extent
from tests.benchmarks.peers import Kaiche
from tests.benchmarks.shop import IntArray, Shop
from tests.benchmarks.tables import Row, Table
from tests.benchmarks.workers import spread

QUANTITIES = ("clicks", "spend", "orders")
TOTALS = ("clicks", "spend", "orders", "contribution")
BINS = {"0": (0, 0), "1-4": (1, 4), "5-19": (5, 19), "20-99": (20, 99), "100+": (100, np.inf)}
LEVELS = {80: ("p10", "p90"), 90: ("p05", "p95")}
FIRST_CUT = 16  # days of the real account that are known before the first forecast


@dataclass(frozen=True, slots=True)
class Job:
    """One shop: so many days at unchanged bids and as many nights of the product's own."""

    scenario: Scenario
    seed: int
    days: int


def run(extent: Extent) -> list[Table]:
    """Coverage by word and day, by what had been seen of the word; and of the account's totals."""
    jobs = [
        Job(scenario, seed, extent.calibration_days)
        for seed in range(1, extent.calibration_seeds + 1)
        for scenario in scenarios.kinds(extent.calibration_names, extent.words)
    ]
    found = spread(shop_of, jobs, extent.processes)
    words = pd.concat([pair[0] for pair in found])
    totals = pd.concat([pair[1] for pair in found])
    if extent.data.is_dir():
        words = pd.concat([words, _real_account(extent.data)])
    title = "Words' days within 80 and 90 % intervals: points beyond what exact ones would hold"
    measured = [f"{name}_{level}" for name in QUANTITIES for level in LEVELS]
    told = {
        f"{title}, by clicks seen": by(words, ["bids", "seen"], measured),
        f"{title}, by shop": by(words, ["bids", "shop"], measured),
    }
    tables = [Table(name, _beyond(rows, measured), rows) for name, rows in told.items()]
    of_days = by(totals, ["shop"], [f"{name}_90" for name in TOTALS])
    return [*tables, Table("The account's totals within their 90 % intervals, %", of_days)]


def shop_of(job: Job) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hits of words (one row a word and day) and of totals (one row a day)."""
    words, totals = [], []
    for how in ("kept", "proposed"):
        shop = Shop.open(job.scenario, job.seed)
        kaiche = Kaiche()
        for _ in range(job.days):
            proposed = kaiche(shop)
            bids = proposed if how == "proposed" else shop.bids_fen
            words.append(_words(shop, kaiche.estimates, bids).assign(bids=how))
            if how == "proposed":
                totals.append(_totals(shop, kaiche.plan))
    return pd.concat(words).assign(shop=job.scenario.name), pd.DataFrame(totals).assign(
        shop=job.scenario.name
    )


def _words(shop: Shop, estimates: optimizer.Estimates, bids_fen: IntArray) -> pd.DataFrame:
    """Forecast today at ``bids_fen``, live it, and compare word by word."""
    report = shop.journal.report()
    seen = report.clicks.sum(axis=0)
    shown = bids_fen > 0
    bids = pd.Series(bids_fen[shown] / 100.0, index=shop.static.keyword_id[shown])
    forecast = estimates.forecast(bids)
    today = shop.today
    shop.live(bids_fen)
    final = shop.journal.final(today - shop.journal.first_day)
    came = {
        "clicks": final.clicks[shown],
        "spend": final.spend_fen[shown] / 100.0,
        "orders": final.orders[shown],
    }
    return hits(forecast, came, seen[shown])


def hits(forecast: pd.DataFrame, came: Mapping[str, np.ndarray], seen: np.ndarray) -> pd.DataFrame:
    """One row a word: whether each quantity lay within each interval; ``seen`` clicks tell its bin."""
    columns: dict[str, np.ndarray] = {"seen": bins_of(seen)}
    for name in QUANTITIES:
        for level, (low, high) in LEVELS.items():
            low_end, high_end = (forecast[f"{name}_{end}"].to_numpy() for end in (low, high))
            inside = (came[name] >= low_end - 1e-9) & (came[name] <= high_end + 1e-9)
            columns[f"{name}_{level}"] = inside
            columns[f"{name}_{level}_exact"] = exact(forecast, name, level)
    return pd.DataFrame(columns)


def exact(forecast: pd.DataFrame, name: str, level: int) -> np.ndarray:
    """(n,) chance that the forecast's own distribution gives its interval."""
    low, high = (forecast[f"{name}_{end}"].to_numpy() for end in LEVELS[level])
    if name != "spend":
        mean, shape = _matched(forecast, name)
        inside = _no_more_than(high, mean, shape) - _no_more_than(low - 1.0, mean, shape)
        return np.where(mean > 0, inside, 1.0)
    mean, shape = _matched(forecast, "clicks")
    from_nothing = np.where(high > 0, 0.5 + level / 200.0, _no_more_than(0.0 * mean, mean, shape))
    return np.where(low > 0, level / 100.0, np.where(mean > 0, from_nothing, 1.0))


def _matched(forecast: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and shape (n,) of the negative binomial whose 95 % quantile is the forecast's."""
    mean = np.maximum(forecast[name].to_numpy(), 1e-9)
    high = forecast[f"{name}_p95"].to_numpy()
    low_shape, high_shape = np.full(len(mean), np.log(0.02)), np.full(len(mean), np.log(1e5))
    for _ in range(40):
        middle = 0.5 * (low_shape + high_shape)
        wide = _no_more_than(high - 0.5, mean, np.exp(middle)) < 0.95
        low_shape, high_shape = (
            np.where(wide, middle, low_shape),
            np.where(wide, high_shape, middle),
        )
    return forecast[name].to_numpy(), np.exp(0.5 * (low_shape + high_shape))


def _no_more_than(count: np.ndarray, mean: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Negative-binomial distribution function, continued between whole numbers; 0 below zero."""
    positive = np.maximum(mean, 1e-12)
    below = betainc(shape, np.maximum(count, 0.0) + 1.0, shape / (shape + positive))
    return np.where(count < 0, 0.0, below)


def bins_of(clicks: np.ndarray) -> np.ndarray:
    """The name of the bin of each count."""
    tops = [top for _, top in BINS.values()]
    return np.array(list(BINS))[np.searchsorted(tops, clicks)]


def _totals(shop: Shop, plan: optimizer.Plan) -> Row:
    """Whether the day just lived lay within the plan's totals."""
    day = shop.today - 1
    final = shop.journal.final(day - shop.journal.first_day)
    spend, contribution = shop.realised(day)
    came = {
        "clicks": float(final.clicks.sum()),
        "spend": spend,
        "orders": float(final.orders.sum()),
        "contribution": contribution,
    }
    ends = plan.totals[["p05", "p95"]]
    return {
        f"{name}_90": bool(ends.loc[name, "p05"] <= came[name] <= ends.loc[name, "p95"])
        for name in TOTALS
    }


def _real_account(data: Path) -> pd.DataFrame:
    """Each later day of the real account at the bids then in force; its orders are final as reported."""
    daily = pd.read_csv(data / "account_with_bids" / "keyword_days.csv.gz", parse_dates=["date"])
    return pd.concat(_real_days(daily)).assign(bids="kept", shop="real account")


def _real_days(daily: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for day in sorted(daily["date"].unique())[FIRST_CUT:]:
        past, today = daily[daily["date"] < day], daily[daily["date"] == day]
        today = today[today["bid"] > 0]
        as_of = date.fromordinal(pd.Timestamp(day).toordinal())
        estimates = optimizer.estimate(past, today, as_of=as_of, attribution_days=0)
        seen = past.groupby("keyword_id")["clicks"].sum().reindex(today["keyword_id"]).fillna(0)
        forecast = estimates.forecast(today.set_index("keyword_id")["bid"])
        came = {name: today[name].to_numpy() for name in QUANTITIES}
        yield hits(forecast, came, seen.to_numpy())


def by(found: pd.DataFrame, keys: Sequence[str], measured: Sequence[str]) -> list[Row]:
    """Percentages by group, with how many word-days or days they rest on."""
    columns = [name for name in found.columns if name.removesuffix("_exact") in measured]
    grouped = found.groupby(list(keys), sort=False)
    shares = (100.0 * grouped[columns].mean()).round(2)
    counted = grouped.size()
    rows = []
    for key, share in shares.iterrows():
        row: Row = dict(zip(keys, key if isinstance(key, tuple) else (key,), strict=True))
        row["n"] = int(counted.loc[key])
        rows.append(row | {name: float(value) for name, value in share.items()})
    return sorted(rows, key=lambda row: [_rank(str(row[key])) for key in keys])


def _beyond(rows: Sequence[Row], measured: Sequence[str]) -> list[Row]:
    """The same groups: what was held, less what exact intervals would have held."""
    return [
        {key: value for key, value in row.items() if key.removesuffix("_exact") not in measured}
        | {name: round(float(row[name]) - float(row[f"{name}_exact"]), 1) for name in measured}
        for row in rows
    ]


def _rank(name: str) -> tuple[int, str]:
    return (list(BINS).index(name), "") if name in BINS else (0, name)
