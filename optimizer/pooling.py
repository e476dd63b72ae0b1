"""Partial pooling of rates over keyword → adgroup → campaign → account.

Counts are Poisson with exposure, each level's rate is Gamma around its parent with a strength
(pseudo-count) learned at that level: y_i ~ Poisson(E_i * rate_i), rate_i ~ Gamma(k1, mean rate of
the adgroup), adgroup rates ~ Gamma(k2, mean rate of the campaign), and so on up. A child tells its
parent only as much as its own spread allows (its counts are deflated by 1 + mean / strength), the
strengths maximise the leave-one-out negative-binomial likelihood under a weak prior, and the
uncertainty of every parent is carried (Gelman et al., Bayesian Data Analysis, ch. 5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln
from scipy.stats import gamma

from optimizer.outlook import FloatArray, IntArray
from optimizer.sums import sum_by

LOG_STRENGTHS = np.linspace(np.log(0.05), np.log(2e4), 44)
SAMPLE = 20_000
ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Tree:
    """Parents by code: keyword → adgroup, adgroup → campaign. There is one account above."""

    adgroup: IntArray  # (n,)
    campaign_of_adgroup: IntArray  # (G,)
    campaigns: int

    @property
    def parents(self) -> tuple[IntArray, IntArray, IntArray]:
        """Parent codes of keywords, adgroups and campaigns."""
        return self.adgroup, self.campaign_of_adgroup, np.zeros(self.campaigns, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before any data: the account's rate, worth ``weight`` counts."""

    rate: float
    weight: float
    strength: float = 4.0
    log_strength_sd: float = 1.5


@dataclass(frozen=True, slots=True)
class Level:
    """One level's posterior: rate, its sd (log scale) given the parent, and its pull to the parent."""

    rate: FloatArray
    own_sd: FloatArray
    pull: FloatArray  # d log(rate) / d log(parent's rate), 0..1
    strength: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """Posterior of all levels, finest first; ``account_sd`` is the top's sd on the log scale."""

    keyword: Level
    adgroup: Level
    campaign: Level
    account_rate: float
    account_sd: float
    tree: Tree

    @property
    def rate(self) -> FloatArray:
        """(n,) posterior means."""
        return self.keyword.rate

    def shared_variance(self) -> FloatArray:
        """(n,) variance of log(rate) that comes from the adgroup and above."""
        campaign = self.campaign.own_sd**2 + self.campaign.pull**2 * self.account_sd**2
        adgroup = (
            self.adgroup.own_sd**2 + self.adgroup.pull**2 * campaign[self.tree.campaign_of_adgroup]
        )
        return self.keyword.pull**2 * adgroup[self.tree.adgroup]

    def log_variance(self) -> FloatArray:
        """(n,) variance of log(rate): the keyword's own and what it shares."""
        return self.keyword.own_sd**2 + self.shared_variance()

    def with_noise(self, relative_variance: FloatArray) -> Pooled:
        """The same rates with noise (n,) beyond Poisson in what the keywords themselves showed."""
        keyword = self.keyword
        own = keyword.own_sd**2 + (1.0 - keyword.pull) * relative_variance
        return replace(self, keyword=replace(keyword, own_sd=np.sqrt(own)))

    def scaled(self, factor: FloatArray) -> Pooled:
        """The keywords' rates multiplied by ``factor`` (n,); what is shared above them stays."""
        return replace(self, keyword=replace(self.keyword, rate=self.keyword.rate * factor))

    def quantile(self, q: float) -> FloatArray:
        """(n,) quantiles of the rate, from the Gamma with the posterior's mean and spread."""
        return gamma_quantile(q, self.rate, self.log_variance())


def gamma_quantile(q: float, mean: FloatArray, relative_variance: FloatArray) -> FloatArray:
    """Quantile of Gammas given by mean and variance / mean²."""
    shape = 1.0 / np.maximum(relative_variance, 1e-9)
    return np.asarray(gamma.ppf(q, shape, scale=mean / shape), dtype=np.float64)


def pool(counts: FloatArray, exposure: FloatArray, tree: Tree, prior: Prior) -> Pooled:
    """Fit the hierarchy to counts (n,) with exposures (n,), both ≥ 0 and not necessarily whole."""
    parents = tree.parents
    sizes = (len(tree.campaign_of_adgroup), tree.campaigns, 1)
    strengths = [prior.strength] * 3
    total = float(counts.sum() + prior.weight) / (exposure.sum() + prior.weight / prior.rate)
    parent_rates = [np.full(size, total, dtype=np.float64) for size in sizes]
    for _ in range(ROUNDS):
        seen = _upward(counts, exposure, parents, sizes, parent_rates, strengths)
        parent_rates = _downward(seen, parents, strengths, prior)
        strengths = [
            _strength(
                seen[k],
                seen[k + 1][0],
                parents[k],
                parent_rates[k],
                (prior, strengths[k], strengths[k + 1] if k < 2 else 0.0),
            )
            for k in range(3)
        ]
    seen = _upward(counts, exposure, parents, sizes, parent_rates, strengths)
    parent_rates = _downward(seen, parents, strengths, prior)
    levels = [_level(seen[k], parents[k], parent_rates[k], strengths[k]) for k in range(3)]
    top_counts = float(seen[3][0][0])
    return Pooled(
        keyword=levels[0],
        adgroup=levels[1],
        campaign=levels[2],
        account_rate=float(parent_rates[2][0]),
        account_sd=float(1.0 / np.sqrt(prior.weight + top_counts)),
        tree=tree,
    )


Seen = list[tuple[FloatArray, FloatArray]]


def _upward(
    counts: FloatArray,
    exposure: FloatArray,
    parents: tuple[IntArray, ...],
    sizes: tuple[int, ...],
    parent_rates: list[FloatArray],
    strengths: list[float],
) -> Seen:
    """What each level has seen: its children's counts and exposures, deflated by their spread."""
    seen: Seen = [(counts, exposure)]
    for parent, size, rate, strength in zip(parents, sizes, parent_rates, strengths, strict=True):
        y, e = seen[-1]
        deflate = 1.0 / (1.0 + rate[parent] * e / strength)
        seen.append(
            (
                sum_by(parent, y * deflate, size),
                sum_by(parent, e * deflate, size),
            )
        )
    return seen


def _downward(
    seen: Seen, parents: tuple[IntArray, ...], strengths: list[float], prior: Prior
) -> list[FloatArray]:
    """Rates of adgroups, campaigns and the account, each pulled towards its parent."""
    y, e = seen[3]
    rates = [(y + prior.weight) / (e + prior.weight / prior.rate)]
    for k in (2, 1):
        y, e = seen[k]
        rates.insert(0, (strengths[k] + y) / (strengths[k] / rates[0][parents[k]] + e))
    return rates


def _strength(
    seen: tuple[FloatArray, FloatArray],
    group_counts: FloatArray,
    parent: IntArray,
    parent_rate: FloatArray,
    given: tuple[Prior, float, float],
) -> float:
    """Posterior mean of one level's log strength, each member judged by the others of its group.

    ``given`` holds the prior, the present strength and that of the level above.
    """
    prior, strength, strength_above = given
    y, e = seen
    used = np.flatnonzero(e > 0)
    if len(used) > SAMPLE:
        used = used[:: len(used) // SAMPLE + 1]
    y, e, group = y[used], e[used], parent[used]
    rate = np.maximum(parent_rate[group], 1e-300)
    deflate = 1.0 / (1.0 + rate * e / strength)
    known = group_counts[group] + strength_above
    rest_counts = np.maximum(known - y * deflate, 0.0) + 0.1
    rest_exposure = np.maximum(known / rate - e * deflate, 1e-9 * known / rate) + 0.1 / rate
    rest_spread = 1.0 / rest_counts
    mean = rest_counts / rest_exposure * e
    score = np.array(
        [_negative_binomial(y, mean, 1.0 / (np.exp(-k) + rest_spread)) for k in LOG_STRENGTHS]
    )
    score -= 0.5 * ((LOG_STRENGTHS - np.log(prior.strength)) / prior.log_strength_sd) ** 2
    weight = np.exp(score - score.max())
    return float(np.exp((weight * LOG_STRENGTHS).sum() / weight.sum()))


def _negative_binomial(y: FloatArray, mean: FloatArray, shape: FloatArray) -> float:
    """Log likelihood of counts with given mean and Gamma shape, without constant terms."""
    term = (
        gammaln(shape + y)
        - gammaln(shape)
        + shape * np.log(shape / (shape + mean))
        + y * np.log(np.maximum(mean, 1e-300) / (shape + mean))
    )
    return float(term.sum())


def _level(
    seen: tuple[FloatArray, FloatArray], parent: IntArray, parent_rate: FloatArray, strength: float
) -> Level:
    """Conjugate posterior of one level given its parent."""
    y, e = seen
    above = strength / parent_rate[parent]
    return Level(
        rate=(strength + y) / (above + e),
        own_sd=1.0 / np.sqrt(strength + y),
        pull=above / (above + e),
        strength=strength,
    )
