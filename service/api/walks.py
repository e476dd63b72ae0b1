"""Applications started by a request: put on record at once, carried out by threads of their own."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor

from connectors.errors import ConnectorError
from service import applying, logs
from service.applying import ENDING, Halt, Who
from service.errors import RunInProgressError, ServiceError
from service.settings.models import Account
from service.wiring import Wiring

AT_ONCE = 4  # accounts that are applied side by side; each waits mostly for its platform

log = logging.getLogger(__name__)


class BackgroundWalks:
    """Carries applications out; one account is never walked twice at a time, whoever asks."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="apply")

    def start(self, account: Account, application_id: str, who: Who) -> None:
        """Carry out the queued application soon."""

        def left_out(asked: Future[None]) -> None:
            if asked.cancelled():
                self._decline(account, application_id, who, "ending", ENDING)

        asked = self._pool.submit(logs.apart(self._carry_out), account, application_id, who)
        asked.add_done_callback(left_out)

    def stop(self) -> None:
        """Take no more and wait for those under way; of queued ones the lines stay approved."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _carry_out(self, account: Account, application_id: str, who: Who) -> None:
        """The application keeps the cause of a failure; here it is only logged."""
        try:
            applying.apply(self._wiring.applying, account, who, application_id=application_id)
        except (ServiceError, ConnectorError) as error:
            log.error(  # noqa: TRY400 - its message is for people
                "application %s of %s failed: %s",
                application_id,
                account.id,
                error,
                extra={"event": "application_failed"},
            )
            if isinstance(error, RunInProgressError):
                self._decline(account, application_id, who, "busy", str(error))
        except Exception:
            log.exception(
                "application %s of %s broke",
                application_id,
                account.id,
                extra={"event": "application_broke"},
            )

    def _decline(
        self, account: Account, application_id: str, who: Who, halt: Halt, cause: str
    ) -> None:
        """Nobody waits for an application that will not be carried out."""
        try:
            applying.decline(self._wiring.applying, account, who, application_id, halt, cause)
        except ServiceError as error:
            log.error(  # noqa: TRY400 - as above
                "application %s of %s: %s",
                application_id,
                account.id,
                error,
                extra={"event": "application_failed"},
            )
