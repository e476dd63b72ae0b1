"""Quantiles of realised figures: counts, and amounts that are zero when nothing was counted."""

from __future__ import annotations

import numpy as np
from scipy.stats import gamma, nbinom

from optimizer.outlook import FloatArray

CLICK_PRICE_CV2 = 0.15  # squared coefficient of variation of the price of one click
EXTRAPOLATION_SD = 0.5  # sd of log volume per log unit of bid beyond the bids ever tried


def count_quantile(q: float, mean: FloatArray, relative_variance: FloatArray) -> FloatArray:
    """Quantile of Gamma-mixed Poisson counts with mean ``mean`` and mixing variance / mean²."""
    shape = 1.0 / np.maximum(relative_variance, 1e-6)
    found = nbinom.ppf(q, shape, shape / (shape + np.maximum(mean, 1e-12)))
    return np.where(mean > 0, np.maximum(found, 0.0), 0.0)


def no_count_probability(mean: FloatArray, relative_variance: FloatArray) -> FloatArray:
    """Probability that such a count is zero."""
    shape = 1.0 / np.maximum(relative_variance, 1e-6)
    zero: FloatArray = np.exp(-shape * np.log1p(mean / shape))
    return zero


def amount_quantile(
    q: float, mean: FloatArray, zero: FloatArray, relative_variance: FloatArray
) -> FloatArray:
    """Quantile of an amount that is 0 with probability ``zero`` and otherwise Gamma.

    ``mean`` and ``relative_variance`` (variance / mean²) are those of the whole, zeros included.
    """
    some = np.maximum(1.0 - zero, 1e-12)
    inner_mean = mean / some
    inner_variance = np.maximum(some * (relative_variance + 1.0) - 1.0, 1e-4)
    shape = 1.0 / inner_variance
    at = np.clip((q - zero) / some, 0.0, 1.0)
    some_amount = gamma.ppf(at, shape, scale=np.maximum(inner_mean, 1e-12) / shape)
    return np.where((q <= zero) | (mean <= 0), 0.0, some_amount)


def signed_quantiles(
    low: FloatArray, high: FloatArray, factor: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The two ends of an interval after multiplication by a factor of either sign."""
    a, b = low * factor, high * factor
    return np.minimum(a, b), np.maximum(a, b)
