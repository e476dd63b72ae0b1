"""A night under way: what it stands on, how it is taken, and how it is left to whoever comes next."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy.orm import Session

from connectors.platform import AdPlatformReader
from service import audit, inputs, leases, logs
from service.audit import MACHINE, Origin, Source
from service.errors import EndingError
from service.expiry import expire_overdue
from service.planning import Door
from service.settings.models import Account
from service.store import Store, runs
from service.store import audit as events
from service.store.rows import RunRow

log = logging.getLogger(__name__)

STEPS: Final = (
    "open",
    "pull",
    "store",
    "gate",
    "frames",
    "estimate",
    "propose",
    "rows",
    "guardrails",
    "save",
)

Progress = Callable[[str, int], None]  # step, and what it has counted so far (rows pulled)


def silent(step: str, count: int) -> None:
    """Progress for nobody."""


def never() -> bool:
    """Nobody asks the process to end."""
    return False


def go_on(step: str) -> None:
    """What ``after_step`` does unless a test wants to break in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightContext:
    """What a night needs from the world. ``platform`` opens an account as of a business date.

    Leases run out by ``lease_clock``, ``clock`` unless it is given. Once ``asked_to_end`` says so, a
    night under way ends between two steps.
    """

    store: Store
    door: Door
    platform: Callable[[Account, date], AdPlatformReader]
    clock: Callable[[], datetime]
    owner: str = field(default_factory=leases.token)
    is_gone: Callable[[str], bool] = leases.is_gone
    after_step: Callable[[str], None] = go_on
    asked_to_end: Callable[[], bool] = never
    lease_clock: Callable[[Session], datetime] | None = None

    def lease_now(self, session: Session) -> datetime:
        """The instant by which leases run out."""
        return self.clock() if self.lease_clock is None else self.lease_clock(session)


def open_night(
    context: NightContext, account: Account, business_date: date, asked: Origin
) -> tuple[RunRow, bool]:
    """Step 1: take the night; returns the run and whether there is work to do.

    Raises EndingError, with nothing begun, when this process has been asked to end.
    """
    if context.asked_to_end():
        raise EndingError("this process was asked to end and begins no night; ask again soon")
    fresh = _fresh_run(context, account, business_date, asked.source)
    expire_overdue(context.store, fresh.started_at, asked.source)
    with context.store.begin() as session:
        now = context.lease_now(session)
        fresh = replace(fresh, lease_until_at=runs.lease_until(now))
        run, ours = runs.open_run(session, fresh, is_gone=context.is_gone, now=now)
        if ours:
            started = audit.run_started(
                replace(asked, at=fresh.started_at),
                account_id=run.account_id,
                run_id=run.run_id,
                business_date=run.business_date,
                attempt=run.attempt,
            )
            events.append(session, [started])
    logs.bind(run_id=run.run_id, account=run.account_id)
    if ours:
        log.info(
            "the night %s of %s is begun, attempt %d",
            run.business_date,
            run.account_id,
            run.attempt,
            extra={"event": "night_begun"},
        )
        context.after_step("open")
    return run, ours


@dataclass(slots=True)
class Night:
    """One night under way."""

    context: NightContext
    account: Account
    run: RunRow
    progress: Progress

    def origin(self, source: Source | None = None) -> Origin:
        """The machine, now; by default for the reason the run was started."""
        trigger = cast("Source", self.run.trigger)
        return Origin(at=self.context.clock(), actor=MACHINE, source=source or trigger)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Renew the lease and say where we are; a lost lease ends the work here."""
        self.leave_if_asked()
        self.progress(name, 0)
        with self.context.store.begin() as session:
            self.advance(session, name)
        log.info("step %s", name, extra={"event": "night_step", "fields": {"step": name}})
        yield
        self.context.after_step(name)

    def advance(self, session: Session, step: str, **values: Any) -> None:
        """Note the step, and more, in the caller's transaction."""
        until_at = runs.lease_until(self.context.lease_now(session))
        self.run = runs.advance(session, self.run, step, until_at=until_at, **values)

    def pulled(self, rows: int) -> None:
        """Say how far the pull has come; it may take long, so it too is left when the process ends."""
        self.leave_if_asked()
        self.progress("pull", rows)

    def leave_if_asked(self) -> None:
        """Leave the night to whoever comes next, when this process has been asked to end.

        Raises EndingError; what was finished stays, and the lease is given back.
        """
        if not self.context.asked_to_end():
            return
        with self.context.store.begin() as session:
            self.run = runs.let_go(session, self.run)
        raise EndingError(
            f"the night {self.run.business_date} of {self.run.account_id} was left after the step "
            f"{self.run.step}, since this process was asked to end; the next start goes on"
        )


def _fresh_run(
    context: NightContext, account: Account, business_date: date, trigger: Source
) -> RunRow:
    now = context.clock()
    return RunRow(
        run_id=str(uuid.uuid4()),
        account_id=account.id,
        business_date=business_date,
        state="running",
        step="open",
        trigger=trigger,
        attempt=1,
        lease_owner=context.owner,
        lease_until_at=None,
        started_at=now,
        finished_at=None,
        cutoff_at=None,
        seed=inputs.seed_of(account.id, business_date),
        inputs_hash=None,
        config_hash=None,
        code_version=None,
        cause=None,
        counts={},
        review=(),
    )
