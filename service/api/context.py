"""What every route stands on: the configuration, the store, the clock, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request

from service.api.listed import ListedSets
from service.applying import Who
from service.audit import Origin
from service.errors import NotFoundError
from service.expiry import expire_overdue
from service.people.roles import Principal
from service.recall import Recall
from service.settings.models import Account, Settings
from service.store import Store
from service.store.rows import RunRow
from service.wiring import Wiring

NOTHING: Final[frozenset[str]] = frozenset()


class Nights(Protocol):
    """Starting nights without waiting for them."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of a night's steps, in order."""
        ...

    def start(self, account: Account, business_date: date | None, asked: Origin) -> RunRow:
        """Open the night, or find it; carry it out in the background when there is work to do.

        ``business_date`` None is today in the account's time zone; ``asked`` is who wants it.
        Returns the run as it is now.
        """
        ...

    def stop(self) -> None:
        """Take no more nights and wait for the one under way."""
        ...


class Walks(Protocol):
    """Sending approved lines without waiting for it."""

    def start(self, account: Account, application_id: str, who: Who) -> None:
        """Carry out the queued application soon."""
        ...

    def stop(self) -> None:
        """Take no more and wait for those under way."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that outlives a request."""

    wiring: Wiring
    nights: Nights
    walks: Walks
    recall: Recall
    version: str
    listed: ListedSets = field(default_factory=ListedSets)
    within: frozenset[str] | None = None  # the accounts of the one who asks; None = all

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return self.wiring.settings

    @property
    def store(self) -> Store:
        """The database, of which nothing outside ``within`` can be read or changed."""
        return self.wiring.store.within(self.within)

    def now(self) -> datetime:
        """The instant, aware."""
        return self.wiring.clock()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts of the configuration that may be seen."""
        found = self.settings.accounts
        return tuple(one for one in found if self.within is None or one.id in self.within)

    def account(self, account_id: str) -> Account:
        """One account of the configuration; raises NotFoundError naming those that may be seen."""
        found = next((one for one in self.accounts if one.id == account_id), None)
        if found is None:
            known = ", ".join(one.id for one in self.accounts)
            raise NotFoundError.of("account_unknown", account=account_id, known=known)
        return found


async def context_of(request: Request) -> Context:
    """The context that ``create_app`` has put there, narrowed to the one who asks."""
    context = request.app.state.context
    assert isinstance(context, Context)
    principal = getattr(request.state, "principal", None)
    within = principal.accounts() if isinstance(principal, Principal) else NOTHING
    return replace(context, within=within)


InContext = Annotated[Context, Depends(context_of)]


def up_to_date(context: InContext) -> None:
    """Before anything is shown or decided: what has run out of time ends."""
    expire_overdue(context.wiring.store, context.now(), "rest")


async def origin_of(request: Request, context: InContext) -> Origin:
    """Who acts, for the audit record."""
    return Origin(
        at=context.now(),
        actor=request.state.actor,
        source="rest",
        request_id=request.state.request_id,
    )


ByWhom = Annotated[Origin, Depends(origin_of)]
