"""The approximations against brute force: the same model summed up on dense grids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import gamma

from optimizer.hierarchy import Field, Top, infer
from optimizer.pooled import Prior, Tree
from optimizer.pooling import pool

ETA = np.linspace(-4.5, 3.5, 160)
SPREADS = np.exp(np.linspace(np.log(0.004), np.log(3.0), 16))


@dataclass(frozen=True)
class Account:
    """A few keywords of one campaign."""

    counts: np.ndarray
    exposure: np.ndarray
    adgroup: np.ndarray
    prior: Prior

    @property
    def tree(self) -> Tree:
        return Tree(self.adgroup, np.zeros(int(self.adgroup.max()) + 1, dtype=np.int64), 1)


SPARSE = Account(
    np.array([0.0, 1.0, 0.0, 2.0, 0.0]),
    np.array([20.0, 15.0, 40.0, 10.0, 0.0]),
    np.array([0, 0, 0, 1, 1]),
    Prior(0.04, 1.0, (0.3, 0.2, 0.2)),
)
MIXED = Account(
    np.array([3.0, 30.0, 0.0, 8.0, 9.0, 1.0]),
    np.array([100.0, 300.0, 90.0, 60.0, 80.0, 30.0]),
    np.array([0, 0, 0, 1, 1, 2]),
    Prior(0.03, 1.0, (0.5, 0.3, 0.3)),
)
DENSE = Account(
    np.array([300.0, 550.0, 410.0, 90.0, 75.0, 140.0]),
    np.array([4000.0, 6000.0, 7000.0, 3000.0, 1500.0, 2500.0]),
    np.array([0, 0, 0, 1, 1, 1]),
    Prior(0.03, 1.0, (0.3, 0.2, 0.2)),
)


def word_likelihood(account: Account, shape: float) -> np.ndarray:
    """(n, E) negative binomial likelihood of every word by its adgroup's log rate."""
    y, e = account.counts[:, None], account.exposure[:, None]
    mean = e * np.exp(ETA + np.log(account.prior.rate))
    constant = gammaln(shape + y) - gammaln(shape) - gammaln(y + 1.0)
    log_mean = np.where(e > 0, np.log(np.maximum(mean, 1e-300)), 0.0)
    log = constant + y * (log_mean - np.log(shape)) - (shape + y) * np.log1p(mean / shape)
    return np.exp(log)


def normal(x: np.ndarray, sd: float) -> np.ndarray:
    density = np.exp(-0.5 * (x / sd) ** 2)
    return density / density.sum(axis=-1, keepdims=True)


def brute_force(
    account: Account, q: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (n,), sd (n,) and quantiles (len(q), n) of the rates."""
    groups = account.adgroup
    top_sd = np.hypot(account.prior.spread[2], account.prior.weight**-0.5)
    top = normal(ETA, top_sd)
    weights, shapes, beliefs = [], [], []
    for s1 in SPREADS:
        likelihood = word_likelihood(account, s1**-2)
        by_group = np.stack([likelihood[groups == g].prod(axis=0) for g in range(groups.max() + 1)])
        for s2 in SPREADS:
            step = normal(ETA[None, :] - ETA[:, None], s2)  # (campaign, adgroup)
            up = by_group @ step.T
            campaign = top * up.prod(axis=0)
            prior = s1 * np.exp(-s1 / account.prior.spread[0])
            prior *= s2 * np.exp(-s2 / account.prior.spread[1])
            mass = campaign.sum()
            others = [np.delete(up, g, axis=0).prod(axis=0) for g in range(len(up))]
            belief = [(top * others[g] / mass) @ step * by_group[g] for g in range(len(up))]
            weights.append(prior * mass)
            shapes.append(s1**-2)
            beliefs.append(np.stack(belief))
    weight = np.array(weights) / np.sum(weights)
    kept = weight > 1e-5
    weight, shape, belief = weight[kept], np.array(shapes)[kept], np.stack(beliefs)[kept]
    return word_moments(account, weight, shape, belief, q)


def word_moments(
    account: Account,
    weight: np.ndarray,
    shape: np.ndarray,
    belief: np.ndarray,
    q: tuple[float, ...],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mixtures of Gammas over all spreads and adgroup rates, and their quantiles by bisection."""
    group_rate = account.prior.rate * np.exp(ETA)
    means, sds, ends = [], [], []
    for y, e, g in zip(account.counts, account.exposure, account.adgroup, strict=True):
        a = (shape + y)[:, None]
        scale = 1.0 / (shape[:, None] / group_rate + e)
        chance = weight[:, None] * belief[:, g]
        mean = (chance * a * scale).sum()
        square = (chance * a * (a + 1) * scale**2).sum()
        heavy = chance > 1e-6
        law = np.broadcast_to(a, chance.shape)[heavy], scale[heavy], chance[heavy]
        means.append(mean)
        sds.append(np.sqrt(square - mean**2))
        ends.append([quantile(law, p) for p in q])
    return np.array(means), np.array(sds), np.array(ends).T


def quantile(law: tuple[np.ndarray, np.ndarray, np.ndarray], p: float) -> float:
    low, high = -14.0, 4.0
    for _ in range(24):
        middle = 0.5 * (low + high)
        below = (law[2] * gamma.cdf(np.exp(middle), law[0], scale=law[1])).sum()
        low, high = (middle, high) if below < p else (low, middle)
    return float(np.exp(low))


@pytest.mark.parametrize("account", [SPARSE, MIXED, DENSE], ids=["sparse", "mixed", "dense"])
def test_rates_and_intervals_are_those_of_brute_force(account: Account) -> None:
    mean, sd, (low, high) = brute_force(account, (0.05, 0.95))
    found = pool(account.counts, account.exposure, account.tree, account.prior)
    width = high - low
    assert np.abs((found.rate - mean) / sd).max() < 0.1
    assert np.abs((found.quantile(0.05) - low) / width).max() < 0.1
    assert np.abs((found.quantile(0.95) - high) / width).max() < 0.1
    assert np.sqrt(found.log_variance()) * mean == pytest.approx(sd, rel=0.06)


def test_the_evidence_is_that_of_brute_force() -> None:
    account, top = MIXED, Top(0.0, 1.0)
    tree = account.tree
    field = Field.of(
        account.counts,
        account.exposure * account.prior.rate,
        account.adgroup,
        tree.campaign_of_adgroup[account.adgroup],
    )
    spreads = np.array([[0.3, 0.2, 0.2], [0.8, 0.2, 0.2], [0.3, 0.6, 0.2], [0.3, 0.2, 0.9]])
    found = infer(field, spreads, top, nodes=13, rounds=3).evidence
    exact = np.array([np.log(evidence(account, *row)) for row in spreads])
    assert found - found[0] == pytest.approx(exact - exact[0], abs=0.02)


def evidence(account: Account, s1: float, s2: float, s3: float) -> float:
    likelihood = word_likelihood(account, s1**-2)
    groups = account.adgroup
    by_group = np.stack([likelihood[groups == g].prod(axis=0) for g in range(groups.max() + 1)])
    up = by_group @ normal(ETA[None, :] - ETA[:, None], s2).T
    return float((normal(ETA, np.hypot(s3, 1.0)) * up.prod(axis=0)).sum())
