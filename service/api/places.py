"""What a request is about, as ids in its path, its query or its body, and whose account that is.

Each function is a dependency that finds a ``Place``; ``needs`` compares it with what the one who asks
may do there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query, Request

from service.api.context import Context
from service.api.schemas.interventions import ReleaseDemand, ResumeDemand, StopDemand
from service.api.schemas.runs import RunDemand
from service.people.roles import EVERYWHERE
from service.store.belonging import Noun, account_of

AccountIdInPath = Annotated[
    str, InPath(max_length=64, description="The account's id.", examples=["shop-1"])
]
RunIdInPath = Annotated[
    str, InPath(max_length=36, description="The run's id.", examples=["0198f2a4-6b1c-7cc0"])
]
ProposalIdInPath = Annotated[
    str, InPath(max_length=36, description="The proposal's id.", examples=["0198f2a5-0e77-7d31"])
]
LineIdInPath = Annotated[
    int, InPath(ge=1, le=2**63 - 1, description="The line's id.", examples=[1042])
]
ApplicationIdInPath = Annotated[
    str, InPath(max_length=36, description="The application's id.", examples=["0198f2a6-11aa"])
]
BatchIdInPath = Annotated[
    str, InPath(max_length=36, description="The batch's id.", examples=["0198f2a6-2b7c"])
]
UndoneInPath = Annotated[
    str,
    InPath(
        max_length=36,
        description="The id of an application, or of one of its batches.",
        examples=["0198f2a6-11aa"],
    ),
]
AlertIdInPath = Annotated[
    int, InPath(ge=1, le=2**63 - 1, description="The alert's id.", examples=[7])
]
ByAccount = Annotated[
    str | None, Query(max_length=64, description="Of this account only.", examples=["shop-1"])
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request acts: an account, everything (``*``), or None for a thing that is not there.

    ``what`` names it in a refusal. ``anywhere`` is a list over whatever the one who asks may see.
    """

    account_id: str | None
    what: str = ""
    anywhere: bool = False


ANYWHERE = Place(account_id=None, anywhere=True)
EVERYTHING = Place(account_id=EVERYWHERE, what="right to all accounts")


async def anywhere() -> Place:
    """All that may be seen: what is shown is narrowed to it by the store."""
    return ANYWHERE


async def everything() -> Place:
    """All accounts at once."""
    return EVERYTHING


async def listed(request: Request) -> Place:
    """The account that a list is asked for, or all that may be seen."""
    wanted = request.query_params.getlist("account_id")
    return _account(wanted[-1]) if wanted else ANYWHERE


async def of_account(account_id: AccountIdInPath) -> Place:
    """The account in the path."""
    return _account(account_id)


def of_run(run_id: RunIdInPath, request: Request) -> Place:
    """The account of a run."""
    return _of_row(request, "run", run_id)


def of_proposal(proposal_id: ProposalIdInPath, request: Request) -> Place:
    """The account of a proposal."""
    return _of_row(request, "proposal", proposal_id)


def of_line(line_id: LineIdInPath, request: Request) -> Place:
    """The account of a line."""
    return _of_row(request, "line", line_id)


def of_application(application_id: ApplicationIdInPath, request: Request) -> Place:
    """The account of an application."""
    return _of_row(request, "application", application_id)


def of_batch(batch_id: BatchIdInPath, request: Request) -> Place:
    """The account of a batch."""
    return _of_row(request, "batch", batch_id)


def of_undone(undone: UndoneInPath, request: Request) -> Place:
    """The account of an application, or of one of its batches."""
    return _of_row(request, "application", undone, "batch")


def of_alert(alert_id: AlertIdInPath, request: Request) -> Place:
    """The account of an alert."""
    return _of_row(request, "alert", alert_id)


async def of_night(demand: RunDemand) -> Place:
    """The account whose night is to start."""
    return _account(demand.account_id)


async def of_stop(demand: StopDemand) -> Place:
    """The account that is to stop, or everything."""
    return EVERYTHING if demand.account_id is None else _account(demand.account_id)


async def of_resume(demand: ResumeDemand) -> Place:
    """The account that is to go on, or everything."""
    return EVERYTHING if demand.account_id is None else _account(demand.account_id)


async def of_release(demand: ReleaseDemand) -> Place:
    """The account of a word that is given back."""
    return _account(demand.account_id)


def _account(account_id: str) -> Place:
    return Place(account_id=account_id, what=f"account {account_id}")


def _of_row(request: Request, noun: Noun, key: str | int, *others: Noun) -> Place:
    unscoped: Context = request.app.state.context
    with unscoped.store.read() as session:
        found = [account_of(session, each, key) for each in (noun, *others)]
    account_id = next((each for each in found if each is not None), None)
    return Place(account_id=account_id, what=f"{' or '.join((noun, *others))} {key}")
