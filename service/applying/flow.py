"""A walk over the approved lines of an account: look after what was left open, then batch by batch.

One process walks an account at a time. The walk ends ``done``, or ``halted`` with what held it up;
either way every line is where the platform was found to be, or approved as before, or marked.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from connectors.errors import AuthorisationError, ConnectorError, QuotaError, RetryableError
from service import audit, logs, stop
from service.applying.batch import carry_out
from service.applying.choosing import Departure, anything_leaves, choose, spending_now
from service.applying.leftovers import resolve
from service.applying.settling import Verdict
from service.applying.work import (
    ApplyContext,
    Halt,
    HaltedError,
    Who,
    Work,
)
from service.approval import State
from service.audit import MACHINE
from service.caps import Spending
from service.errors import ServiceError
from service.outside import note_authorisation
from service.settings.models import Account
from service.store import account_states, applications, lines, runs
from service.store import audit as events
from service.store.applications import OPEN, ApplicationRow
from service.store.lines import LineFilter

log = logging.getLogger(__name__)

LASTING: Final = ("authorisation", "quota", "refused")  # halts that a person or a day has to mend
PATIENCE: Final = timedelta(hours=1)
INTERRUPTED = "the process ended before this walk did; its batches were looked after by the next"


def apply(
    context: ApplyContext, account: Account, who: Who, *, application_id: str | None = None
) -> ApplicationRow:
    """Send the account's approved lines, each once, and write down what is found of them.

    ``application_id`` names one that ``queue`` has made. Raises RunInProgressError while another
    process applies the account. A platform that is busy, refuses, or wants a new authorisation does
    not raise: the row that is returned says ``halted`` and why.
    """
    work = _open(context, account, who, application_id)

    def walk() -> None:
        resolve(work)
        _send_all(work)

    halt, cause = _guarded(work, walk)
    return _close(work, "done" if halt is None else "halted", halt, cause)


def apply_if_due(context: ApplyContext, account: Account) -> ApplicationRow | None:
    """``apply`` on behalf of the schedule; None, and nothing on record, when there is nothing to do.

    That is: nothing approved can leave, a stop is in force, this process is about to end, or the walk
    before came to a halt that another try within the hour would only repeat. Raises as ``apply``.
    """
    if context.asked_to_end():
        return None
    who = Who(actor=MACHINE, source="schedule")
    work = _work(context, account, who, "")
    with work.store.read() as session:
        stopped = stop.in_force(session, context.stop_file, account.id)
        if stopped or _halted_lately(session, work) or not anything_leaves(session, work):
            return None
    return apply(context, account, who)


def _halted_lately(session: Session, work: Work) -> bool:
    newest = applications.page(session, account_id=work.account_id, limit=1)
    if not newest or newest[0].halt not in LASTING:
        return False
    return work.now() - newest[0].created_at < PATIENCE


def resume(context: ApplyContext, account: Account, who: Who) -> str | None:
    """Find out what became of batches left open; sends nothing. Returns what held it up, if anything.

    Raises RunInProgressError while another process applies the account.
    """
    work = _work(context, account, who, "")
    with work.store.begin() as session:
        _take(session, work)
    try:
        _, cause = _guarded(work, lambda: _only_resolve(work))
    finally:
        with work.store.begin() as session:
            account_states.free(session, account.id, context.owner)
    return cause


def has_open_batches(session: Session, account_id: str) -> bool:
    """Whether there is anything for ``resume``."""
    return bool(applications.batches(session, account_id=account_id, states=OPEN))


def queue(session: Session, context: ApplyContext, account: Account, who: Who) -> ApplicationRow:
    """Put an application on record that ``apply`` will carry out under its id."""
    row = _fresh(_work(context, account, who, str(uuid.uuid4())), "queued")
    applications.add(session, row)
    return row


def decline(
    context: ApplyContext, account: Account, who: Who, application_id: str, halt: Halt, cause: str
) -> None:
    """End an application that ``queue`` has made and nobody will carry out; others stay as they are."""
    work = _work(context, account, who, application_id)
    with context.store.begin() as session:
        if applications.end_queued(session, application_id, halt, cause, work.now()):
            _put_end_on_record(session, work, "halted", {}, cause)


def _only_resolve(work: Work) -> None:
    resolve(work)


def _work(context: ApplyContext, account: Account, who: Who, application_id: str) -> Work:
    day = context.clock().astimezone(ZoneInfo(account.timezone)).date()
    return Work(context=context, account=account, application_id=application_id, who=who, day=day)


def _open(context: ApplyContext, account: Account, who: Who, application_id: str | None) -> Work:
    work = _work(context, account, who, application_id or str(uuid.uuid4()))
    with work.store.begin() as session:
        _take(session, work)
        for row in applications.running(session, account.id):
            applications.change(
                session,
                row.application_id,
                state="failed",
                cause=INTERRUPTED,
                finished_at=work.now(),
            )
        if application_id is None:
            applications.add(session, _fresh(work, "running"))
        else:
            applications.change(session, application_id, state="running")
    logs.bind(application_id=work.application_id, account=account.id)
    log.info("the application of %s is begun", account.id, extra={"event": "application_begun"})
    work.reached("opened")
    return work


def _take(session: Session, work: Work) -> None:
    now = work.context.lease_now(session)
    account_states.take(
        session,
        work.account_id,
        work.context.owner,
        now=now,
        until_at=runs.lease_until(now),
        is_gone=work.context.is_gone,
    )


def _fresh(work: Work, state: str) -> ApplicationRow:
    return ApplicationRow(
        application_id=work.application_id,
        account_id=work.account_id,
        business_date=work.day,
        state=state,
        halt=None,
        cause=None,
        actor=work.who.actor,
        source=work.who.source,
        counts={},
        created_at=work.now(),
        finished_at=None,
    )


def _send_all(work: Work) -> None:
    """Cuts first; raises as far as they fit under the caps with the cuts that really took effect."""
    with work.store.begin() as session:
        work.hold(session)
        choice = choose(session, work)
    if not choice.cuts and not choice.raises:
        return
    with work.store.read() as session:
        spending = spending_now(session, work.account, work.day)
    size = work.context.batch_size
    for start in range(0, len(choice.cuts), size):
        _batch(work, spending, choice.cuts[start : start + size])
    raises = list(choice.raises)
    while fitting := _fitting(spending, raises, size):
        leaving = {departure.line.line_id for departure in fitting}
        raises = [departure for departure in raises if departure.line.line_id not in leaving]
        _batch(work, spending, fitting)
    if raises:
        work.waiting["cap"] += len(raises)


def _fitting(spending: Spending, raises: Sequence[Departure], size: int) -> list[Departure]:
    """The next ``size`` raises that fit under every cap, the most valuable first, counted as taken."""
    found: list[Departure] = []
    for departure in raises:
        if len(found) == size:
            break
        if spending.fits(departure.line, departure.bid_fen):
            spending.take(departure.line, departure.bid_fen)
            found.append(departure)
    return found


def _batch(work: Work, spending: Spending, departures: Sequence[Departure]) -> None:
    """Carry out a batch and count what it is found to have changed."""
    of_line = {departure.line.line_id: departure for departure in departures}
    verdicts = {verdict.line.line_id: verdict for verdict in carry_out(work, departures)}
    for line_id, departure in of_line.items():
        bid = _bid_now(departure, verdicts.get(line_id))
        if bid is not None:
            spending.take(departure.line, bid)


def _bid_now(departure: Departure, verdict: Verdict | None) -> int | None:
    """The bid to count the word at; None leaves it as counted (a raise whose outcome is unknown)."""
    if verdict is None or verdict.outcome == "released":
        return departure.before_fen
    if verdict.outcome == "unknown":
        return departure.before_fen if departure.cuts else None
    return departure.before_fen if verdict.found_fen is None else verdict.found_fen


def _guarded(work: Work, walk: Callable[[], None]) -> tuple[Halt | None, str | None]:
    """Carry out ``walk``; returns what brought it to a halt. A fault of the program is raised."""
    halt: Halt | None = None
    cause: str | None = None
    try:
        walk()
    except HaltedError as error:
        halt, cause = error.code, str(error)
    except AuthorisationError as error:
        halt, cause = "authorisation", f"needs re-authorisation: {error}"
    except QuotaError as error:
        halt, cause = "quota", f"the day's calls are used up: {error}"
    except RetryableError as error:
        halt, cause = "busy", f"{error}; apply again in {error.wait_seconds:.0f} seconds"
    except ConnectorError as error:
        halt, cause = "refused", str(error)
    except Exception as error:
        known = isinstance(error, ServiceError)
        if work.application_id:
            with suppress(ServiceError):
                _close(work, "failed", None, str(error) if known else repr(error))
        raise
    with work.store.begin() as session:
        if halt == "authorisation":
            note_authorisation(session, work.account_id, work.origin(), cause=cause)
        elif work.answered:
            note_authorisation(session, work.account_id, work.origin(), cause=None)
    return halt, cause


def _close(work: Work, state: str, halt: Halt | None, cause: str | None) -> ApplicationRow:
    """End the application, give the account back, and say what it came to."""
    with work.store.begin() as session:
        counts = _counts(session, work)
        applications.change(
            session,
            work.application_id,
            state=state,
            halt=halt,
            cause=cause,
            counts=counts,
            finished_at=work.now(),
        )
        account_states.free(session, work.account_id, work.context.owner)
        _put_end_on_record(session, work, state, counts, cause)
        row = applications.get(session, work.application_id)
    log.info(
        "the application of %s is %s",
        row.account_id,
        row.state,
        extra={"event": "application_ended", "fields": _figures(row)},
    )
    work.reached("closed")
    return row


def _figures(row: ApplicationRow) -> dict[str, Any]:
    figures = {"state": row.state, "halt": row.halt, **row.counts}
    return {name: value for name, value in figures.items() if isinstance(value, (str, int))}


def _put_end_on_record(
    session: Session, work: Work, state: str, counts: dict[str, Any], cause: str | None
) -> None:
    ended = audit.application_ended(
        work.origin(),
        account_id=work.account_id,
        application_id=work.application_id,
        state=state,
        counts=counts,
        cause=cause,
    )
    events.append(session, [ended])


def _counts(session: Session, work: Work) -> dict[str, Any]:
    """Lines by outcome, lines that wait by reason, and how many are still approved."""
    found = applications.batches(session, application_id=work.application_id)
    outcomes = applications.outcomes(session, [batch.batch_id for batch in found])
    counts: dict[str, Any] = {}
    for of_batch in outcomes.values():
        for outcome, number in of_batch.items():
            counts[outcome] = counts.get(outcome, 0) + number
    approved = LineFilter(account_id=work.account_id, states=(State.APPROVED,))
    return dict(sorted(counts.items())) | {
        "batches": len(found),
        "expired": work.expired,
        "waiting": dict(sorted(work.waiting.items())),
        "still_approved": lines.totals(session, approved).lines,
    }
