"""Figures of a made-up account, in a small process of its own."""

import pytest

from tests.benchmarks import scale
from tests.benchmarks.extent import SMOKE


def test_a_size_is_measured_in_a_process_of_its_own():
    (table,) = scale.run(SMOKE)
    assert [row["keywords"] for row in table.rows] == list(SMOKE.scale_sizes)
    assert all(0 < row["peak_gib"] < 1 and row["estimate_s"] >= 0 for row in table.rows)


def test_the_exponent_is_that_of_the_seconds():
    told = scale.with_exponents(
        [
            {"keywords": 100, "estimate_s": 1.0, "propose_s": 1.0},
            {"keywords": 1000, "estimate_s": 15.0, "propose_s": 5.0},
            {"keywords": 10000, "estimate_s": 1500.0, "propose_s": 500.0},
        ]
    )
    assert "exponent" not in told[0]
    assert [row["exponent"] for row in told[1:]] == pytest.approx([1.0, 2.0])
