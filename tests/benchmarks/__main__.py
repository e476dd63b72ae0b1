"""``make bench``: every figure a ratio or a measure of one run; the table is printed, the JSON kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import accounts, market, scale

Row = dict[str, float | str]
PARTS = ("market", "accounts", "scale")


def main() -> None:
    """Run the named parts, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--part", dest="parts", action="append", choices=PARTS, help="all by default"
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"))
    asked = parser.parse_args()
    asked.parts = asked.parts or PARTS
    results: dict[str, list[Row]] = {}
    if "market" in asked.parts:
        results["market"] = market.run(asked.seeds, asked.nights, asked.warm_up)
        show("Profit over the clairvoyant's, expected, same luck", results["market"])
    if "accounts" in asked.parts:
        results["accounts"] = accounts.run()
        show("Log loss on later days of real accounts", results["accounts"])
    if "scale" in asked.parts:
        results["scale"] = scale.run(tuple(asked.sizes))
        show("One night's arithmetic", results["scale"])
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def show(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    console = Console()
    if not rows:
        console.print(f"{title}: no data beside the checkout")
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(str(row.get(name, "")) for name in columns))
    console.print(table)


if __name__ == "__main__":
    main()
