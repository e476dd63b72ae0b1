"""What every route stands on: the configuration, the store, the clock, and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Protocol

from fastapi import Depends, Request

from service.audit import Origin
from service.errors import NotFoundError
from service.settings.models import Account, Settings
from service.store.engine import Store
from service.store.rows import RunRow


class Nights(Protocol):
    """Starting nights without waiting for them."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of a night's steps, in order."""
        ...

    def start(self, account: Account, business_date: date | None) -> RunRow:
        """Open the night, or find it; carry it out in the background when there is work to do.

        ``business_date`` None is today in the account's time zone. Returns the run as it is now.
        """
        ...

    def stop(self) -> None:
        """Take no more nights and wait for the one under way."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that outlives a request."""

    settings: Settings
    store: Store
    clock: Callable[[], datetime]
    nights: Nights
    version: str

    def account(self, account_id: str) -> Account:
        """One account of the configuration; raises NotFoundError naming those there are."""
        for account in self.settings.accounts:
            if account.id == account_id:
                return account
        known = ", ".join(account.id for account in self.settings.accounts)
        raise NotFoundError(f"there is no account {account_id} in the configuration, only: {known}")


def context_of(request: Request) -> Context:
    """The context that ``create_app`` has put there."""
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


InContext = Annotated[Context, Depends(context_of)]


def origin_of(request: Request, context: InContext) -> Origin:
    """Who acts, for the audit record."""
    return Origin(
        at=context.clock(),
        actor=request.state.actor,
        source="rest",
        request_id=request.state.request_id,
    )


ByWhom = Annotated[Origin, Depends(origin_of)]
