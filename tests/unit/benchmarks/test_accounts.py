"""Real accounts do not lie beside every checkout: here they are made up, in the same files."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks import accounts
from tests.benchmarks.extent import SMOKE


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    words, days = 12, 40
    day = np.repeat(pd.date_range("2012-04-03", periods=days), words)
    rate = np.tile(rng.beta(2, 60, words), days)
    shown = rng.poisson(80, words * days)
    clicks = rng.binomial(shown, rate)
    orders = rng.binomial(clicks, 0.1)
    daily = pd.DataFrame(
        {
            "id": np.tile([f"w{i}" for i in range(words)], days),
            "date": day,
            "campaign_id": "c",
            "adgroup_id": np.tile([f"g{i % 3}" for i in range(words)], days),
            "bid": 1.0,
            "impressions": shown,
            "clicks": clicks,
            "spend": clicks * 0.5,
            "orders": orders,
            "revenue": orders * 80.0,
        }
    )
    for name in ("ctr_daily", "account_with_bids", "account_restated"):
        (tmp_path / name).mkdir()
    daily.to_csv(tmp_path / "ctr_daily" / "keyword_days.csv.gz")
    named = daily.assign(keyword_id=daily["id"])
    named.to_csv(tmp_path / "account_with_bids" / "keyword_days.csv.gz")
    late = named.assign(orders=0)
    late.to_csv(tmp_path / "account_restated" / "pull_2012-05-20.csv.gz")
    named.to_csv(tmp_path / "account_restated" / "pull_2012-06-20.csv.gz")
    return tmp_path


def test_every_account_and_number_of_days_has_its_row(folder, monkeypatch):
    monkeypatch.setattr(accounts, "KNOWN_DAYS", (3, 14))
    (table,) = accounts.run(replace(SMOKE, data=folder))
    found = [(row["data"], row["rate"], row["days"]) for row in table.rows]
    assert found == [
        (name, rate, days)
        for name, rate in (
            ("search words", "ctr"),
            ("shop", "ctr"),
            ("shop", "cvr"),
            ("restated shop", "ctr"),
            ("restated shop", "cvr"),
        )
        for days in (3, 14)
    ]
    for row in table.rows:
        best = min(row["pooled"], row["empirical_bayes"])
        assert row["behind"] == pytest.approx(row["kaiche"] - best, abs=2e-5)
        assert row["never_worse"] == ("yes" if row["behind"] <= 0 else "no")


def test_of_a_restated_day_the_newest_pull_counts(folder):
    restated = list(accounts._accounts(folder))[2].daily
    assert restated["orders"].sum() > 0
    assert not restated.duplicated(["keyword_id", "date"]).any()


def test_without_data_there_are_no_rows():
    (table,) = accounts.run(SMOKE)
    assert table.rows == []


def test_log_loss_is_least_at_the_true_rate():
    hits, tries = np.array([30.0]), np.array([100.0])
    losses = [accounts.log_loss(np.array([p]), hits, tries)[0] for p in (0.2, 0.3, 0.4)]
    assert min(losses) == losses[1]
