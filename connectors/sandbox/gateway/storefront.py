"""One shop as the gateway shows it: the simulated shop, and what only the gateway remembers.

Bids and budgets are the shop's and survive in its state file. Schedules, mobile prices, default
price marks, match scopes and times of changes are shown as they were set and end with the process;
none of them moves the market.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

import numpy as np

from connectors.sandbox.auction import IntArray
from connectors.sandbox.gateway.clock import PLATFORM_ZONE, SandboxClock
from connectors.sandbox.scenario import DEMO, MAX_WORDS_PER_ADGROUP, Scenario
from connectors.sandbox.shop import Shop

EXACT: Final = 1
BROAD: Final = 4
_MORNING: Final = time(9, tzinfo=PLATFORM_ZONE)
_FALLBACK_PRICE_FEN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSpec:
    """A shop to open: whose it is, its access token, and which market it lives in.

    ``keywords`` resizes ``scenario``; ``state`` keeps bids and budgets over restarts.
    """

    nick: str
    session: str
    seed: int = 7
    scenario: Scenario = DEMO
    keywords: int | None = None
    history_days: int = 30
    state: Path | None = None
    may_write: bool = True

    def sized(self) -> Scenario:
        """The scenario at its size."""
        if self.keywords in (None, self.scenario.keywords):
            return self.scenario
        return self.scenario.sized(self.keywords or self.scenario.keywords)


@dataclass(slots=True)
class Shown:
    """Settings of words and campaigns that are only shown; keys are the market's indices."""

    default_price: set[int] = field(default_factory=set)
    match_scope: dict[int, int] = field(default_factory=dict)
    mobile_price_fen: dict[int, int] = field(default_factory=dict)
    schedule: dict[int, str] = field(default_factory=dict)
    periods: dict[int, list[dict[str, object]]] = field(default_factory=dict)
    smooth: dict[int, bool] = field(default_factory=dict)


class Storefront:
    """A shop, its look-ups by platform id, its session, and when its words were last changed."""

    def __init__(self, spec: ShopSpec, clock: SandboxClock) -> None:
        self.spec = spec
        self.nick = spec.nick
        self.session = spec.session
        self.expired = False
        self.may_write = spec.may_write
        self.clock = clock
        self.shop = Shop(
            clock=clock.today,
            seed=spec.seed,
            scenario=spec.sized(),
            history_days=spec.history_days,
            state=spec.state,
        )
        self.shown = Shown()
        directory, ground = self.shop.directory, self.shop.market.ground
        self.campaigns = {name: i for i, name in enumerate(directory.campaign_ids)}
        self.adgroups = {name: i for i, name in enumerate(directory.adgroup_ids)}
        self._by_adgroup = np.argsort(ground.adgroup, kind="stable")
        counts = np.bincount(ground.adgroup, minlength=len(directory.adgroup_ids))
        self._ends = np.cumsum(counts)
        self._times: dict[int, datetime] = {}
        self._born: dict[int, datetime] = {}
        self._read = 0
        self._stale: tuple[datetime, IntArray] | None = None
        self.refresh(opening=True)
        self.default_price_fen = self._default_prices()

    def words_of(self, adgroup: int) -> IntArray:
        """Indices of an adgroup's words, ascending, those that do not exist now included."""
        start = self._ends[adgroup - 1] if adgroup else 0
        return self._by_adgroup[start : self._ends[adgroup]]

    def living(self, words: IntArray) -> IntArray:
        """Those of ``words`` that exist now."""
        return words[self.shop.bids_now()[words] > 0]

    def adgroups_of(self, campaign: int) -> list[int]:
        """Indices of a campaign's adgroups."""
        ground = self.shop.market.ground
        return [int(i) for i in np.flatnonzero(ground.campaign_of_adgroup == campaign)]

    def match_scope(self, word: int) -> int:
        """1 exact, 4 broad."""
        own = BROAD if self.shop.market.ground.broad[word] else EXACT
        return self.shown.match_scope.get(word, own)

    def go_stale(self, until: datetime) -> None:
        """Let readings show prices as they are at this moment until an instant comes."""
        self._stale = (until, self.shop.bids_now())

    def bids_told(self) -> IntArray:
        """(n,) bids as a reading shows them, fen. Not to be written to."""
        if self._stale is not None and self.clock.now() < self._stale[0]:
            return self._stale[1]
        return self.shop.bids_now()

    def changed_at(self, word: int) -> datetime:
        """When the word's bid was last set, as of the last ``refresh``."""
        return self._times.get(word, self.opened_at)

    def born_at(self, word: int) -> datetime:
        """When the word was first there, as of the last ``refresh``."""
        return self._born.get(word, self.opened_at)

    @property
    def opened_at(self) -> datetime:
        """The morning of the shop's first day."""
        return datetime.combine(date.fromordinal(self.shop.first_day), _MORNING)

    def changed_since(self, moment: datetime, *, living: bool) -> list[int]:
        """Words whose last change is not before ``moment``, oldest first.

        ``living`` chooses those that exist, else those that were deleted.
        """
        bids = self.shop.bids_now()
        found = [
            word
            for word, when in self._times.items()
            if when >= moment and (bids[word] > 0) == living
        ]
        return sorted(found, key=lambda word: (self._times[word], word))

    def subway_token(self) -> str:
        """The token that reports need; another one every day."""
        text = f"{self.session}/{self.clock.today().isoformat()}"
        return "st-" + hashlib.sha256(text.encode()).hexdigest()[:24]

    def edit_as_person(self, bids_fen: Mapping[str, int]) -> list[str]:
        """Set bids in the back office, by keyword id; returns the ids that took them."""
        index = self.shop.directory.index
        wanted = {index[word]: fen for word, fen in bids_fen.items() if word in index}
        taken = self.shop.set_bids(wanted, "person")
        return self.ids(taken)

    def ids(self, words: Iterable[int]) -> list[str]:
        """Keyword ids of indices."""
        names = self.shop.directory.keyword_ids
        return [names[word] for word in words]

    def room(self, adgroup: int) -> int:
        """How many words the adgroup can still take."""
        return MAX_WORDS_PER_ADGROUP - len(self.living(self.words_of(adgroup)))

    def _default_prices(self) -> list[int]:
        bids = self.shop.bids_now()
        prices = []
        for group in range(len(self.adgroups)):
            own = bids[self.words_of(group)]
            set_prices = own[own > 0]
            prices.append(int(np.median(set_prices)) if len(set_prices) else _FALLBACK_PRICE_FEN)
        return prices

    def refresh(self, *, opening: bool = False) -> None:
        """Note what has changed; what was there before we opened changed on its day's morning."""
        now = self.clock.now()
        for change in self.shop.changes(self._read):
            morning = datetime.combine(date.fromordinal(change.day), _MORNING)
            when = min(morning, now) if opening else now
            self._times[change.keyword] = when
            self._born.setdefault(change.keyword, when)
            self._read += 1
