"""504 seeded nights over HTTP; `python apply_campaign.py SHOPS NIGHTS` counts as many as you like."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from apply_campaign import GENERATIONS, SHOP, Campaign
from fault_deck import PARTS
from wired_desk import WiredDesk

NIGHTS = 63


@pytest.fixture(params=range(len(GENERATIONS) * PARTS))
def campaign(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> Iterator[Campaign]:
    """A shop on its first night, the even ones through the older generation."""
    seed = request.param
    generation = GENERATIONS[seed % len(GENERATIONS)]
    desk = WiredDesk(sqlite_url, tmp_path, **SHOP, seed=seed, generation=generation)
    yield Campaign(desk, random.Random(seed))
    desk.close()


def test_no_night_breaks_a_promise(campaign: Campaign) -> None:
    for night in range(NIGHTS):
        campaign.night()
        assert campaign.broken == [], f"night {night}"
    counts = campaign.totals()
    print(dict(sorted(counts.items())))
    assert campaign.broken == []
    for place in ("write", "read", "pull"):
        assert campaign.deck.not_dealt(place) == []
    assert counts["nights"] == NIGHTS
    assert counts["bids set"] > NIGHTS  # bids did move
    assert counts["raises held against caps"] > 5
    assert sum(number for what, number in counts.items() if what.startswith("died: ")) > 5
