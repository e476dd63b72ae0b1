"""Looking every minute for what there is to tell."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from service import logs
from service.errors import ServiceError
from service.notify.telling import TellContext, look
from service.settings.models import Account

EVERY: Final = timedelta(minutes=1)
log = logging.getLogger(__name__)


class Teller:
    """Tells the people of all accounts, one account after another, at once and then every minute.

    What is due and what was told lies in the database; a process that was away makes up what is
    still in time.
    """

    def __init__(self, context: TellContext, accounts: Sequence[Account]) -> None:
        self._context = context
        self._accounts = [one for one in accounts if one.notify.channels]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="teller", daemon=True)

    def start(self) -> None:
        """Begin in the background, if there is anybody to tell."""
        if self._accounts:
            self._thread.start()

    def stop(self) -> None:
        """End after the message under way; a second call does nothing."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def look(self) -> None:
        """One look at every account. Never raises: the others go on."""
        for account in self._accounts:
            try:
                with logs.bound(account=account.id):
                    look(self._context, account)
            except ServiceError as error:
                log.error(  # noqa: TRY400 - its message is for people
                    "messages of %s: %s", account.id, error, extra={"event": "messages_failed"}
                )
            except Exception as error:
                log.error(  # noqa: TRY400
                    "messages of %s broke: %s",
                    account.id,
                    type(error).__name__,
                    extra={"event": "messages_broke"},
                )

    def _follow(self) -> None:
        while not self._ended.is_set():
            self.look()
            self._ended.wait(EVERY.total_seconds())
