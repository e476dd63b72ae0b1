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
    walked = [row for row in table.rows if row["step"] == "walked to the end"]
    assert all(row["last_over_first"] > 0 for row in walked)
