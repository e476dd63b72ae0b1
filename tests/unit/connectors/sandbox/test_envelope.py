"""Concave envelopes of many rows against a plain one by one construction."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.envelope import envelope


def hull_by_hand(spend: list[float], value: list[float]) -> list[tuple[float, float]]:
    """Upper concave chain from the first point, as textbooks do it."""
    chain = [(spend[0], value[0])]
    for point in zip(spend[1:], value[1:], strict=True):
        while len(chain) > 1:
            (x0, y0), (x1, y1) = chain[-2], chain[-1]
            if (y1 - y0) * (point[0] - x1) > (point[1] - y1) * (x1 - x0):
                break
            chain.pop()
        chain.append(point)
    return chain


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 50), st.integers(-40, 60)), min_size=1, max_size=12),
        min_size=1,
        max_size=6,
    )
)
def test_rows_agree_with_the_textbook(steps: list[list[tuple[int, int]]]) -> None:
    width = max(len(row) for row in steps)
    padded = [row + [(1, -1_000)] * (width - len(row)) for row in steps]
    walk = np.cumsum([[(0, 0), *row] for row in padded], axis=1).astype(float)
    spend, value = walk[..., 0], walk[..., 1]
    found = envelope(spend, value, 0.0)
    for row in range(len(steps)):
        mine = found.row == row
        chain = hull_by_hand(spend[row].tolist(), value[row].tolist())
        rising = [
            (x1 - x0, (y1 - y0) / (x1 - x0))
            for (x0, y0), (x1, y1) in itertools.pairwise(chain)
            if y1 > y0
        ]
        assert np.allclose(np.c_[found.spend, found.slope][mine], np.array(rising).reshape(-1, 2))
        assert np.all(np.diff(found.slope[mine]) < 0)
        assert np.all(np.diff(found.end[mine]) > 0)


def test_rows_that_never_pay_have_no_segment() -> None:
    spend = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [3.0, 3.0, 3.0]])
    value = np.array([[0.0, -1.0, -2.0], [0.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
    assert len(envelope(spend, value, 0.0).row) == 0


def test_budgets_cut_the_worst_segments_of_their_group_first() -> None:
    spend = np.array([[0.0, 10.0, 30.0], [0.0, 10.0, 20.0], [0.0, 10.0, 20.0]])
    value = np.array([[0.0, 40.0, 60.0], [0.0, 30.0, 45.0], [0.0, 30.0, 50.0]])
    segments = envelope(spend, value, 0.0)
    group = np.array([0, 0, 1])[segments.row]
    fitting = segments.cut(group, np.array([25.0, np.inf]))
    kept = dict(
        zip(zip(segments.row.tolist(), segments.end.tolist(), strict=True), fitting, strict=True)
    )
    assert kept == {(0, 1): 10, (1, 1): 10, (1, 2): 5, (0, 2): 0, (2, 1): 10, (2, 2): 10}
    assert segments.last_whole(fitting >= segments.spend).tolist() == [1, 1, 2]
