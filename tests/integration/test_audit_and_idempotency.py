"""Audit events in order and by filter; first answers kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.audit import Origin, bid_changed_elsewhere
from service.errors import ConflictError
from service.store import Store, audit, idempotency
from service.store.audit import AuditFilter

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def test_events_newest_first_by_any_filter(store: Store) -> None:
    with store.begin() as session:
        for n in range(5):
            at = NOW + timedelta(hours=n)
            event = bid_changed_elsewhere(
                Origin(at=at, actor="kaiche" if n % 2 else "li", source="pull"),
                account_id="shop" if n < 4 else "other",
                keyword_id=f"k{n}",
                bid_before_fen=50,
                bid_fen=60 + n,
            )
            assert audit.append(session, [event]) == 1

    def keywords(wanted: AuditFilter, **how: int) -> list[str | None]:
        with store.read() as session:
            return [event.keyword_id for event in audit.page(session, wanted, **how)]

    everything = AuditFilter()
    assert keywords(everything) == ["k4", "k3", "k2", "k1", "k0"]
    with store.read() as session:
        first = audit.page(session, everything, limit=2)
    assert (first[0].before, first[0].after) == ({"bid_fen": 50}, {"bid_fen": 64})
    assert first[0].at == NOW + timedelta(hours=4)
    assert keywords(everything, before=first[-1].event_id) == ["k2", "k1", "k0"]
    assert keywords(AuditFilter(account_id="shop", actor="li")) == ["k2", "k0"]
    assert keywords(AuditFilter(keyword_id="k3", action="bid_changed_elsewhere")) == ["k3"]
    hours = AuditFilter(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3))
    assert keywords(hours) == ["k2", "k1"]


def test_the_first_answer_is_kept_and_another_request_refused(store: Store) -> None:
    with store.begin() as session:
        assert idempotency.get(session, "key", "h1") is None
        assert idempotency.put(session, "key", "h1", now=NOW)
        idempotency.answer(session, "key", status=200, body={"changed": [1, 2]})
    with store.begin() as session:
        assert not idempotency.put(session, "key", "h1", now=NOW)
        first = idempotency.get(session, "key", "h1")
        assert first is not None
        assert (first.status, first.body) == (200, {"changed": [1, 2]})
        with pytest.raises(ConflictError, match="different request"):
            idempotency.get(session, "key", "h2")
        assert idempotency.forget(session, NOW) == 0
        assert idempotency.forget(session, NOW + timedelta(seconds=1)) == 1
        assert idempotency.get(session, "key", "h2") is None


def test_a_request_that_failed_leaves_its_key_free(store: Store) -> None:
    def claim_and_fail() -> None:
        with store.begin() as session:
            idempotency.put(session, "key", "h1", now=NOW)
            raise ConflictError("no")

    with pytest.raises(ConflictError):
        claim_and_fail()
    with store.read() as session:
        assert idempotency.get(session, "key", "h1") is None
