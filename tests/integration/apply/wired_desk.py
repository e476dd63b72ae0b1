"""A desk whose shop lives behind the open platform's gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from apply_desk import Desk
from wire import WiredShop

from connectors.platform import AdPlatform
from connectors.taobao.shop import Generation
from service.store.rows import RunRow


@dataclass
class WiredDesk(Desk):
    """``looked_at`` is how long the shop's journal was when the service last read all of it."""

    generation: Generation = "simba"
    looked_at: int = 0

    def open_shop(self) -> None:
        """A tiny shop behind its gateway; waiting moves the desk's clock."""
        self.shop = WiredShop(
            generation=self.generation,
            seed=self.seed,
            keywords=self.keywords,
            history_days=self.history_days,
            now=lambda: self.now,
            sleep=self._sleep,
        )
        self.platform: AdPlatform = self.shop.platform()
        self.words = [word.keyword_id for word in self.platform.roster().keywords if word.biddable]

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def time_passed(self) -> None:
        """Nothing of the shop waits for the desk."""

    def looked(self) -> None:
        """A pull saw what there was when it began."""
        self.looked_at = self._began

    def begins_to_look(self) -> None:
        """What is set from now on may not be seen."""
        self._began = len(self.shop.journal())

    def pull(self, ahead: int = 0) -> RunRow:
        self.begins_to_look()
        run = super().pull(ahead)
        self.looked()
        return run

    def live(self, words: Sequence[str] | None = None) -> dict[str, int]:
        standing = self.shop.live()
        return {word: standing[word] for word in words or self.words}

    def known_quota(self, calls: int) -> None:
        """The connector learns that so many calls are left today."""
        self.platform = self.shop.platform(daily_calls=self.shop.used(self.today) + calls)

    def restart(self) -> None:
        """Another process opens the connector anew."""
        self.process += 1
        self.platform = self.shop.platform()

    def close(self) -> None:
        super().close()
        self.shop.close()
