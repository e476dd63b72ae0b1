"""Nights started by a request: opened at once, carried out by a thread of their own."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

from connectors.errors import ConnectorError
from optimizer.errors import OptimizerError
from service import logs
from service.audit import Origin
from service.errors import EndingError, RunInProgressError, ServiceError
from service.nightly import STEPS, carry_out, open_night
from service.settings.models import Account
from service.store import runs
from service.store.rows import RunRow
from service.wiring import Wiring

log = logging.getLogger(__name__)


class BackgroundNights:
    """Carries nights out one after another, since a big account may need most of the memory."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="night")

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of a night's steps, in order."""
        return STEPS

    def start(self, account: Account, business_date: date | None, asked: Origin) -> RunRow:
        """Open the night, or find it; carry it out in the background when there is work to do.

        ``business_date`` None is today in the account's time zone; ``asked`` is who wants it.
        """
        night = business_date or self._wiring.today(account)
        try:
            run, ours = open_night(self._wiring.night, account, night, asked)
        except EndingError:
            raise
        except RunInProgressError:
            return self._under_way(account, night)
        if ours:
            self._pool.submit(logs.apart(self._carry_out), account, run).add_done_callback(
                lambda asked: self._leave(run) if asked.cancelled() else None
            )
        return run

    def stop(self) -> None:
        """Take no more nights and wait for the one under way; queued ones are left to whoever is next."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _leave(self, run: RunRow) -> None:
        with suppress(ServiceError), self._wiring.store.begin() as session:
            runs.let_go(session, run)

    def _under_way(self, account: Account, night: date) -> RunRow:
        with self._wiring.store.read() as session:
            known = runs.find(session, account.id, night)
        if known is None:
            raise RunInProgressError(
                f"the night {night} of {account.id} is being opened; ask again"
            )
        return known

    def _carry_out(self, account: Account, run: RunRow) -> None:
        """The run keeps the cause of a failure; here it is only logged."""
        try:
            carry_out(self._wiring.night, account, run)
        except EndingError as error:
            log.info("%s", error, extra={"event": "night_left"})
        except (ServiceError, ConnectorError, OptimizerError) as error:
            log.error(  # noqa: TRY400 - its message is for people
                "night %s of %s failed: %s",
                run.business_date,
                account.id,
                error,
                extra={"event": "night_failed"},
            )
        except Exception:
            log.exception(
                "night %s of %s broke",
                run.business_date,
                account.id,
                extra={"event": "night_broke"},
            )
