"""Nights with the real optimizer, pulled, applied and verified over HTTP while things fail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from apply_campaign import GENERATIONS, Campaign
from wired_desk import WiredDesk

from connectors.errors import ConnectorError
from service.nightly import NightContext, run_night
from service.store import lines
from service.store.lines import LineFilter
from service.store.rows import LineRow
from service.wiring import optimizer_door

NIGHTS = 3
GUARDRAILS = {"max_changed_share": 1.0, "max_spend_rise": 10.0}
ROOMY_FEN = 10**12


class RealCampaign(Campaign):
    """The same nights, planned by the service itself; caps are roomy."""

    def set_caps(self) -> None:
        self.cap_fen = ROOMY_FEN
        account = self.desk.account
        limits = account.guardrails.model_copy(update=GUARDRAILS)
        self.desk.account = account.model_copy(update={"guardrails": limits, "history_days": 14})

    def plan(self) -> list[LineRow]:
        desk = self.desk
        context = NightContext(
            store=desk.store,
            door=optimizer_door(),
            platform=lambda *_: desk.platform,
            clock=lambda: desk.now,
        )
        self.deal("pull", 0)
        desk.begins_to_look()
        try:
            result = run_night(context, desk.account, desk.today, desk.origin())
        except ConnectorError:
            self.mend()
            result = run_night(context, desk.account, desk.today, desk.origin())
            self.counts["second attempts"] += 1
        desk.looked()
        self.check_stands()
        with desk.store.read() as session:
            return lines.select_lines(session, LineFilter(proposal_id=result.proposal.proposal_id))


@pytest.fixture(params=GENERATIONS)
def campaign(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> Iterator[Campaign]:
    """A shop of 60 words."""
    desk = WiredDesk(
        sqlite_url,
        tmp_path,
        keywords=60,
        history_days=14,
        batch_size=10,
        seed=3,
        generation=request.param,
    )
    yield RealCampaign(desk, random.Random(1))
    desk.close()


def test_real_proposals_leave_as_they_were_approved(campaign: Campaign) -> None:
    for night in range(NIGHTS):
        campaign.night()
        assert campaign.broken == [], f"night {night}"
    counts = campaign.totals()
    assert campaign.broken == []
    assert counts["line applied"] > 3
    assert counts["bids set"] > 3
