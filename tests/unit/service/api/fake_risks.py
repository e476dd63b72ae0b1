"""Risks of the lines at hand, told apart by their states."""

from __future__ import annotations

from service.risk import Assessed, Risk
from service.store.rows import NewLine


def assessed(line: NewLine) -> Assessed:
    """Held lines put nothing at stake, of the others a later one more."""
    moved = line.state == "pending"
    return Assessed(Risk.LOW if moved else Risk.NONE, line.spend_after_fen if moved else 0)
