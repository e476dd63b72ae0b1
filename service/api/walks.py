"""Applications started by a request: put on record at once, carried out by threads of their own."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from connectors.errors import ConnectorError
from service import applying
from service.applying import Who
from service.errors import ServiceError
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
        self._pool.submit(self._carry_out, account, application_id, who)

    def stop(self) -> None:
        """Take no more and wait for those under way; queued ones keep their lines approved."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _carry_out(self, account: Account, application_id: str, who: Who) -> None:
        """The application keeps the cause of a failure; here it is only logged."""
        try:
            applying.apply(self._wiring.applying, account, who, application_id=application_id)
        except (ServiceError, ConnectorError) as error:
            log.error("application %s of %s failed: %s", application_id, account.id, error)  # noqa: TRY400 - its message is for people
        except Exception:
            log.exception("application %s of %s broke", application_id, account.id)
