"""What a walk over an account's approved lines stands on, and what can bring it to a halt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from sqlalchemy.orm import Session

from connectors.platform import AdPlatform, AdPlatformReader, MeteredPlatform
from service import leases, stop
from service.audit import MACHINE, Origin, Source
from service.settings.models import Account
from service.store import Store, account_states, runs

# Every commit, and the moments between which bytes are under way.
POINTS: Final = (
    "opened",
    "resolved",
    "intended",
    "compared",
    "dispatching",
    "sent",
    "verified",
    "closed",
)
CALLS_A_BATCH: Final = 3  # read, set, read: the least that a platform asks for
MOST_CALLS_A_BATCH: Final = 64  # above this, others are using up the same quota
BATCH: Final = 200
NO_WRITE_HALF: Final = (
    "the connector of {account} cannot write bids; "
    "export the approved lines as a sheet and upload it"
)

ENDING: Final = (
    "this process was asked to end, so no further batch was sent; what is left stays approved. Apply "
    "again once the service runs"
)

Halt = Literal["stopped", "quota", "busy", "authorisation", "refused", "ending"]


def never() -> bool:
    """Nobody asks the process to end."""
    return False


def go_on(point: str) -> None:
    """What ``after`` does unless a test wants to break in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyContext:
    """What applying needs from the world. ``platform`` opens an account as of a business date.

    An approval is good for ``approval_life``; a write whose outcome nobody saw is decided by two
    reads at least ``reads_apart`` from each other. A batch holds at most ``batch_size`` (≤ 200) bids.
    ``owner`` is of one walk at a time; leases run out by ``lease_clock``, ``clock`` unless it is given.
    """

    store: Store
    platform: Callable[[Account, date], AdPlatformReader]
    clock: Callable[[], datetime]
    stop_file: Path
    approval_life: timedelta = timedelta(hours=48)
    reads_apart: timedelta = timedelta(minutes=10)
    batch_size: int = BATCH
    owner: str = field(default_factory=leases.token)
    is_gone: Callable[[str], bool] = leases.is_gone
    after: Callable[[str], None] = go_on
    asked_to_end: Callable[[], bool] = never
    lease_clock: Callable[[Session], datetime] | None = None

    def lease_now(self, session: Session) -> datetime:
        """The instant by which leases run out."""
        return self.clock() if self.lease_clock is None else self.lease_clock(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """On whose behalf a walk is made."""

    actor: str
    source: Source


class HaltedError(Exception):
    """The walk ends here; lines that have not left stay approved."""

    def __init__(self, code: Halt, cause: str) -> None:
        super().__init__(cause)
        self.code: Halt = code


@dataclass(slots=True, kw_only=True)
class Work:
    """One walk under way. Its lease is renewed with every commit."""

    context: ApplyContext
    account: Account
    application_id: str
    who: Who
    day: date
    opened: AdPlatform | None = None
    answered: bool = False
    calls_a_batch: int = CALLS_A_BATCH
    calls_left: int | None = None
    batches: int = 0
    expired: int = 0
    waiting: Counter[str] = field(default_factory=Counter)

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.account.id

    @property
    def store(self) -> Store:
        """The database."""
        return self.context.store

    @property
    def platform(self) -> AdPlatform:
        """The account's platform, opened when first needed; HaltedError when it has no write half."""
        if self.opened is None:
            found = self.context.platform(self.account, self.day)
            if not isinstance(found, AdPlatform):
                raise HaltedError("refused", NO_WRITE_HALF.format(account=self.account_id))
            self.opened = found
        return self.opened

    def now(self) -> datetime:
        """The instant, aware."""
        return self.context.clock()

    def origin(self) -> Origin:
        """The machine carries out what people have approved."""
        return Origin(at=self.now(), actor=MACHINE, source=self.who.source)

    def hold(self, session: Session) -> None:
        """Renew the lease in the caller's transaction; raises RunInProgressError when it is lost."""
        until_at = runs.lease_until(self.context.lease_now(session))
        account_states.renew(session, self.account_id, self.context.owner, until_at=until_at)

    def check_end(self) -> None:
        """Raise HaltedError once this process has been asked to end."""
        if self.context.asked_to_end():
            raise HaltedError("ending", ENDING)

    def check_stop(self, session: Session) -> None:
        """Raise HaltedError while the kill switch is thrown."""
        stops = stop.in_force(session, self.context.stop_file, self.account_id)
        if stops:
            raise HaltedError("stopped", stops[0].sentence())

    def check_quota(self) -> None:
        """Raise HaltedError when the day's calls would not carry a batch to its verification.

        What a batch costs is learned from the dearest one so far.
        """
        if not isinstance(self.platform, MeteredPlatform):
            return
        left = self.platform.calls_left()
        if left is None:
            return
        if self.calls_left is not None:
            dearest = max(self.calls_a_batch, self.calls_left - left)
            self.calls_a_batch = min(dearest, MOST_CALLS_A_BATCH)
        self.calls_left = left
        if left < self.calls_a_batch:
            raise HaltedError(
                "quota",
                f"{left} calls of today's quota are left and a batch needs {self.calls_a_batch}; the "
                "rest stays approved. Apply again when the platform's day begins",
            )

    def read(self, keyword_ids: Sequence[str]) -> dict[str, int]:
        """The bids in force now, fen; absent words do not exist or take no bid. ConnectorError."""
        found: dict[str, int] = {}
        for start in range(0, len(keyword_ids), BATCH):
            found |= self.platform.live_bids(keyword_ids[start : start + BATCH])
        self.answered = True
        return found

    def reached(self, point: str) -> None:
        """Something was committed, or sent."""
        self.context.after(point)
