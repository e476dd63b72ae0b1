"""Who looks at a page, in which language, and under whose name they act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request

from service.api.context import Context
from service.api.needs import principal_of
from service.api.problems import RefusalError
from service.audit import Origin
from service.console.texts import LANGUAGES, Language, Texts, language
from service.errors import ConflictError, NotFoundError
from service.people.roles import Principal, Role
from service.people.signing import Entered
from service.settings.models import Account

COOKIE = "kaiche-language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One person at one page."""

    context: Context
    enter_again: Callable[[], Entered]
    principal: Principal
    texts: Texts
    path: str
    query: str = ""

    def account(self, account_id: str) -> Account:
        """An account this person may see; raises NotFoundError for any other."""
        return self.context.account(account_id)

    @property
    def logged_in(self) -> bool:
        """Whether they came through the log-in, and can leave."""
        return self.principal.by == "session"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts this person may see."""
        return self.context.accounts

    def may(self, role: Role, account_id: str) -> bool:
        """Whether this person has at least ``role`` on an account: what a page offers them.

        Only what is shown goes by it; whether something is done is asked again by ``origin``.
        """
        held = self.principal.role_on(account_id)
        return held is not None and held.covers(role)

    def origin(self, role: Role, account_id: str) -> Origin:
        """This person acting now on an account, for the audit record.

        A page stays open for hours: who they are and what they may do is asked again. Raises
        ConflictError for somebody logged out or with too low a role, NotFoundError for a stranger.
        """
        try:
            principal = self.enter_again().principal
        except RefusalError as error:
            raise ConflictError.of("logged_out") from error
        held = principal.role_on(account_id)
        if held is None:
            raise NotFoundError.of("account_not_yours", account=account_id)
        if not held.covers(role):
            raise ConflictError.of(
                "role_too_low", account=account_id, role=role, role_zh=Texts("zh")(f"people.{role}")
            )
        return Origin(at=self.context.now(), actor=principal.name, source="console")


def visitor_of(context: Context, request: Request) -> Visitor:
    """The person behind a request that the guard has let in, and their part of the database."""
    principal = principal_of(request)
    return Visitor(
        context=replace(context, within=principal.accounts()),
        enter_again=request.state.enter_again,
        principal=principal,
        texts=Texts(wished(request)),
        path=request.url.path,
        query=request.url.query,
    )


def wished(request: Request) -> Language:
    """The language that the browser has chosen, Chinese until it has."""
    chosen = request.cookies.get(COOKIE)
    return language(chosen if chosen in LANGUAGES else None)
