"""How fast an app may call, method by method."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import Field

from service.settings.section import Section

Rate = Annotated[float, Field(gt=0, le=10_000)]

METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "simba": (
        "simba.adgroupsbycampaignid.get",
        "simba.campaign.budget.get",
        "simba.campaigns.get",
        "simba.keywords.pricevon.set",
        "simba.keywordsbyadgroupid.get",
        "simba.keywordsbykeywordids.get",
        "simba.login.authsign.get",
        "simba.rpt.adgroupkeywordbase.get",
        "simba.rpt.adgroupkeywordeffect.get",
    ),
    "universalbp": (
        "universalbp.new.bidword.findlist",
        "universalbp.new.bidword.qscore",
        "universalbp.new.bidword.update",
        "universalbp.new.campaign.findpage",
        "universalbp.new.report.async.create.download.task",
        "universalbp.new.report.async.download.find.task.page",
        "universalbp.new.report.async.download.get.url",
        "universalbp.new.report.query.bidword",
    ),
}


class CallRates(Section):
    """Calls a second: ``per_second`` for each method, ``methods`` for those that differ."""

    per_second: Rate = 100.0
    methods: dict[str, Rate] = Field(default_factory=dict)

    def complaint(self, generation: str) -> str | None:
        """What is wrong with the names of ``methods`` for shops of ``generation``; None = nothing."""
        known = METHODS[generation]
        for name in self.methods:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"
                return f"names {name}, which kaiche does not call for {generation}; {hint}"
        return None
