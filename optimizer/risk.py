"""How likely a plan loses more than the owner allows, from joint draws of the day's totals.

D = draws. The draws of all plans rest on the same random numbers, so plans can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from optimizer.outlook import FloatArray, TotalDraws

# The order statistic used lies above the true quantile with this probability.
CERTAINTY = 0.75


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a plan keeps the allowance. Yuan: ``at_risk`` is the loss not exceeded with the
    demanded confidence, ``margin`` how far that lies above the mean loss of the draws.
    """

    holds: bool
    at_risk: float
    margin: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """The constraint P(spend - contribution <= max_loss) >= confidence.

    ``draw`` maps bids of the whole roster (n,) to joint draws.
    """

    draw: Callable[[FloatArray], TotalDraws]
    max_loss: float
    confidence: float

    def judge(self, bids: FloatArray) -> Verdict:
        """Judge the plan that bids ``bids`` (n,)."""
        draws = self.draw(bids)
        loss = draws.spend - draws.contribution
        at_risk = safe_quantile(loss, self.confidence)
        return Verdict(at_risk <= self.max_loss, at_risk, at_risk - float(loss.mean()))


def draws_needed(confidence: float) -> int:
    """Draws that leave about 40 beyond the quantile, between 400 and 2000."""
    return min(2000, max(400, round(40 / (1 - confidence))))


def safe_quantile(sample: FloatArray, confidence: float) -> float:
    """Order statistic of ``sample`` (D,) that bounds the ``confidence`` quantile from above.

    The k-th smallest of D draws exceeds the quantile with probability P(Binomial(D, confidence)
    < k); k is the smallest for which that is at least CERTAINTY, or D (David and Nagaraja 2003,
    section 7.1).
    """
    size = len(sample)
    certain = special.bdtr(np.arange(size, dtype=float), size, confidence) >= CERTAINTY
    rank = int(certain.argmax()) if certain.any() else size - 1
    return float(np.partition(sample, rank)[rank])


def share_interval(hits: int, size: int) -> tuple[float, float, float]:
    """A share hits / size and its 5 and 95 % limits (Jeffreys interval)."""
    limits = special.betaincinv(hits + 0.5, size - hits + 0.5, np.array([0.05, 0.95]))
    return hits / size, float(limits[0]), float(limits[1])
