"""The measuring itself: what is asked for, what is printed, what is kept."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.extent import FULL, QUICK, SMOKE
from tests.benchmarks.tables import Table
from tests.benchmarks.workers import spread


def test_an_extent_takes_numbers_lists_names_and_paths():
    asked = QUICK.changed(
        ["market_seeds=2", "scale_sizes=10,20", "market_names=dense,drift", "data=a/b"]
    )
    assert asked.market_seeds == 2
    assert asked.scale_sizes == (10, 20)
    assert asked.market_names == ("dense", "drift")
    assert asked.data == Path("a/b")
    assert asked.market_nights == QUICK.market_nights


def test_the_full_extent_has_the_seeds_that_are_promised():
    assert FULL.market_seeds >= 20
    assert FULL.market_nights == 60
    assert max(FULL.scale_sizes) == 1_000_000


def test_a_wish_nobody_understands_is_refused_with_what_there_is(capsys):
    with pytest.raises(SystemExit):
        bench.main(["--set", "seeds=2"])
    assert "market_seeds" in capsys.readouterr().err


def test_without_its_library_the_sampler_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(bench, "find_spec", lambda _: None)
    with pytest.raises(SystemExit):
        bench.main(["--part", "sampler"])
    assert ".[dev,bench]" in capsys.readouterr().err


def test_parts_are_printed_and_kept_beside_those_measured_before(tmp_path, monkeypatch, capsys):
    target = tmp_path / "var" / "bench.json"
    row = {"size": 3, "ratio": 0.5}
    monkeypatch.setattr(
        bench,
        "PARTS",
        {
            "one": lambda _: [Table("First", [row], [{"seed": 1}])],
            "two": lambda _: [Table("Second", [])],
        },
    )
    bench.measure(["one"], SMOKE, target)
    bench.measure(["two"], SMOKE, target)
    kept = json.loads(target.read_text(encoding="utf-8"))
    assert kept["one"]["tables"] == [{"title": "First", "rows": [row], "detail": [{"seed": 1}]}]
    assert kept["two"]["extent"]["market_seeds"] == SMOKE.market_seeds
    printed = capsys.readouterr().out
    assert "ratio" in printed
    assert "Second: nothing to measure" in printed


@pytest.mark.parametrize("processes", [1, 2])
def test_jobs_come_back_in_their_order(processes):
    assert spread(abs, [-3, 2, -1], processes) == [3, 2, 1]
