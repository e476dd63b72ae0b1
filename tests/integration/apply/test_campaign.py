"""520 seeded nights on which everything goes wrong; `python apply_campaign.py 10 52` prints them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apply_campaign import SHOP, start
from apply_desk import Desk

NIGHTS = 52


@pytest.mark.parametrize("seed", range(10))
def test_no_night_breaks_a_promise(open_desk: Callable[..., Desk], seed: int) -> None:
    campaign = start(open_desk(f"shop{seed}", **SHOP, seed=seed), seed)
    for night in range(NIGHTS):
        campaign.night()
        assert campaign.broken == [], f"night {night} of seed {seed}"
    counts = campaign.totals()
    print(dict(sorted(counts.items())))
    assert counts["nights"] == NIGHTS
    faults = sum(number for what, number in counts.items() if what.startswith("fault: "))
    assert faults > NIGHTS / 4  # the line did fail
    assert counts["bids set"] > NIGHTS  # and bids did move
    assert counts["deaths"] > 0
