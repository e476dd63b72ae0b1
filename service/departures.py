"""When approved bids leave by themselves: one job for every account whose YAML says ``by: schedule``.

What a job does is ``applying.apply_if_due``: the same walk, lease, kill switch, caps and quota as by
hand. Jobs live in memory; what is approved lies in the database, so that nothing is lost when the
process stops, and the next time takes it. A time missed by less than ``GRACE`` is made up at the start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler

from connectors.errors import ConnectorError
from service import logs
from service.errors import RunInProgressError, ServiceError
from service.scheduler import OneAtATime, last_fire, trigger
from service.settings.models import Account
from service.store.applications import ApplicationRow

GRACE: Final = timedelta(hours=1)

log = logging.getLogger(__name__)


class DepartureSchedule:
    """``depart`` applies one account, if there is anything to do; accounts leave one after another."""

    def __init__(
        self,
        accounts: Sequence[Account],
        depart: Callable[[Account], ApplicationRow | None],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self.accounts = {one.id: one for one in accounts if one.apply.by == "schedule"}
        self._depart = depart
        self._clock = clock
        self._rules = {
            name: trigger(one.apply.line, one.timezone) for name, one in self.accounts.items()
        }
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="departure")
        self.scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": OneAtATime(self._pool)}
        )
        for name, rule in self._rules.items():
            self.scheduler.add_job(
                self.fire,
                rule,
                args=(name,),
                id=name,
                name=f"departure of {name}",
                coalesce=True,
                max_instances=1,
                misfire_grace_time=int(GRACE.total_seconds()),
            )

    def next_fire(self, account_id: str) -> datetime | None:
        """When the account's bids leave next, in its time zone."""
        fire: datetime | None = self._rules[account_id].get_next_fire_time(None, self._clock())
        return fire

    def fire(self, account_id: str) -> None:
        """Send what may leave now. Never raises: the other accounts go on."""
        logs.apart(self._fire)(account_id)

    def _fire(self, account_id: str) -> None:
        logs.bind(account=account_id)
        try:
            row = self._depart(self.accounts[account_id])
        except RunInProgressError as error:
            log.info(
                "bids of %s left alone: %s",
                account_id,
                error,
                extra={"event": "application_left_alone"},
            )
        except (ServiceError, ConnectorError) as error:
            log.error(  # noqa: TRY400 - its message is for people
                "bids of %s could not leave: %s",
                account_id,
                error,
                extra={"event": "application_failed"},
            )
        except Exception:
            log.exception("bids of %s broke", account_id, extra={"event": "application_broke"})
        else:
            _tell(account_id, row)

    def catch_up(self) -> None:
        """Make up, once, the times that have just been missed."""
        for account_id, rule in self._rules.items():
            if last_fire(rule, self._clock(), GRACE) is not None:
                self.fire(account_id)

    def start(self) -> None:
        """Make up what was missed in the background, then follow the clock; returns at once."""
        if self.accounts:
            self._pool.submit(self.catch_up)
            self.scheduler.start()

    def stop(self) -> None:
        """Stop after the walk under way; a second call does nothing."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=True)


def _tell(account_id: str, row: ApplicationRow | None) -> None:
    if row is None:
        return
    if row.state == "done":
        log.info(
            "bids of %s left: %s applied",
            account_id,
            row.counts.get("applied", 0),
            extra={"event": "bids_left"},
        )
    else:
        log.warning(
            "bids of %s: %s, %s", account_id, row.state, row.cause, extra={"event": "bids_held_up"}
        )
