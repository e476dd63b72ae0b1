"""Who looks at a page, in which language, and under whose name they act."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from service.api.context import Context
from service.audit import Origin
from service.console.texts import LANGUAGES, Language, Texts, language
from service.recall import Recall
from service.settings.models import Account

COOKIE = "kaiche-language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One person at one page."""

    context: Context
    recall: Recall
    actor: str
    texts: Texts
    path: str
    query: str = ""

    def account(self, account_id: str) -> Account:
        """An account this person may see; raises NotFoundError for any other."""
        return self.context.account(account_id)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts this person may see."""
        return self.context.settings.accounts

    def origin(self) -> Origin:
        """This person acting now, for the audit record."""
        return Origin(at=self.context.now(), actor=self.actor, source="console")


def visitor_of(context: Context, request: Request) -> Visitor:
    """The person behind a request that the guard has let in."""
    return Visitor(
        context=context,
        recall=context.recall,
        actor=request.state.actor,
        texts=Texts(_wished(request)),
        path=request.url.path,
        query=request.url.query,
    )


def _wished(request: Request) -> Language:
    chosen = request.cookies.get(COOKIE)
    return language(chosen if chosen in LANGUAGES else None)
