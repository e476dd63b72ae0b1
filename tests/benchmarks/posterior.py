"""The models that the product approximates, as a sampler sees them (NumPyro's NUTS).

Rates: y_i ~ Poisson(E_i r_i); r_i ~ Gamma(shape 1 / s1^2, mean exp(eta_g)); eta_g ~ Normal(eta_c, s2);
eta_c ~ Normal(eta_0, s3); eta_0 ~ Normal(log prior rate, 1 / sqrt(prior weight)); s1, s2, s3 have
exponential priors with the prior's means, and a level with one member keeps that mean. Words are
integrated out (negative binomial) and drawn afterwards from their conjugate Gamma.

Lag: link a = N(a) / N(a + 1) ~ Beta around the documented curve; of the orders known at a later pull
each had been known at an earlier one with the product of the links between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CHAINS = 4


@dataclass(frozen=True, slots=True)
class Tree:
    """Adgroup of each word (n,), campaign of each adgroup (G,), and how many campaigns there are."""

    adgroup: IntArray
    campaign: IntArray
    campaigns: int


@dataclass(frozen=True, slots=True)
class Belief:
    """The prior: the account's rate, worth ``weight`` counts, and the mean spread of each level."""

    rate: float
    weight: float
    spread: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """Posterior draws (D, n) and their means (n,); ``divergences`` and ``r_hat`` tell if to trust them."""

    draws: FloatArray
    mean: FloatArray
    seconds: float
    divergences: int
    r_hat: float


def rates(
    hits: FloatArray, tries: FloatArray, tree: Tree, belief: Belief, draws: int, seed: int
) -> Sample:
    """Posterior of every word's rate."""
    import numpyro
    import numpyro.distributions as dist
    from jax import numpy as jnp

    seen = tries > 0
    group = tree.adgroup[seen]

    def spread(name: str, level: int, members: int) -> Any:
        mean = belief.spread[level]
        return numpyro.sample(name, dist.Exponential(1.0 / mean)) if members > 1 else mean

    def model() -> None:
        s1 = spread("s1", 0, len(hits))
        s2 = spread("s2", 1, len(tree.campaign))
        s3 = spread("s3", 2, tree.campaigns)
        top = numpyro.sample("top", dist.Normal(np.log(belief.rate), belief.weight**-0.5))
        of_campaign = numpyro.sample("c", dist.Normal().expand([tree.campaigns]).to_event(1))
        of_adgroup = numpyro.sample("g", dist.Normal().expand([len(tree.campaign)]).to_event(1))
        eta = top + s3 * of_campaign[tree.campaign] + s2 * of_adgroup
        numpyro.deterministic("eta", eta)
        numpyro.deterministic("shape", s1**-2.0 * jnp.ones(()))
        mean = tries[seen] * jnp.exp(eta[group])
        with numpyro.plate("words", int(seen.sum())):
            numpyro.sample("y", dist.NegativeBinomial2(mean, s1**-2.0), obs=hits[seen])

    found, seconds, divergences, r_hat = _run(model, draws, seed)
    shape = np.asarray(found["shape"])[:, None] + hits
    above = np.asarray(found["shape"])[:, None] * np.exp(-np.asarray(found["eta"]))
    scale = 1.0 / (above[:, tree.adgroup] + tries)
    drawn = np.random.default_rng(seed).gamma(shape, scale)
    return Sample(drawn, (shape * scale).mean(axis=0), seconds, divergences, r_hat)


def lag(
    triangle: FloatArray, documented: FloatArray, orders: float, draws: int, seed: int
) -> Sample:
    """Posterior of the maturity at ages 0..A; ``triangle`` (dates, A + 1) holds NaN where no pull was."""
    import numpyro
    import numpyro.distributions as dist
    from jax import numpy as jnp

    expected = documented[:-1] / documented[1:]
    low_age, high_age, low, high = _pairs(triangle)

    def model() -> None:
        link = numpyro.sample(
            "link", dist.Beta(orders * expected, orders * (1.0 - expected) + 1e-3).to_event(1)
        )
        log_share = jnp.concatenate([-jnp.cumsum(jnp.log(link)[::-1])[::-1], jnp.zeros(1)])
        numpyro.deterministic("share", jnp.exp(-log_share))
        known = jnp.exp(log_share[high_age] - log_share[low_age])
        with numpyro.plate("pairs", len(low)):
            numpyro.sample("n", dist.Binomial(high, jnp.minimum(known, 1.0)), obs=low)

    found, seconds, divergences, r_hat = _run(model, draws, seed)
    share = np.asarray(found["share"])
    return Sample(share, share.mean(axis=0), seconds, divergences, r_hat)


def _pairs(triangle: FloatArray) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Ages and orders of every two successive pulls of a date; orders never fall."""
    pairs = []
    for row in triangle:
        ages = np.flatnonzero(~np.isnan(row))
        known = np.maximum.accumulate(row[ages])
        pairs += list(zip(ages[:-1], ages[1:], known[:-1], known[1:], strict=True))
    low_age, high_age, low, high = (np.array(column) for column in zip(*pairs, strict=True))
    return low_age, high_age, low, high


def _run(
    model: Callable[[], None], draws: int, seed: int
) -> tuple[Mapping[str, Any], float, int, float]:
    """All chains' draws, seconds of sampling without compiling, divergences, worst r-hat."""
    import time

    import jax
    import numpyro
    from numpyro.diagnostics import gelman_rubin
    from numpyro.infer import MCMC, NUTS

    jax.config.update("jax_enable_x64", True)
    numpyro.set_platform("cpu")
    chains = MCMC(
        NUTS(model, target_accept_prob=0.95),
        num_warmup=draws // 2,
        num_samples=draws,
        num_chains=CHAINS,
        chain_method="sequential",
        progress_bar=False,
    )
    begun = time.perf_counter()
    chains.run(jax.random.PRNGKey(seed), extra_fields=("diverging",))
    found = chains.get_samples()
    seconds = time.perf_counter() - begun
    diverging = int(np.asarray(chains.get_extra_fields()["diverging"]).sum())
    grouped = chains.get_samples(group_by_chain=True)
    r_hat = max(float(np.max(gelman_rubin(np.asarray(x)))) for x in grouped.values() if x.size)
    return found, seconds, diverging, r_hat
