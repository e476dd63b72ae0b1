"""Everything that the gateway can do to a call, as a pack of cards that is dealt to the last one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from wire import LIVE, WRITE

from connectors.sandbox.gateway import ALL_KINDS, Fault, Kind
from connectors.sandbox.gateway.faults import fits
from connectors.taobao.shop import Generation

# Codes after which nobody knows whether the platform did it, and answers that say nothing.
IN_THE_DARK = (
    *(Kind.UNAVAILABLE, Kind.OVERLOADED, Kind.PLATFORM_ERROR, Kind.UNKNOWN_CODE),
    *(Kind.HTML, Kind.BAD_GATEWAY),
)
# Patience ends when these come again and again.
STORMS = (Kind.BAN_SECONDS, Kind.BUSY, Kind.UNAVAILABLE, Kind.CUT_BEFORE, Kind.INVALID_TIMESTAMP)
STORM = 5
SKEW_SECONDS = 1_500.0  # writes meet a platform that is behind, reads one that is ahead
SECONDS = {
    Kind.SLOW: 60.0,  # twice as long as the connector waits
    Kind.CLOCK_SKEW: SKEW_SECONDS,
    Kind.LATE: 50.0,
    Kind.STALE: 50.0,
}
PARTS = 4
PULL = {
    "simba": ("taobao.simba.campaigns.get", "taobao.simba.rpt."),
    "universalbp": (
        "taobao.universalbp.new.campaign.findpage",
        "taobao.universalbp.new.report.query.bidword",
    ),
}


@dataclass(frozen=True)
class Card:
    """A fault of a ``place``: ``write``, ``read`` (live bids) or ``pull``; ``times`` in a row."""

    place: str
    fault: Fault
    times: int = 1

    @property
    def name(self) -> str:
        """``write html done``, ``pull busy x5``."""
        done = {None: "", True: " done", False: " not done"}[self.fault.done]
        return f"{self.place} {self.fault.kind}{done}" + (
            f" x{self.times}" if self.times > 1 else ""
        )


@dataclass
class Deck:
    """Deals cards of one generation at random, each as often as the others.

    Of ``PARTS`` decks each begins with its own ``part`` of every pile, so that few nights of each
    have dealt all cards between them.
    """

    generation: Generation
    rng: random.Random
    part: int
    dealt: Counter[str] = field(default_factory=Counter)
    _piles: dict[str, list[Card]] = field(default_factory=dict)

    def draw(self, place: str) -> Card:
        """The next card of a place; shuffles when all have been dealt."""
        pile = self._piles.get(place)
        if pile is None:
            own = self.own(place)
            pile = [card for card in self.cards(place) if card not in own] + own
            self._piles[place] = pile
        elif not pile:
            pile += self.cards(place)
            self.rng.shuffle(pile)
        card = pile.pop()
        self.dealt[card.name] += 1
        return card

    def give_back(self, cards: Iterable[Card]) -> None:
        """Cards that befell nobody come next."""
        for card in cards:
            self.dealt[card.name] -= 1
            self._piles[card.place].append(card)

    def own(self, place: str) -> list[Card]:
        """The cards that this deck deals first."""
        return self.cards(place)[self.part :: PARTS]

    def not_dealt(self, place: str) -> list[str]:
        """Own cards that have befallen nobody yet."""
        return [card.name for card in self.own(place) if not self.dealt[card.name]]

    def cards(self, place: str) -> list[Card]:
        """All cards of a place."""
        found = []
        for method in self._methods(place):
            for kind in _kinds(method):
                outcomes = (True, False) if place == "write" and kind in IN_THE_DARK else (None,)
                found += [Card(place, self._fault(kind, method, done)) for done in outcomes]
            found += [Card(place, self._fault(kind, method, None), STORM) for kind in STORMS]
        return found

    def _methods(self, place: str) -> tuple[str, ...]:
        if place == "pull":
            return PULL[self.generation]
        return ((WRITE if place == "write" else LIVE)[self.generation],)

    def _fault(self, kind: Kind, method: str, done: bool | None) -> Fault:
        seconds = SECONDS.get(kind)
        if kind is Kind.CLOCK_SKEW and method in WRITE.values():
            seconds = -SKEW_SECONDS
        return Fault(kind=kind, method=method, seconds=seconds, done=done)


def _kinds(method: str) -> list[Kind]:
    return [kind for kind in ALL_KINDS if fits(Fault(kind=kind), method)]
