"""Group rates of a Poisson hierarchy for given spreads, by expectation propagation on the tree.

The model, for keywords i of adgroups g of campaigns c (all eta are logs of rates):

    y_i | rate_i  ~ Poisson(exposure_i * rate_i)
    rate_i | g    ~ Gamma(shape 1 / s1^2, mean exp(eta_g))
    eta_g | c     ~ Normal(eta_c, s2^2)
    eta_c         ~ Normal(eta_0, s3^2)
    eta_0         ~ Normal(log prior rate, 1 / prior weight)

Keyword rates are integrated out exactly (negative binomial). All words of an adgroup make one site;
its tilted distribution lives on nodes around the adgroup's posterior, and what it tells the campaign
is the Gaussian that matches the tilted mean and variance (Minka 2001). Between Gaussians the tree is
exact. H = settings of (s1, s2, s3) worked at once, A = adgroups with data, K = campaigns with data,
J = nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from optimizer.outlook import FloatArray, IntArray

ELEMENTS = 4_000_000  # numbers in one temporary of settings * keywords * nodes
SCORING_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Field:
    """Keywords with exposure, sorted by campaign and adgroup; exposures in units of 1 / centre rate."""

    counts: FloatArray  # (m,)
    exposure: FloatArray  # (m,)
    group: IntArray  # (m,) 0..A-1
    group_start: IntArray  # (A,) first keyword of each adgroup
    campaign: IntArray  # (A,) 0..K-1
    campaign_start: IntArray  # (K,) first adgroup of each campaign
    adgroup_code: IntArray  # (A,) the caller's codes
    campaign_code: IntArray  # (K,)

    @classmethod
    def of(
        cls, counts: FloatArray, exposure: FloatArray, adgroup: IntArray, campaign: IntArray
    ) -> Field:
        """Sort keywords (m,) with exposure; ``adgroup`` and ``campaign`` (m,) are any codes."""
        order = np.lexsort((adgroup, campaign))
        adgroup, campaign = adgroup[order], campaign[order]
        start = np.flatnonzero(np.diff(adgroup, prepend=-1))
        of_group = campaign[start]
        first = np.diff(of_group, prepend=-1) != 0
        size = np.diff(np.append(start, len(order)))
        return cls(
            counts[order],
            exposure[order],
            np.repeat(np.arange(len(start)), size),
            start,
            np.cumsum(first) - 1,
            np.flatnonzero(first),
            adgroup[start],
            of_group[first],
        )


@dataclass(frozen=True, slots=True)
class Top:
    """The account's rate before any data: Normal in the log, relative to the centre."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Groups:
    """Posterior of the group rates for every setting; logs are relative to the centre."""

    field: Field
    evidence: FloatArray  # (H,) log marginal likelihood
    nodes: FloatArray  # (H, A, J) log rates of adgroups, after all data
    weights: FloatArray  # (H, A, J)
    group_precision: FloatArray  # (H, A) what an adgroup's own words say of it
    campaign_precision: FloatArray  # (H, K) what a campaign's adgroups say of it
    campaign_mean: FloatArray  # (H, K) after all data
    campaign_variance: FloatArray  # (H, K)
    account_mean: FloatArray  # (H,)
    account_variance: FloatArray  # (H,)


def unit_nodes(count: int) -> FloatArray:
    """(J,) equally spaced standard deviations; sums over them are all but exact for smooth bells."""
    reach = 3.2 if count < 10 else 4.6
    nodes: FloatArray = np.linspace(-reach, reach, count)
    return nodes


def infer(field: Field, spreads: FloatArray, top: Top, nodes: int, rounds: int) -> Groups:
    """Posterior and evidence for every row (s1, s2, s3) of ``spreads`` (H, 3)."""
    step = max(1, ELEMENTS // (len(field.counts) * nodes + 1))
    parts = [
        _infer(field, spreads[at : at + step], top, nodes, rounds)
        for at in range(0, len(spreads), step)
    ]
    names = [name for name in Groups.__dataclass_fields__ if name != "field"]
    return Groups(
        field, *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


def _infer(field: Field, spreads: FloatArray, top: Top, nodes: int, rounds: int) -> Groups:
    shape, between = spreads[:, :1] ** -2, spreads[:, 1:] ** 2
    site = _scored(field, shape, between.sum(axis=1, keepdims=True) + top.variance)
    unit = unit_nodes(nodes)
    constant = _shape_terms(field, shape)
    for _ in range(rounds):
        tree = _tree(field, site, between, top)
        tilted = _tilt(field, tree, site, unit, shape)
        site = tilted.site
    tree = _tree(field, site, between, top)
    final = _tilt(field, tree, site, unit, shape)
    return Groups(
        field=field,
        evidence=constant
        + final.log_mass.sum(axis=1)
        + tree.log_mass
        - final.site_mass.sum(axis=1),
        nodes=final.nodes,
        weights=final.weights,
        group_precision=site.precision,
        campaign_precision=tree.campaign_own,
        campaign_mean=tree.campaign_mean,
        campaign_variance=tree.campaign_variance,
        account_mean=tree.account_mean[:, 0],
        account_variance=tree.account_variance[:, 0],
    )


@dataclass(frozen=True, slots=True)
class _Site:
    """exp(pull * eta - precision * eta^2 / 2) for every adgroup, (H, A)."""

    pull: FloatArray
    precision: FloatArray


@dataclass(frozen=True, slots=True)
class _Tree:
    """Gaussian beliefs given the sites; cavities leave the adgroup's own site out."""

    cavity_mean: FloatArray  # (H, A)
    cavity_variance: FloatArray
    campaign_own: FloatArray  # (H, K)
    campaign_mean: FloatArray
    campaign_variance: FloatArray
    account_mean: FloatArray  # (H, 1)
    account_variance: FloatArray
    log_mass: FloatArray  # (H,)


@dataclass(frozen=True, slots=True)
class _Tilted:
    site: _Site
    nodes: FloatArray  # (H, A, J)
    weights: FloatArray
    log_mass: FloatArray  # (H, A) of cavity times likelihood
    site_mass: FloatArray  # (H, A) of cavity times site


def _scored(field: Field, shape: FloatArray, prior_variance: FloatArray) -> _Site:
    """First sites by scoring from the account's rate; counts deflated by the words' own spread."""
    rate = np.ones((len(shape), len(field.group_start)))
    weight = 1.0 / prior_variance
    for _ in range(SCORING_ROUNDS):
        deflate = shape / (shape + rate[:, field.group] * field.exposure)
        seen = np.add.reduceat(deflate * field.counts, field.group_start, axis=1)
        room = np.add.reduceat(deflate * field.exposure, field.group_start, axis=1)
        rate = (weight + seen) / (weight + room)
    precision = np.maximum(rate * room, 1e-9)
    return _Site(precision * np.log(rate) + seen - rate * room, precision)


def _up(site: _Site, variance: FloatArray) -> tuple[_Site, FloatArray]:
    """What sites say of their parent, and the log mass lost on the way."""
    shrink = 1.0 / (1.0 + site.precision * variance)
    mass = 0.5 * (np.log(shrink) + site.pull**2 * variance * shrink)
    return _Site(site.pull * shrink, site.precision * shrink), mass


def _tree(field: Field, site: _Site, between: FloatArray, top: Top) -> _Tree:
    """Beliefs of campaigns and account, and each adgroup's cavity."""
    of_group, of_campaign = between[:, :1], between[:, 1:]
    told, group_mass = _up(site, of_group)
    campaign = _Site(
        np.add.reduceat(told.pull, field.campaign_start, axis=1),
        np.add.reduceat(told.precision, field.campaign_start, axis=1),
    )
    told_above, campaign_mass = _up(campaign, of_campaign)
    pull = told_above.pull.sum(axis=1, keepdims=True)
    precision = told_above.precision.sum(axis=1, keepdims=True)
    all_pull, all_precision = pull + top.mean / top.variance, precision + 1.0 / top.variance
    mass = group_mass.sum(axis=1) + campaign_mass.sum(axis=1)
    mass += _gauss_mass(np.array(top.mean), np.array(top.variance), _Site(pull, precision))[:, 0]
    above_precision = all_precision - told_above.precision
    above_mean = (all_pull - told_above.pull) / above_precision
    above = 1.0 / (of_campaign + 1.0 / above_precision)
    total = campaign.precision + above
    total_pull = campaign.pull + above * above_mean
    cavity_precision = total[:, field.campaign] - told.precision
    return _Tree(
        cavity_mean=(total_pull[:, field.campaign] - told.pull) / cavity_precision,
        cavity_variance=of_group + 1.0 / cavity_precision,
        campaign_own=campaign.precision,
        campaign_mean=total_pull / total,
        campaign_variance=1.0 / total,
        account_mean=all_pull / all_precision,
        account_variance=1.0 / all_precision,
        log_mass=mass,
    )


def _gauss_mass(mean: FloatArray, variance: FloatArray, site: _Site) -> FloatArray:
    """Log of the integral of a Gaussian times a site."""
    total = 1.0 / variance + site.precision
    pull = mean / variance + site.pull
    mass: FloatArray = -0.5 * np.log(total * variance) + 0.5 * (
        pull**2 / total - mean**2 / variance
    )
    return mass


def _tilt(field: Field, tree: _Tree, site: _Site, unit: FloatArray, shape: FloatArray) -> _Tilted:
    """Moments of cavity times likelihood on nodes around the present posterior; the new sites."""
    mean, variance = tree.cavity_mean, tree.cavity_variance
    precision = 1.0 / variance + site.precision
    centre, width = (mean / variance + site.pull) / precision, precision**-0.5
    nodes = centre[..., None] + width[..., None] * unit
    log_density = _likelihood(field, nodes, shape)
    log_density -= 0.5 * (nodes - mean[..., None]) ** 2 / variance[..., None]
    highest = log_density.max(axis=-1, keepdims=True)
    weights = np.exp(log_density - highest)
    mass = weights.sum(axis=-1, keepdims=True)
    weights /= mass
    spacing = (unit[1] - unit[0]) * width / np.sqrt(2.0 * np.pi * variance)
    log_mass = (highest + np.log(mass))[..., 0] + np.log(spacing)
    tilted_mean = (weights * nodes).sum(axis=-1)
    tilted_variance = (weights * (nodes - tilted_mean[..., None]) ** 2).sum(axis=-1)
    own = np.maximum(1.0 / np.maximum(tilted_variance, 1e-12) - 1.0 / variance, 1e-9)
    pull = tilted_mean * (own + 1.0 / variance) - mean / variance
    return _Tilted(_Site(pull, own), nodes, weights, log_mass, _gauss_mass(mean, variance, site))


def _likelihood(field: Field, nodes: FloatArray, shape: FloatArray) -> FloatArray:
    """(H, A, J) log likelihood of all words of each adgroup, without terms free of the nodes."""
    shifted = np.exp(nodes) / shape[..., None]
    term = np.take(shifted, field.group, axis=1)
    term *= field.exposure[:, None]
    term += 1.0
    np.log(term, out=term)
    term *= (shape + field.counts)[..., None]
    seen = np.add.reduceat(field.counts, field.group_start)
    likelihood: FloatArray = nodes * seen[:, None]
    likelihood -= np.add.reduceat(term, field.group_start, axis=1)
    return likelihood


def _shape_terms(field: Field, shape: FloatArray) -> FloatArray:
    """(H,) terms of the negative binomials that hold the shape alone."""
    y = field.counts
    some = y[y > 0]
    terms: FloatArray = (gammaln(shape + some) - gammaln(shape) - some * np.log(shape)).sum(axis=1)
    return terms
