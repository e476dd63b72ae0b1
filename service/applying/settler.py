"""Looking, every few minutes, after batches whose outcome nobody saw."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from service import logs
from service.applying.flow import has_open_batches, resume
from service.applying.work import ApplyContext, Who
from service.audit import MACHINE
from service.errors import RunInProgressError, ServiceError
from service.settings.models import Account

log = logging.getLogger(__name__)


class Settler:
    """Reads what became of open batches of all accounts, at once and then ``reads_apart`` apart.

    It never sends anything. An account that another process is applying is left to that process.
    """

    def __init__(self, context: ApplyContext, accounts: Sequence[Account]) -> None:
        self._context = context
        self._accounts = accounts
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="settler", daemon=True)

    def start(self) -> None:
        """Look at once in the background, and again and again."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; waits for the look under way. A second call does nothing."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def look(self) -> None:
        """One look at every account. Never raises: the others go on."""
        for account in self._accounts:
            logs.apart(self._look_after)(account)

    def _look_after(self, account: Account) -> None:
        logs.bind(account=account.id)
        try:
            self._look_at(account)
        except RunInProgressError as error:
            log.info(
                "open batches of %s are left alone: %s",
                account.id,
                error,
                extra={"event": "batches_left_alone"},
            )
        except ServiceError as error:
            log.error(  # noqa: TRY400 - its message is for people
                "open batches of %s: %s", account.id, error, extra={"event": "batches_failed"}
            )
        except Exception:
            log.exception("open batches of %s", account.id, extra={"event": "batches_broke"})

    def _look_at(self, account: Account) -> None:
        with self._context.store.read() as session:
            if not has_open_batches(session, account.id):
                return
        held_up = resume(self._context, account, Who(actor=MACHINE, source="schedule"))
        if held_up is not None:
            log.warning(
                "open batches of %s wait: %s", account.id, held_up, extra={"event": "batches_wait"}
            )

    def _follow(self) -> None:
        while not self._ended.is_set():
            self.look()
            self._ended.wait(self._context.reads_apart.total_seconds())
