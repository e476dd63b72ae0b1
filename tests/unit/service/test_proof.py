"""What was done to the record of what was done: altered, deleted, moved, inserted, cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from service.proof import MOST, Proof, examine
from service.store.chain import GENESIS, Head, hash_of
from service.store.rows import ChainedRow

AT = datetime(2026, 3, 2, 0, 30, 0, 5, tzinfo=UTC)


def chain(ids: Sequence[int]) -> list[ChainedRow]:
    """Whole events with these numbers, each after the one before."""
    events: list[ChainedRow] = []
    for event_id in ids:
        before = events[-1].hash if events else GENESIS
        bare = ChainedRow(
            event_id=event_id,
            at=AT + timedelta(minutes=event_id),
            actor="小王",
            source="rest",
            action="approve",
            after={"state": "approved", "bid_fen": 100 + event_id},
            prev_hash=before,
            hash="",
        )
        events.append(sealed(bare))
    return events


def sealed(event: ChainedRow) -> ChainedRow:
    content = {name: getattr(event, name) for name in event.__dataclass_fields__}
    return replace(event, hash=hash_of(content, event.prev_hash))


def proof(events: Sequence[ChainedRow], head: Head | None = None, **more: Any) -> Proof:
    ordered = sorted(events, key=lambda event: event.event_id)
    by_hash = {event.hash: event.event_id for event in events}
    return examine(ordered, head or Head(8, WHOLE[-1].hash), bearer=by_hash.get, **more)


def found(events: Sequence[ChainedRow], head: Head | None = None, **more: Any) -> list[Any]:
    return [(one.kind, one.event_id) for one in proof(events, head, **more).findings]


WHOLE = chain(range(1, 9))


def test_a_record_that_nobody_touched_is_whole() -> None:
    told = proof(WHOLE, anchors=[Head(3, WHOLE[2].hash)])
    assert (told.whole, told.events, told.head) == (True, 8, Head(8, WHOLE[-1].hash))
    assert examine([], None, bearer={}.get).whole
    gaps = chain([1, 2, 5, 9])
    assert proof(gaps, Head(9, gaps[-1].hash)).whole


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "小李"},
        {"reason": "so it was"},
        {"after": {"state": "approved", "bid_fen": 99}},
        {"at": AT},
        {"hash": "f" * 64},
        {"prev_hash": "e" * 64},
        {"line_id": 7},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("place", [1, 4, 8])
def test_an_altered_event_is_named_and_no_other(place: int, change: dict[str, Any]) -> None:
    events = list(WHOLE)
    events[place - 1] = replace(events[place - 1], **change)
    assert found(events) == [("altered", place)]


@pytest.mark.parametrize(
    ("gone", "named"),
    [([1], 1), ([4], 4), ([4, 5, 6], 4), ([8], 8), ([6, 7, 8], 6), ([*range(1, 9)], 1)],
)
def test_deleted_events_are_missed_at_the_end_too(gone: list[int], named: int) -> None:
    assert found([event for event in WHOLE if event.event_id not in gone]) == [("missing", named)]


def test_a_gap_says_from_where_to_where() -> None:
    (one,) = proof([event for event in WHOLE if event.event_id not in (4, 5)]).findings
    assert one.en == "events between 4 and 5 are missing"
    assert one.zh


def test_two_events_that_changed_places_are_told_apart_from_altered_ones() -> None:
    events = list(WHOLE)
    events[2], events[5] = replace(events[5], event_id=3), replace(events[2], event_id=6)
    assert found(events) == [("reordered", 3), ("reordered", 6)]
    assert "was event 6" in proof(events).findings[0].en


def test_an_event_moved_to_the_end_is_found_there() -> None:
    events = [*WHOLE[:3], *WHOLE[4:], replace(WHOLE[3], event_id=9)]
    assert found(events, Head(9, WHOLE[3].hash)) == [("reordered", 9)]


def test_an_inserted_event_is_named_though_its_own_hash_is_right() -> None:
    gaps = chain([1, 2, 4, 5])
    forged = sealed(replace(gaps[1], event_id=3, actor="nobody", prev_hash=gaps[1].hash))
    assert found([*gaps, forged], Head(5, gaps[-1].hash)) == [("inserted", 3)]
    loose = sealed(replace(forged, prev_hash="d" * 64))
    assert found([*gaps, loose], Head(5, gaps[-1].hash)) == [("inserted", 3)]
    after = sealed(replace(gaps[-1], event_id=6, prev_hash=gaps[-1].hash))
    assert found([*gaps, after], Head(5, gaps[-1].hash)) == [("inserted", 6)]


def test_an_event_that_was_rewritten_with_a_right_hash_breaks_the_next() -> None:
    events = list(WHOLE)
    events[4] = sealed(replace(events[4], actor="小李"))
    assert found(events) == [("rewritten", 5)]
    events = list(WHOLE)
    events[7] = sealed(replace(events[7], actor="小李"))
    assert found(events) == [("rewritten", 8)]
    first = [sealed(replace(WHOLE[0], actor="小李")), *WHOLE[1:]]
    assert found(first) == [("rewritten", 1)]


def test_events_put_in_another_order_with_right_hashes() -> None:
    """2 now follows 3 and says so: each is whole, neither follows its neighbour."""
    second = sealed(replace(WHOLE[1], prev_hash=WHOLE[2].hash))
    assert ("reordered", 2) in found([WHOLE[0], second, *WHOLE[2:]])


def test_a_chain_rewritten_as_a_whole_is_seen_against_a_head_noted_elsewhere() -> None:
    forged: list[ChainedRow] = []
    for event in WHOLE:
        before = forged[-1].hash if forged else GENESIS
        forged.append(sealed(replace(event, actor="小李", prev_hash=before)))
    head = Head(8, forged[-1].hash)
    assert proof(forged, head).whole
    assert found(forged, head, anchors=[Head(6, WHOLE[5].hash)]) == [("rewritten", 6)]
    assert found(forged[:5], Head(5, forged[4].hash), anchors=[Head(6, "a" * 64)]) == [
        ("missing", 6)
    ]
    altered = [replace(event, actor="小张") if event.event_id == 6 else event for event in WHOLE]
    noted = [Head(6, "a" * 64)]
    assert found(altered, anchors=noted) == [("altered", 6)]


def test_a_lost_head_and_lost_guards_are_findings() -> None:
    assert [one.kind for one in examine(WHOLE, None, bearer={}.get).findings] == ["head"]
    assert found(WHOLE, unguarded=["audit_event_keeps"]) == [("unguarded", None)]


def test_a_record_in_ruins_is_told_shortly() -> None:
    many = chain(range(1, 2 * MOST))
    broken = [replace(event, actor="x") for event in many]
    assert len(proof(broken, Head(many[-1].event_id, many[-1].hash)).findings) == MOST


def test_the_hash_is_what_the_documentation_says() -> None:
    """Written out once by hand, from an instant told in Shanghai."""
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))
    event = {
        "event_id": 7,
        "at": shanghai,
        "account_id": None,
        "run_id": None,
        "proposal_id": None,
        "line_id": None,
        "keyword_id": "9",
        "actor": "王",
        "source": "cli",
        "action": "edit",
        "before": {"bid_fen": 50, "a": 1.5},
        "after": None,
        "reason": None,
        "request_id": None,
    }
    text = (
        '{"account_id":null,"action":"edit","actor":"\\u738b","after":null,'
        '"at":"2026-03-02T00:30:00.000005+00:00","before":{"a":1.5,"bid_fen":50},"event_id":7,'
        '"keyword_id":"9","line_id":null,"proposal_id":null,"reason":null,"request_id":null,'
        '"run_id":null,"source":"cli"}'
    )
    assert hash_of(event, GENESIS) == sha256(("0" * 64 + "\n" + text).encode()).hexdigest()
