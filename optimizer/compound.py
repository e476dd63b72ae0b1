"""Totals of many small random amounts, from standard normals, so that two plans share their luck.

An amount that comes in lumps (revenue in orders) is a compound Poisson sum: with few orders a day
the chance of none at all, and the size of one order, decide how the day ends, and no smooth law with
the same mean and variance says that. D = draws.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from optimizer.outlook import FloatArray

FEW = 30.0  # counts; beyond, the expansion around the normal is as good as the sum of terms
MOST = 75  # 30 counts and eight standard deviations


def gamma_amounts(mean: FloatArray, variance: FloatArray, z: FloatArray) -> FloatArray:
    """Gamma draws with given means and variances (D,) from normals (Wilson and Hilferty 1931)."""
    ninth = variance / np.maximum(mean, 1e-12) ** 2 / 9.0
    drawn: FloatArray = mean * np.maximum(1.0 - ninth + np.sqrt(ninth) * z, 0.0) ** 3
    return drawn


def poisson_counts(mean: FloatArray, z: FloatArray) -> FloatArray:
    """Poisson quantiles of the probabilities ndtr(z) at ``mean`` (D,), both rising in mean and z.

    Above ``FEW`` by Cornish and Fisher's expansion, not rounded to whole counts.
    """
    many = np.maximum(mean, FEW)
    counts: FloatArray = many + np.sqrt(many) * z + (z**2 - 1.0) / 6.0
    few = np.flatnonzero(mean < FEW)
    if few.size:
        steps = np.arange(1, MOST + 1)
        terms = np.cumprod(mean[few, None] / steps, axis=1)
        chance = np.cumsum(np.hstack([np.ones((few.size, 1)), terms]), axis=1)
        chance *= np.exp(-mean[few])[:, None]
        counts[few] = (chance < ndtr(z[few])[:, None]).sum(axis=1)
    return np.maximum(counts, 0.0)


def lump_sums(
    mean: FloatArray, lump: float, lump_variance: float, count: FloatArray, size: FloatArray
) -> FloatArray:
    """Compound Poisson sums with ``mean`` (D,), in lumps of mean ``lump`` > 0.

    ``lump_variance`` is the relative variance of one lump; ``count`` and ``size`` (D,) are the
    normals that decide how many lumps there are and how large they are together.
    """
    counts = poisson_counts(mean / lump, count)
    some = np.maximum(counts, 1e-12)
    return gamma_amounts(counts * lump, lump_variance * lump**2 * some, size)
