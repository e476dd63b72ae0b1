"""Estimates and plans for keyword bids: a pure numerical library.

Two calls are the whole door::

    estimates = optimizer.estimate(history, keywords, economics, as_of=date, seed=0)
    plan = optimizer.propose(estimates, optimizer.Policy(...), seed=0)
"""

from optimizer.door import estimate
from optimizer.errors import InfeasiblePolicyError, InputError, OptimizerError, PolicyError
from optimizer.estimates import Estimates

__all__ = [
    "Estimates",
    "InfeasiblePolicyError",
    "InputError",
    "OptimizerError",
    "PolicyError",
    "estimate",
]
