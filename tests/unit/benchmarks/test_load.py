"""A short proposal over HTTP, so that the measuring of a long one cannot break unnoticed."""

from tests.benchmarks import load
from tests.benchmarks.extent import SMOKE


def test_every_kind_of_request_is_measured_on_both_databases():
    (table,) = load.run(SMOKE)
    steps = [
        "first page",
        "filtered",
        "sorted",
        "walked to the end",
        "40 approved",
        "first page, approved",
    ]
    assert [(row["database"], row["step"]) for row in table.rows] == [
        (database, step) for database in ("sqlite", "postgresql") for step in steps
    ]
    assert all(row["median_ms"] <= row["p95_ms"] <= row["max_ms"] for row in table.rows)


def test_steadiness_compares_the_ends_of_a_walk():
    assert load.steadiness([1.0] * 10 + [5.0] * 80 + [2.0] * 10) == 2.0
    assert load.steadiness([3.0]) == 1.0
