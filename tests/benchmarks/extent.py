"""How much of everything is measured: by default what two cores do in a quarter of an hour."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from tests.benchmarks.scenarios import CALIBRATION, CEILING, MARKET, SLIGHT

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Sizes of the parts; ``processes`` share what runs shop by shop.

    ``words`` makes every sandbox shop of that size, 0 leaves it as its scenario has it. ``data`` is a
    folder of real accounts, as it may lie beside the checkout.
    """

    processes: int = max(os.cpu_count() or 1, 1)
    words: int = 0
    data: Path = BESIDE
    market_names: tuple[str, ...] = MARKET
    slight_names: tuple[str, ...] = SLIGHT
    calibration_names: tuple[str, ...] = CALIBRATION
    market_seeds: int = 2
    market_nights: int = 60
    market_warm_up: int = 15
    slight_seeds: int = 2
    ceiling_names: tuple[str, ...] = CEILING
    ceiling_seeds: int = 1
    allowance_seeds: int = 4
    allowance_nights: int = 90
    allowance_words: int = 120
    calibration_seeds: int = 2
    calibration_days: int = 8
    sampler_draws: int = 500
    scale_sizes: tuple[int, ...] = (10_000, 100_000, 300_000)
    solver_rivals: tuple[int, ...] = (1_000, 10_000)
    solver_alone: tuple[int, ...] = (100_000, 1_000_000)
    solver_seconds: int = 40
    store_rows: tuple[int, ...] = (100_000,)
    store_rounds: int = 3
    load_lines: int = 10_000

    def changed(self, wishes: Iterable[str]) -> Extent:
        """With wishes such as ``market_seeds=2``, ``scale_sizes=1000,2000``, ``market_names=dense``.

        ValueError where one is not understood.
        """
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        for wish in wishes:
            name, _, text = wish.partition("=")
            if name not in known:
                raise ValueError(f"no {name!r} here; there are {', '.join(known)}")
            known[name] = _like(known[name], text.split(","))
        return replace(self, **known)


def _like(before: object, words: list[str]) -> object:
    """The words as what stood there before: numbers, names, one or several, or a path."""
    if isinstance(before, Path):
        return Path(",".join(words))
    if isinstance(before, tuple):
        return tuple(words) if isinstance(before[0], str) else tuple(int(word) for word in words)
    return int(words[0])


QUICK = Extent()
FULL = Extent(
    market_seeds=20,
    slight_seeds=20,
    ceiling_names=MARKET,
    ceiling_seeds=4,
    allowance_seeds=200,
    calibration_seeds=10,
    sampler_draws=2_000,
    scale_sizes=(10_000, 100_000, 1_000_000),
    solver_seconds=600,
    store_rows=(100_000, 1_000_000),
    store_rounds=3,
    load_lines=100_000,
)
# Every part once through, in seconds: for the tests.
SMOKE = Extent(
    processes=1,
    words=30,
    data=Path("nowhere"),
    market_names=("dense",),
    slight_names=("thin_margins",),
    ceiling_names=("dense",),
    calibration_names=("sparse",),
    market_seeds=1,
    market_nights=2,
    market_warm_up=1,
    slight_seeds=1,
    allowance_seeds=1,
    allowance_nights=2,
    calibration_seeds=1,
    calibration_days=1,
    scale_sizes=(200,),
    solver_rivals=(60,),
    solver_alone=(200,),
    solver_seconds=5,
    store_rows=(300,),
    store_rounds=1,
    load_lines=60,
)
