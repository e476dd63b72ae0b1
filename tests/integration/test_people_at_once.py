"""People, or a person and a night, at the same row at the same moment: what counts is what was written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from service import outside, raises, standing
from service.audit import Origin
from service.errors import ConflictError
from service.people import register, signing
from service.people.roles import EVERYWHERE, Role
from service.people.signing import SignedIn, TurnedAway
from service.people.vouching import Vouched
from service.settings.models import Account
from service.store import Store, interventions, people, standing_limits
from service.store.interventions import AlertRow

LI = "email:li@example.cn"


def meanwhile(store: Store, work: Callable[[], Any], first: Callable[[Any], None]) -> Any:
    """What ``work`` comes to, which waits for the transaction of ``first``; its error is returned."""
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as session:
            first(session)
            asked = pool.submit(work)
            until_somebody_waits(store)
            yield_to(session)
        return asked.exception() or asked.result()


def yield_to(session: Any) -> None:
    """What the first transaction still does once the other waits."""
    session.info.get("then", lambda: None)()


def until_somebody_waits(store: Store) -> None:
    """On SQLite a writer cannot even begin beside another."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    waiting = store.dialect == "sqlite"
    while not waiting:
        with store.read() as session:
            waiting = session.execute(query).scalar_one() > 0


@pytest.fixture
def asked(origin: Any) -> Origin:
    return Origin(at=origin.at, actor="zhang", source="cli")


@pytest.fixture
def li(store: Store, asked: Origin) -> None:
    """An owner, and somebody who logs in by the provider."""
    with store.begin() as session:
        register.add(session, asked, "zhang", password_hash="x", roles={EVERYWHERE: Role.OWNER})
        register.add(
            session,
            asked,
            "li",
            password_hash=None,
            roles={"shop": Role.SPECIALIST},
            linked_as=LI,
        )


def vouched(subject: str) -> Vouched:
    return Vouched(issuer="https://login.example.cn", subject=subject, link=LI)


@pytest.mark.usefixtures("li")
def test_a_link_that_is_being_changed_binds_nobody(store: Store, asked: Origin) -> None:
    found = meanwhile(
        store,
        lambda: signing.enter(store, asked, vouched("7"), replaces=None),
        lambda session: register.link(session, asked, "li", "email:li.wei@example.cn"),
    )
    assert isinstance(found, TurnedAway)
    with store.read() as session:
        person = people.find(session, "li")
    assert person is not None
    assert person.linked_subject is None


@pytest.mark.usefixtures("li")
@pytest.mark.parametrize(("other", "comes_to"), [("7", SignedIn), ("8", TurnedAway)])
def test_of_two_identities_with_one_address_the_first_is_bound(
    store: Store, asked: Origin, other: str, comes_to: type
) -> None:
    """The same person twice, in two browsers, enters twice."""
    digest = signing.subject_digest(vouched("7"))
    found = meanwhile(
        store,
        lambda: signing.enter(store, asked, vouched(other), replaces=None),
        lambda session: people.bind(session, "li", linked_as=LI, subject=digest),
    )
    assert isinstance(found, comes_to), found
    with store.read() as session:
        person = people.find(session, "li")
    assert person is not None
    assert person.linked_subject == digest


def account_with(daily: int) -> Account:
    return Account.model_validate(
        {
            "id": "shop",
            "connector": {"kind": "sandbox"},
            "budgets": {"daily": Decimal(daily)},
            "economics": [{"margin_rate": 0.4}],
            "objective": "profit",
        }
    )


def raised_to(store: Store, asked: Origin, daily: int) -> AlertRow:
    """A night under 100 a day, then one that finds a raise in the YAML."""
    for wanted in (100, daily):
        with store.begin() as session:
            standing.note(session, account_with(wanted), asked)
    with store.read() as session:
        (alert,) = interventions.alerts(session, kind=standing.LIMITS_RAISED, open_only=True)
    return alert


@pytest.mark.usefixtures("li")
def test_a_raise_that_a_night_is_just_replacing_is_not_accepted(
    store: Store, asked: Origin
) -> None:
    alert = raised_to(store, asked, 200)

    def acknowledge() -> None:
        with store.begin() as session:
            outside.acknowledge(session, alert.alert_id, asked, "double eleven")

    def a_night_begins(session: Any) -> None:
        standing_limits.get(session, "shop", for_update=True)
        session.info["then"] = lambda: standing.note(session, account_with(9000), asked)

    refused = meanwhile(store, acknowledge, a_night_begins)
    assert isinstance(refused, ConflictError), refused
    with store.read() as session:
        assert standing_limits.get(session, "shop") == raises.limits_of(account_with(100))
