"""Approved lines leave for the platform, are verified, and can be undone.

``apply`` is one walk over the approved lines of an account; ``resume`` only finds out what became
of batches that an earlier walk left open. Both are safe to call at any time, any number of times.
"""

from service.applying.flow import apply, apply_if_due, decline, has_open_batches, queue, resume
from service.applying.settler import Settler
from service.applying.work import ENDING, POINTS, ApplyContext, Halt, Who

__all__ = [
    "ENDING",
    "POINTS",
    "ApplyContext",
    "Halt",
    "Settler",
    "Who",
    "apply",
    "apply_if_due",
    "decline",
    "has_open_batches",
    "queue",
    "resume",
]
