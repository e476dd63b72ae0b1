"""Nights started by a request: opened at once, carried out by a thread of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from zoneinfo import ZoneInfo

from connectors.errors import ConnectorError
from optimizer.errors import OptimizerError
from service.errors import RunInProgressError, ServiceError
from service.nightly import STEPS, NightContext, carry_out, open_night
from service.settings.models import Account
from service.store import runs
from service.store.rows import RunRow

log = logging.getLogger(__name__)


class BackgroundNights:
    """Carries nights out one after another, since a big account may need most of the memory.

    ``nights`` is made when the first night starts, so that a server that only shows proposals
    never loads what only nights need.
    """

    def __init__(self, nights: Callable[[], NightContext]) -> None:
        self._nights = nights
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="night")

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of a night's steps, in order."""
        return STEPS

    def start(self, account: Account, business_date: date | None) -> RunRow:
        """Open the night, or find it; carry it out in the background when there is work to do.

        ``business_date`` None is today in the account's time zone.
        """
        context = self._nights()
        night = business_date or context.clock().astimezone(ZoneInfo(account.timezone)).date()
        try:
            run, ours = open_night(context, account, night, "rest")
        except RunInProgressError:
            return self._under_way(context, account, night)
        if ours:
            self._pool.submit(self._carry_out, context, account, run)
        return run

    def stop(self) -> None:
        """Take no more nights and wait for the one under way; queued ones are left to be resumed."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _under_way(self, context: NightContext, account: Account, night: date) -> RunRow:
        with context.store.read() as session:
            known = runs.find(session, account.id, night)
        if known is None:
            raise RunInProgressError(
                f"the night {night} of {account.id} is being opened; ask again"
            )
        return known

    def _carry_out(self, context: NightContext, account: Account, run: RunRow) -> None:
        """The run keeps the cause of a failure; here it is only logged."""
        try:
            carry_out(context, account, run)
        except (ServiceError, ConnectorError, OptimizerError) as error:
            log.error("night %s of %s failed: %s", run.business_date, account.id, error)  # noqa: TRY400 - its message is for people
        except Exception:
            log.exception("night %s of %s broke", run.business_date, account.id)
