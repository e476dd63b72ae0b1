"""Errors of the optimizer.

OptimizerError
├── InputError            a frame at the door is malformed: names the frame, column and first bad value
├── PolicyError           a policy that makes no sense: names the field, the value and what is allowed
└── InfeasiblePolicyError the policy cannot be met: names the constraint and both numbers
"""


class OptimizerError(Exception):
    """Anything the optimizer refuses."""


class InputError(OptimizerError, ValueError):
    """A frame at the door is malformed."""


class PolicyError(OptimizerError, ValueError):
    """A policy that makes no sense."""


class InfeasiblePolicyError(OptimizerError):
    """The policy cannot be met, whatever is bid."""

    def __init__(self, constraint: str, *, limit: float, needed: float) -> None:
        self.constraint, self.limit, self.needed = constraint, limit, needed
        super().__init__(
            f"{constraint}: the limit is {limit:.2f}, but the words whose bids may not move "
            f"need {needed:.2f} by themselves; raise the limit or unlock words"
        )
