"""A small shop with known truth, made here and not by the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

AS_OF = date(2026, 6, 1)


def make_shop(
    *,
    seed: int = 3,
    words: int = 60,
    days: int = 28,
    clicks: float = 8.0,
    cvr: float = 0.05,
    value: float = 80.0,
    elasticity: float = 0.6,
    bid_sd: float = 0.15,
    adgroups: int = 6,
    campaigns: int = 2,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History and roster of words whose clicks follow bid ** elasticity at a price of 0.8 bids."""
    rng = np.random.default_rng(seed)
    ids = [f"k{i:03d}" for i in range(words)]
    level = clicks * np.exp(rng.normal(0, 0.7, words))
    rate = cvr * np.exp(rng.normal(0, 0.3, words))
    base = np.exp(rng.normal(0, 0.3, words))
    rows = []
    for back in range(days, 0, -1):
        bid = (
            np.round(base * np.exp(rng.normal(0, bid_sd, words)), 2)
            if bid_sd
            else np.round(base, 2)
        )
        shown = rng.poisson(25.0 * level * (bid / base) ** elasticity)
        n = rng.binomial(shown, 0.04)
        orders = rng.binomial(n, np.minimum(rate, 1.0))
        rows.append(
            pd.DataFrame(
                {
                    "keyword_id": ids,
                    "date": pd.Timestamp(AS_OF - timedelta(days=back)),
                    "bid": bid,
                    "impressions": shown,
                    "clicks": n,
                    "spend": 0.8 * bid * n,
                    "orders": orders,
                    "revenue": orders * value,
                }
            )
        )
    keywords = pd.DataFrame(
        {
            "keyword_id": ids,
            "adgroup_id": [f"g{i % adgroups}" for i in range(words)],
            "campaign_id": [f"c{i % adgroups % campaigns}" for i in range(words)],
            "bid": np.round(base, 2),
        }
    )
    return pd.concat(rows, ignore_index=True), keywords


@pytest.fixture(scope="session")
def shop() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    return make_shop


@pytest.fixture(scope="session")
def as_of() -> date:
    return AS_OF
