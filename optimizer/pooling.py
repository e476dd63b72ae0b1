"""Partial pooling of rates over keyword → adgroup → campaign → account.

The model is that of hierarchy.py. Its three spreads (of keywords within an adgroup, of adgroups
within a campaign, of campaigns) have exponential priors whose mean ``Prior.spread`` names: most of
their mass is near zero, so a level is as good as absent until the data ask for it (Simpson et al.
2017, penalised complexity). The spreads are integrated over by quadrature: a coarse grid finds
where their posterior is, a fine one of 27 points around it carries their uncertainty into every
rate, as rates of all levels are mixtures over the grid and the adgroup's nodes. A one-level model,
and one rate for all, are corners of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from optimizer.hierarchy import Field, Groups, Top, infer, unit_nodes
from optimizer.law import Law
from optimizer.outlook import FloatArray, IntArray
from optimizer.pooled import Level, Pooled, Prior, Tree
from optimizer.sums import sum_by

KEYWORD_SPREADS = (0.1, 0.3, 0.7, 1.4, 2.8, 6.0)  # multiples of the prior's mean
GROUP_SPREADS = (0.1, 0.45, 1.3, 4.0)
ABSENT = 0.05  # of the prior's mean
COARSE_SAMPLE, FINE_SAMPLE = 4_000, 20_000  # keywords that choose the spreads
COARSE_NODES, NODES = 7, 13
COARSE_ROUNDS, ROUNDS = 1, 3
STEP = 1.73  # posterior sds between two points of the middle and fine grids
FINE_TERMS = 3_000_000  # keywords * settings of the last pass
CHUNK = 50_000
LEAST_WEIGHT = 1e-12
BANDS = (0.25, 0.75)  # shares of an adgroup's posterior that part its low, middle and high rates
BAND_SHARES = np.diff((0.0, *BANDS, 1.0))


def pool(counts: FloatArray, exposure: FloatArray, tree: Tree, prior: Prior) -> Pooled:
    """Fit the hierarchy to counts (n,) with exposures (n,), both ≥ 0 and not necessarily whole."""
    used = np.flatnonzero(exposure > 0)
    if not len(used):
        return _nothing_seen(tree, prior)
    centre = float(counts[used].sum() + prior.weight)
    centre /= float(exposure[used].sum()) + prior.weight / prior.rate
    top = Top(float(np.log(prior.rate / centre)), 1.0 / prior.weight)

    def field(rows: IntArray) -> Field:
        adgroup = tree.adgroup[rows]
        return Field.of(
            counts[rows], exposure[rows] * centre, adgroup, tree.campaign_of_adgroup[adgroup]
        )

    coarse = _coarse_grid(tree, prior)
    rows = _sample(used, tree, COARSE_SAMPLE)
    found = infer(field(rows), coarse, top, COARSE_NODES, COARSE_ROUNDS)
    middle = _spanned(coarse, _posterior(found.evidence, coarse, prior))
    rows = _sample(used, tree, FINE_SAMPLE)
    found = infer(field(rows), middle, top, COARSE_NODES, COARSE_ROUNDS)
    fine = _focused(middle, _posterior(found.evidence, middle, prior))
    groups = infer(field(rows), fine, top, NODES, ROUNDS)
    # No setting is left without weight: with very many data whole ladders would vanish in rounding.
    weight = np.maximum(_posterior(groups.evidence, fine, prior), LEAST_WEIGHT)
    weight /= weight.sum()
    if len(rows) < len(used):
        most = max(1, FINE_TERMS // len(used))
        kept = np.sort(np.argsort(-weight, kind="stable")[:most])
        fine = fine[kept] if most > 1 else _mean_spread(fine, weight)
        weight = weight[kept] / weight[kept].sum() if most > 1 else np.ones(1)
        groups = infer(field(used), fine, top, NODES, ROUNDS)
    return _Assembly(groups, fine, weight, tree, top, centre).pooled(counts, exposure)


def evidence(counts: FloatArray, exposure: FloatArray, tree: Tree, prior: Prior) -> float:
    """Log marginal likelihood of counts (n,), spreads and all rates integrated out, of a sample of words.

    To be held against that of the same counts under other exposures; terms free of both are left out.
    """
    rows = _sample(np.flatnonzero(exposure > 0), tree, COARSE_SAMPLE)
    centre = (counts[rows].sum() + prior.weight) / (
        exposure[rows].sum() + prior.weight / prior.rate
    )
    top = Top(float(np.log(prior.rate / centre)), 1.0 / prior.weight)
    room, adgroup = exposure[rows] * centre, tree.adgroup[rows]
    field = Field.of(counts[rows], room, adgroup, tree.campaign_of_adgroup[adgroup])
    grid = _coarse_grid(tree, prior)
    found = infer(field, grid, top, COARSE_NODES, COARSE_ROUNDS).evidence
    weighed = found + np.log(_posterior(np.zeros(len(grid)), grid, prior))
    return float(logsumexp(weighed) + counts[rows] @ np.log(room))


def _nothing_seen(tree: Tree, prior: Prior) -> Pooled:
    """The prior alone."""

    def level(size: int, spread: float) -> Level:
        return Level(np.full(size, prior.rate), np.full(size, spread), np.ones(size), spread)

    sizes = (len(tree.adgroup), len(tree.campaign_of_adgroup), tree.campaigns)
    keyword, adgroup, campaign = (level(*one) for one in zip(sizes, prior.spread, strict=True))
    account_sd = float(prior.weight**-0.5)
    spread = account_sd**2 + float(np.sum(np.square(prior.spread)))
    law = Law(np.ones(1), np.full((sizes[0], 1), prior.rate), np.full((sizes[0], 1), spread))
    return Pooled(keyword, adgroup, campaign, prior.rate, account_sd, tree, law)


def _coarse_grid(tree: Tree, prior: Prior) -> FloatArray:
    """(H, 3) spreads around the prior's means; a level with one member keeps its mean.

    Where every campaign has one adgroup the two are one level.
    """
    alone, absent = (1.0,), (ABSENT,)
    twins = len(tree.campaign_of_adgroup) == tree.campaigns > 1
    keyword, adgroup, campaign = (
        np.array(multiples) * mean
        for multiples, mean in zip(
            (
                KEYWORD_SPREADS,
                absent if twins else GROUP_SPREADS if len(tree.campaign_of_adgroup) > 1 else alone,
                GROUP_SPREADS if tree.campaigns > 1 else alone,
            ),
            prior.spread,
            strict=True,
        )
    )
    return np.stack(np.meshgrid(keyword, adgroup, campaign, indexing="ij"), -1).reshape(-1, 3)


def _posterior(evidence: FloatArray, spreads: FloatArray, prior: Prior) -> FloatArray:
    """(H,) weights of a product grid's points: trapezoids in the square root of each spread."""
    log_weight = evidence - (spreads / np.array(prior.spread)).sum(axis=1)
    for values in spreads.T:
        ladder, at = np.unique(np.sqrt(values), return_inverse=True)
        step = np.gradient(ladder) if len(ladder) > 1 else np.ones(1)
        log_weight = log_weight + np.log(ladder * step)[at]
    weight = np.exp(log_weight - log_weight.max())
    posterior: FloatArray = weight / weight.sum()
    return posterior


def _spanned(coarse: FloatArray, weight: FloatArray) -> FloatArray:
    """(27, 3) spreads that span the posterior on the coarse grid, and half a coarse step at least."""
    root = np.sqrt(coarse)
    centre = weight @ root
    sd = np.sqrt(weight @ (root - centre) ** 2)
    ladders = [np.unique(values) for values in root.T]
    steps = [
        max(STEP * float(width), 0.5 * float(np.interp(at, ladder, np.gradient(ladder))))
        if len(ladder) > 1
        else 0.0
        for at, width, ladder in zip(centre, sd, ladders, strict=True)
    ]
    return _product(centre, np.array(steps))


def _focused(middle: FloatArray, weight: FloatArray) -> FloatArray:
    """(27, 3) spreads around the top of parabolas through the posterior on the middle grid."""
    centre, steps = np.zeros((2, 3))
    for level, values in enumerate(np.sqrt(middle).T):
        ladder, at = np.unique(values, return_inverse=True)
        centre[level] = ladder[len(ladder) // 2]
        if len(ladder) == 1:
            continue
        density = np.bincount(at, weight) / np.gradient(ladder)
        bend, slope, _ = np.polyfit(ladder, np.log(np.maximum(density, 1e-300)), 2)
        width = (ladder[2] - ladder[0]) / 2.0
        peaked = bend < -0.5 / width**2
        steps[level] = STEP * (-2.0 * bend) ** -0.5 if peaked else width
        top = -0.5 * slope / bend if peaked else ladder[int(density.argmax())]
        centre[level] = np.clip(top, ladder[0] - 0.5 * width, ladder[2] + width)
    return _product(np.maximum(centre, 1e-3), steps)


def _product(centre: FloatArray, steps: FloatArray) -> FloatArray:
    """All combinations of each centre and one step to either side of it, squared; step 0 stays."""
    sides = [
        np.array([max(at - step, 0.1 * at), at, at + step]) ** 2 if step > 0 else np.array([at**2])
        for at, step in zip(centre, steps, strict=True)
    ]
    return np.stack(np.meshgrid(*sides, indexing="ij"), -1).reshape(-1, 3)


def _mean_spread(spreads: FloatArray, weight: FloatArray) -> FloatArray:
    """(1, 3) the geometric mean under the posterior."""
    mean: FloatArray = np.exp(weight @ np.log(spreads))[None]
    return mean


def _sample(used: IntArray, tree: Tree, most: int) -> IntArray:
    """Keywords of evenly picked adgroups, and every so many of these where adgroups are large."""
    if len(used) <= most:
        return used
    adgroups = np.unique(tree.adgroup[used])
    step = max(1, min(len(used) // most, len(adgroups) // 50))
    picked = np.zeros(len(tree.campaign_of_adgroup), dtype=bool)
    picked[adgroups[::step]] = True
    rows = used[picked[tree.adgroup[used]]]
    return rows[:: -(-len(rows) // most)]


def _bands(weights: FloatArray) -> FloatArray:
    """(B, …, J) weights (…, J) of rising nodes parted into bands; each band's sum to 1 in each adgroup.

    A node on the border belongs to both sides in part.
    """
    below = np.cumsum(weights, axis=-1)
    borders = (0.0, *BANDS, 1.0)
    parted = np.diff(
        [np.clip(below, 0.0, at) - np.clip(below - weights, 0.0, at) for at in borders], axis=0
    )
    bands: FloatArray = parted / np.maximum(parted.sum(axis=-1, keepdims=True), 1e-300)
    return bands


@dataclass(frozen=True, slots=True)
class _Assembly:
    """Mixtures over the settings and each adgroup's nodes, put together to ``Pooled``."""

    groups: Groups
    spreads: FloatArray  # (H, 3)
    weight: FloatArray  # (H,)
    tree: Tree
    top: Top
    centre: float

    def pooled(self, counts: FloatArray, exposure: FloatArray) -> Pooled:
        """Levels of all keywords, adgroups and campaigns, with and without data."""
        campaign = self._campaigns()
        nodes, weights = self._adgroup_nodes()
        adgroup = self._adgroups(nodes, weights)
        account_log_rate = float(self.weight @ self.groups.account_mean)
        account_variance = float(
            self.weight
            @ (self.groups.account_variance + (self.groups.account_mean - account_log_rate) ** 2)
        )
        parts = [
            self._keywords(
                counts[at : at + CHUNK],
                exposure[at : at + CHUNK] * self.centre,
                self.tree.adgroup[at : at + CHUNK],
                nodes,
                weights,
            )
            for at in range(0, len(counts), CHUNK)
        ]
        mean, square, pull = (np.concatenate(column) for column in zip(*parts, strict=True))
        share = (self._share()[:, None] * BAND_SHARES).ravel()
        rate = mean @ share
        spread = square @ share / rate**2 - 1.0
        unsplit = Pooled(
            keyword=Level(rate * self.centre, spread, pull @ self._share(), self._mean(0)),
            adgroup=adgroup,
            campaign=campaign,
            account_rate=self.centre * float(np.exp(account_log_rate + 0.5 * account_variance)),
            account_sd=float(np.sqrt(account_variance)),
            tree=self.tree,
            law=Law(share, mean * self.centre, square / mean**2 - 1.0, len(BAND_SHARES)),
        )
        own = np.maximum(spread - unsplit.shared_variance(), 1e-6)
        return replace(unsplit, keyword=replace(unsplit.keyword, own_sd=np.sqrt(own)))

    def _mean(self, level: int) -> float:
        """Geometric mean of a level's spread under the posterior."""
        return float(np.exp(self.weight @ np.log(self.spreads[:, level])))

    def _campaign_beliefs(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(H, C) mean and variance of the log rate, and what the campaign's own adgroups say."""
        found = self.groups
        shape = (len(self.weight), self.tree.campaigns)
        mean = np.broadcast_to(found.account_mean[:, None], shape).copy()
        above = found.account_variance + self.spreads[:, 2] ** 2
        variance = np.broadcast_to(above[:, None], shape).copy()
        own = np.zeros(shape)
        mean[:, found.field.campaign_code] = found.campaign_mean
        variance[:, found.field.campaign_code] = found.campaign_variance
        own[:, found.field.campaign_code] = found.campaign_precision
        return mean, variance, own

    def _campaigns(self) -> Level:
        mean, variance, own = self._campaign_beliefs()
        return self._level(np.exp(mean + 0.5 * variance), own, 2)

    def _adgroup_nodes(self) -> tuple[FloatArray, FloatArray]:
        """(H, G, J) log rates and weights of all adgroups; Gaussian ones where nothing was seen."""
        mean, variance, _ = self._campaign_beliefs()
        at = self.tree.campaign_of_adgroup
        unit = unit_nodes(self.groups.nodes.shape[-1])
        width = np.sqrt(variance[:, at] + self.spreads[:, 1:2] ** 2)
        nodes = mean[:, at, None] + width[..., None] * unit
        bell = np.exp(-0.5 * unit**2)
        weights = np.broadcast_to(bell / bell.sum(), nodes.shape).copy()
        nodes[:, self.groups.field.adgroup_code] = self.groups.nodes
        weights[:, self.groups.field.adgroup_code] = self.groups.weights
        return nodes, weights

    def _adgroups(self, nodes: FloatArray, weights: FloatArray) -> Level:
        own = np.zeros(nodes.shape[:2])
        own[:, self.groups.field.adgroup_code] = self.groups.group_precision
        return self._level((weights * np.exp(nodes)).sum(axis=-1), own, 1)

    def _level(self, rate: FloatArray, own: FloatArray, level: int) -> Level:
        """A group level from its rates and the precision (H, ·) of what its members say."""
        above = self.spreads[:, level : level + 1] ** -2
        return Level(
            rate=self.centre * (self.weight @ rate),
            own_sd=np.sqrt(self.weight @ (1.0 / (own + above))),
            pull=self.weight @ (above / (own + above)),
            spread=self._mean(level),
        )

    def _keywords(
        self,
        counts: FloatArray,
        exposure: FloatArray,
        adgroup: IntArray,
        nodes: FloatArray,
        weights: FloatArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(m, M * B) means and mean squares of keywords for each value of their spread and each band.

        A band is a share of the posterior of the adgroup's rate, from low to high. Pulls are (m, M).
        """
        to, members = self._by_spread(), len(counts)
        share, bands = self._share(), _bands(weights)
        mean, square = np.zeros((2, members, len(share), len(BAND_SHARES)))
        pull = np.zeros((members, len(share)))
        for h, place in enumerate(to):
            chance = self.weight[h] / share[place]
            shape = self.spreads[h, 0] ** -2
            known = (chance * (shape + counts))[:, None]
            above = (shape * np.exp(-nodes[h]))[adgroup]
            scale = 1.0 / (above + exposure[:, None])
            banded = bands[:, h, :, :].transpose(1, 2, 0)[adgroup]  # (m, J, B)
            mean[:, place] += known * (scale[:, None] @ banded)[:, 0]
            known = known * (shape + counts + 1.0)[:, None]
            square[:, place] += known * ((scale**2)[:, None] @ banded)[:, 0]
            above *= scale
            above *= weights[h][adgroup]
            pull[:, place] += chance * above.sum(axis=-1)
        return mean.reshape(members, -1), square.reshape(members, -1), pull

    def _by_spread(self) -> IntArray:
        """(H,) which of the values of the keywords' spread each setting has."""
        place: IntArray = np.unique(self.spreads[:, 0], return_inverse=True)[1]
        return place

    def _share(self) -> FloatArray:
        """(M,) posterior of the values of the keywords' spread."""
        place = self._by_spread()
        return sum_by(place, self.weight, int(place.max()) + 1)
