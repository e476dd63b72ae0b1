"""Sums by code: the one operation all pooling rests on."""

from __future__ import annotations

import numpy as np

from optimizer.outlook import FloatArray, IntArray


def sum_by(code: IntArray, values: FloatArray, size: int) -> FloatArray:
    """(size,) sums of ``values`` (R,) by ``code`` (R,) in 0..size-1; zero where nothing falls."""
    return np.bincount(code, weights=values, minlength=size).astype(np.float64, copy=False)
