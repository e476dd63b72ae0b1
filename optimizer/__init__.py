"""Estimates and plans for keyword bids: a pure numerical library.

Two calls are the whole door::

    estimates = optimizer.estimate(history, keywords, economics, as_of=date, seed=0)
    plan = optimizer.propose(estimates, optimizer.Policy(...), seed=0)
"""

from optimizer.door import estimate
from optimizer.errors import InfeasiblePolicyError, InputError, OptimizerError, PolicyError
from optimizer.estimates import Estimates
from optimizer.plan import Plan
from optimizer.policy import Policy
from optimizer.propose import propose

__all__ = [
    "Estimates",
    "InfeasiblePolicyError",
    "InputError",
    "OptimizerError",
    "Plan",
    "Policy",
    "PolicyError",
    "estimate",
    "propose",
]
