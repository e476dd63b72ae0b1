"""Seconds and memory of estimate + propose as the account grows, and the exponent of the growth."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import optimizer
from tests.benchmarks.extent import Extent
from tests.benchmarks.tables import Row, Table

DAYS = 30


def run(extent: Extent) -> list[Table]:
    """One row a size, each in a process of its own so that the peak memory is its own."""
    rows: list[Row] = []
    for keywords in extent.scale_sizes:
        command = [sys.executable, "-m", "tests.benchmarks.scale", str(keywords)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout))
    return [Table("One night's arithmetic", with_exponents(rows))]


def with_exponents(rows: Sequence[Row]) -> list[Row]:
    """From the second row on: by which power of the size the seconds have grown."""
    told = [dict(row) for row in rows]
    for before, row in pairwise(told):
        growth = np.log(_seconds(row) / _seconds(before))
        size = np.log(float(row["keywords"]) / float(before["keywords"]))
        row["exponent"] = round(float(growth / size), 2)
    return told


def _seconds(row: Row) -> float:
    return float(row["estimate_s"]) + float(row["propose_s"])


def measure(keywords: int) -> Row:
    """Estimate and propose once on made-up figures of ``keywords`` words over 30 days."""
    history, roster = account(keywords)
    begun = time.perf_counter()
    estimates = optimizer.estimate(
        history, roster, as_of=date(2026, 1, 31), default_margin_rate=0.4
    )
    estimated = time.perf_counter()
    policy = optimizer.Policy(
        objective="slight_loss",
        daily_budget=1e9,
        max_loss=keywords / 100.0,
        max_bid=20.0,
        max_step_up=0.3,
        max_step_down=0.3,
    )
    plan = optimizer.propose(estimates, policy)
    done = time.perf_counter()
    return {
        "keywords": keywords,
        "estimate_s": round(estimated - begun, 2),
        "propose_s": round(done - estimated, 2),
        "peak_gib": round(_peak_kib() / 1024**2, 2),
        "gap": plan.gap,
    }


def _peak_kib() -> int:
    """Of this program alone; what ``getrusage`` tells on Linux may be the parent's, kept over the start."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def account(keywords: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of an account with a heavy tail of words; bids move a little every night."""
    rng = np.random.default_rng(0)
    level, base = np.exp(rng.normal(-3, 1.8, keywords)), np.exp(rng.normal(-0.3, 0.4, keywords))
    ids = pd.Index([f"k{i}" for i in range(keywords)])
    codes = np.tile(np.arange(keywords, dtype=np.int32), DAYS)
    bid = base[codes] * np.exp(rng.normal(0, 0.1, len(codes)))
    clicks = rng.poisson(level[codes]).astype(np.int32)
    orders = rng.binomial(clicks, 0.03).astype(np.int32)
    history = pd.DataFrame(
        {
            "keyword_id": pd.Categorical.from_codes(codes, categories=ids),
            "date": np.repeat(pd.date_range("2026-01-01", periods=DAYS).to_numpy(), keywords),
            "bid": bid,
            "impressions": clicks * 20 + rng.poisson(level[codes] * 10).astype(np.int32),
            "clicks": clicks,
            "spend": clicks * bid * 0.8,
            "orders": orders,
            "revenue": orders * 80.0,
        }
    )
    place = np.arange(keywords)
    roster = pd.DataFrame(
        {
            "keyword_id": ids,
            "adgroup_id": [f"g{code}" for code in place // 20],
            "campaign_id": [f"c{code}" for code in place // 2000],
            "bid": base,
        }
    )
    return history, roster


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
