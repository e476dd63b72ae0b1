"""The model of rates that the product approximates, as a sampler sees it (NumPyro's NUTS).

Rates: y_i ~ Poisson(E_i r_i); r_i ~ Gamma(shape 1 / s1^2, mean exp(eta_g)); eta_g ~ Normal(eta_c, s2);
eta_c ~ Normal(eta_0, s3); eta_0 ~ Normal(log prior rate, 1 / sqrt(prior weight)); s1, s2, s3 have
exponential priors with the prior's means, and a level with one member keeps that mean; where every
campaign has one adgroup the two are one level, and s2 is next to nothing. Words are integrated out
(negative binomial) and drawn afterwards from their conjugate Gamma.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincinv

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CHAINS = 4
WARM_UP = 300
MIXED = (
    8_000  # draws that the ends of an interval rest on: 500 would leave unseen words 8 % of luck
)
HALVINGS = 16
TWIN = 0.05  # of the prior's mean


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
class Chains:
    """Processor seconds, and the worst of all sampled numbers: r-hat, effective draws; divergences."""

    seconds: float
    divergences: int
    r_hat: float
    effective: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """Means, standard deviations and 5 and 95 % ends (n,); whether the chains may be trusted."""

    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray
    chains: Chains


def rates(
    hits: FloatArray, tries: FloatArray, tree: Tree, belief: Belief, draws: int, seed: int
) -> Posterior:
    """Posterior of every word's rate."""
    import numpyro
    import numpyro.distributions as dist
    from jax import numpy as jnp

    seen = tries > 0
    twins = len(tree.campaign) == tree.campaigns > 1
    likelihood = _words(hits[seen], tries[seen], tree.adgroup[seen])

    def spread(name: str, level: int, members: int) -> Any:
        mean = belief.spread[level]
        return numpyro.sample(name, dist.Exponential(1.0 / mean)) if members > 1 else mean

    def model() -> None:
        s1 = spread("s1", 0, len(hits))
        s2 = TWIN * belief.spread[1] if twins else spread("s2", 1, len(tree.campaign))
        s3 = spread("s3", 2, tree.campaigns)
        top = numpyro.sample("top", dist.Normal(np.log(belief.rate), belief.weight**-0.5))
        of_campaign = numpyro.sample("c", dist.Normal().expand([tree.campaigns]).to_event(1))
        of_adgroup = numpyro.sample("g", dist.Normal().expand([len(tree.campaign)]).to_event(1))
        eta = top + s3 * of_campaign[tree.campaign] + s2 * of_adgroup
        numpyro.deterministic("eta", eta)
        numpyro.deterministic("shape", s1**-2.0 * jnp.ones(()))
        numpyro.factor("words", likelihood(eta, s1**-2.0))

    found, chains = _run(model, draws, seed)
    shape = np.asarray(found["shape"])[:, None]
    above = shape * np.exp(-np.asarray(found["eta"]))[:, tree.adgroup]
    return Posterior(*of_mixture(shape + hits, 1.0 / (above + tries)), chains)


def of_mixture(
    shape: FloatArray, scale: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean, sd, 5 and 95 % ends (n,) of equal mixtures of D Gammas, (D, n): no further luck is drawn."""
    mean = (shape * scale).mean(axis=0)
    sd = np.sqrt((shape * (shape + 1.0) * scale**2).mean(axis=0) - mean**2)
    thin = slice(None, None, max(1, len(shape) // MIXED))
    shape, scale = shape[thin], scale[thin]
    low, high = (_quantile(shape, scale, q) for q in (0.05, 0.95))
    return mean, sd, low, high


def _quantile(shape: FloatArray, scale: FloatArray, q: float) -> FloatArray:
    """Halving between the components' own quantiles."""
    ends = np.log(np.maximum(gammaincinv(shape, q) * scale, 1e-300))
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        below = gammainc(shape, np.exp(middle) / scale).mean(axis=0) < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(np.exp(0.5 * (low + high)))


def _words(hits: FloatArray, tries: FloatArray, group: IntArray) -> Callable[[Any, Any], Any]:
    """Log likelihood of negative-binomial counts given log rates of groups and the Gamma's shape.

    The normalising terms depend on the count and the shape alone, so they are had once for each
    count that occurs.
    """
    from jax import numpy as jnp
    from jax.scipy.special import gammaln

    values, times = np.unique(hits, return_counts=True)

    def of(eta: Any, shape: Any) -> Any:
        constant = times @ (gammaln(shape + values) - gammaln(shape))
        mean = tries * jnp.exp(eta)[group]
        missed = shape * jnp.log1p(mean / shape)
        return constant + (hits * (jnp.log(mean) - jnp.log(shape + mean)) - missed).sum()

    return of


def _run(model: Callable[[], None], draws: int, seed: int) -> tuple[Mapping[str, Any], Chains]:
    """All chains' draws, and whether to trust them."""
    import jax
    import numpyro
    from numpyro.diagnostics import effective_sample_size, gelman_rubin
    from numpyro.infer import MCMC, NUTS, init_to_median

    jax.config.update("jax_enable_x64", True)
    numpyro.set_platform("cpu")
    chains = MCMC(
        NUTS(model, target_accept_prob=0.9, init_strategy=init_to_median(num_samples=25)),
        num_warmup=WARM_UP,
        num_samples=draws,
        num_chains=CHAINS,
        chain_method="vectorized",
        progress_bar=False,
    )
    begun = time.process_time()
    chains.run(jax.random.PRNGKey(seed), extra_fields=("diverging",))
    found = chains.get_samples()
    seconds = time.process_time() - begun
    diverging = int(np.asarray(chains.get_extra_fields()["diverging"]).sum())
    grouped = [np.asarray(draws) for draws in chains.get_samples(group_by_chain=True).values()]
    moving = [draws for draws in grouped if draws.std() > 0]
    r_hat = max(float(np.max(gelman_rubin(draws))) for draws in moving)
    effective = min(float(np.min(effective_sample_size(draws))) for draws in moving)
    return found, Chains(seconds, diverging, r_hat, effective)
