"""One-level empirical Bayes, the yardstick of the rates and of one peer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

FloatArray = npt.NDArray[np.float64]

STRENGTHS = np.exp(np.linspace(0, 10, 80))


def empirical_bayes(hits: npt.ArrayLike, tries: npt.ArrayLike) -> FloatArray:
    """(n,) Beta-binomial posterior means around the pooled rate, at the strength of largest likelihood."""
    tries = np.asarray(tries, dtype=np.float64)
    hits = np.minimum(np.asarray(hits, dtype=np.float64), tries)
    mean = (hits.sum() + 1e-9) / (tries.sum() + 1e-6)
    seen = tries > 0

    def likelihood(strength: float) -> float:
        a, b = mean * strength, (1 - mean) * strength
        return float((betaln(hits + a, tries - hits + b) - betaln(a, b))[seen].sum())

    best = max(STRENGTHS, key=likelihood)
    return np.asarray((hits + mean * best) / (tries + best))
