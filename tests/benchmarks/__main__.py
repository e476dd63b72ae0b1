"""``make bench``: every figure a ratio or a measure of one run; tables are printed, the JSON kept."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from tests.benchmarks import (
    accounts,
    allowance,
    calibration,
    load,
    market,
    sampler,
    scale,
    solver,
    store,
)
from tests.benchmarks.extent import FULL, QUICK, Extent
from tests.benchmarks.tables import Table, show

PARTS: Mapping[str, Callable[[Extent], Sequence[Table]]] = {
    "market": market.run,
    "allowance": allowance.run,
    "calibration": calibration.run,
    "accounts": accounts.run,
    "sampler": sampler.run,
    "solver": solver.run,
    "scale": scale.run,
    "store": store.run,
    "load": load.run,
}

WIDTH = 140  # columns; a pipe has none of its own


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the named parts, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--part", dest="parts", action="append", choices=list(PARTS), help="all by default"
    )
    parser.add_argument("--full", action="store_true", help="all seeds and sizes: an hour or two")
    parser.add_argument(
        "--set",
        dest="wishes",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a field of tests/benchmarks/extent.py: market_seeds=2, data=../figures",
    )
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"))
    asked = parser.parse_args(arguments)
    try:
        extent = (FULL if asked.full else QUICK).changed(asked.wishes)
    except ValueError as error:
        parser.error(str(error))
    parts = asked.parts or list(PARTS)
    if "sampler" in parts and find_spec("numpyro") is None:
        parser.error(
            "the part 'sampler' needs NumPyro: make bench, or pip install -e '.[dev,bench]'"
        )
    measure(parts, extent, asked.json)


def measure(parts: Sequence[str], extent: Extent, target: Path) -> None:
    """Run ``parts``, printing each as it ends; parts measured earlier stay in the JSON."""
    kept = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    target.parent.mkdir(parents=True, exist_ok=True)
    console = Console(width=WIDTH)
    for part in parts:
        begun = time.perf_counter()
        tables = PARTS[part](extent)
        took = time.perf_counter() - begun
        for table in tables:
            show(table, console)
        console.print(f"{part}: {took:.0f} s")
        kept[part] = {
            "took_s": round(took, 1),
            "extent": asdict(extent),
            "tables": [asdict(table) for table in tables],
        }
        target.write_text(json.dumps(kept, indent=1, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
