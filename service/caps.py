"""What an account is expected to spend a day while its bids change one by one, and its caps.

Expected figures are known at two bids of a word, the one the night found and the one it proposed.
Spend grows with the bid, so the figure at the higher of them bounds every bid up to it; above both
it is taken to grow with the square of the bid (more clicks, each dearer). Lower bids bring relief
only once they stand on the platform. Money is integer fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil

from service.store.rows import NewLine


def bounded_spend(line: NewLine, bid_fen: int) -> int:
    """The most that the word of ``line`` is expected to spend a day at ``bid_fen``, fen.

    Exact at the bid before and at the proposed bid.
    """
    known = {
        line.bid_before_fen: line.spend_before_fen,
        line.bid_proposed_fen: line.spend_after_fen,
    }
    points = sorted((bid, spend) for bid, spend in known.items() if bid is not None)
    if not points:
        return max(line.spend_before_fen, line.spend_after_fen)
    for bid, spend in points:
        if bid_fen <= bid:
            return spend
    bid, spend = points[-1]
    return ceil(spend * bid_fen * bid_fen / (bid * bid))


class Spending:
    """The account's expected spend a day at the bids in force, held against its caps.

    ``lines`` are the newest night's, every word of the account among them; ``bids`` the bids now,
    fen, where they differ from those the night found. ``campaign_caps_fen`` names only campaigns
    that have a cap.
    """

    def __init__(
        self,
        lines: Iterable[NewLine],
        bids: Mapping[str, int],
        *,
        account_cap_fen: int,
        campaign_caps_fen: Mapping[str, int],
    ) -> None:
        self._account_cap = account_cap_fen
        self._campaign_caps = campaign_caps_fen
        self._lines: dict[str, NewLine] = {}
        self._bids: dict[str, int] = {}
        self._spend: dict[str, int] = {}
        self._of_campaign: dict[str, int] = {}
        self._words: dict[str, int] = {}
        self.total_fen = 0
        for line in lines:
            self._enter(line, bids.get(line.keyword_id, line.bid_before_fen))

    def campaign_fen(self, campaign_id: str) -> int:
        """The campaign's expected spend a day."""
        return self._of_campaign.get(campaign_id, 0)

    def fits(self, line: NewLine, bid_fen: int) -> bool:
        """Whether ``bid_fen`` for the word keeps every cap; a bid that is no raise always does.

        As in the guardrails, what rounding to the fen may have added to a sum is no breach.
        """
        own = self._known(line)
        if bid_fen <= self._bids[own.keyword_id]:
            return True
        more = bounded_spend(own, bid_fen) - self._spend[own.keyword_id]
        cap = self._campaign_caps.get(own.campaign_id)
        room = self._account_cap + self._rounding("")
        if self.total_fen + more > room:
            return False
        return cap is None or (
            self.campaign_fen(own.campaign_id) + more <= cap + self._rounding(own.campaign_id)
        )

    def take(self, line: NewLine, bid_fen: int) -> None:
        """Count the word at ``bid_fen`` from now on."""
        own = self._known(line)
        more = bounded_spend(own, bid_fen) - self._spend[own.keyword_id]
        self._bids[own.keyword_id] = bid_fen
        self._spend[own.keyword_id] += more
        self._add(own.campaign_id, more)

    def _known(self, line: NewLine) -> NewLine:
        """The newest night's line of the word; a word it does not have stands for itself."""
        known = self._lines.get(line.keyword_id)
        if known is None:
            self._enter(line, line.bid_before_fen)
            return line
        return known

    def _enter(self, line: NewLine, bid: int | None) -> None:
        spend = line.spend_before_fen if bid is None else bounded_spend(line, bid)
        self._lines[line.keyword_id] = line
        self._bids[line.keyword_id] = bid or 0
        self._spend[line.keyword_id] = spend
        for place in ("", line.campaign_id):
            self._words[place] = self._words.get(place, 0) + 1
        self._add(line.campaign_id, spend)

    def _add(self, campaign_id: str, more: int) -> None:
        self.total_fen += more
        self._of_campaign[campaign_id] = self.campaign_fen(campaign_id) + more

    def _rounding(self, place: str) -> Decimal:
        return Decimal("0.5") * self._words.get(place, 0)
