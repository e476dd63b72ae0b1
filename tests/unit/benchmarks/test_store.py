"""The store's ways in and out, a few rows each: they bring the same."""

import pytest
from pandas.testing import assert_frame_equal

from service.store import open_store
from tests.benchmarks import store as part
from tests.benchmarks.databases import databases
from tests.benchmarks.extent import SMOKE
from tests.benchmarks.reading import ways_out


@pytest.fixture(scope="module")
def tables():
    return part.run(SMOKE)


def test_every_way_is_measured_on_both_databases(tables):
    into, out = tables
    assert {(row["database"], row["way"]) for row in into.rows} == {
        (database, way)
        for database in ("sqlite", "postgresql")
        for way in ("batched", "bulk", "bare upsert")
    }
    ways = [(row["database"], row["way"]) for row in out.rows if row["way"] != "adbc"]
    assert ways == [
        ("sqlite", "sqlalchemy"),
        ("sqlite", "driver"),
        ("postgresql", "sqlalchemy"),
        ("postgresql", "driver"),
        ("postgresql", "copy"),
    ]
    assert all(row["restated_per_s"] > 0 for row in into.rows)
    assert all(row["frame_ratio"] > 0 for row in out.rows)


def test_every_way_out_makes_the_frame_of_the_night():
    with databases() as fresh:
        for name, make in fresh.items():
            store = open_store(make())
            store.migrate()
            part._pull(store, part.account(SMOKE.store_rows[0]), 1)
            first, *others = ways_out(name, part.SHOP, part.FIRST, part.LAST).values()
            with store.read() as session:
                expected = first(session)
                for way in others:
                    assert_frame_equal(way(session), expected)
            store.close()
