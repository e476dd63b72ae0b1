"""Proof of the audit record: which events were altered, are missing, or stand in another place.

Pure: goes through the events once, in the order of their numbers, and asks for the event that bears
a hash only where the chain is broken. Who can write to the database past its triggers can also
rewrite the whole chain; that is seen only against a head noted down elsewhere (``Anchor``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from service.store.chain import GENESIS, Head, hash_of
from service.store.rows import ChainedRow

Kind = Literal["altered", "missing", "reordered", "inserted", "rewritten", "head", "unguarded"]
MOST = 200  # findings, beyond which the record is broken as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. ``event_id`` is the event concerned, the first one of several."""

    kind: Kind
    event_id: int | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was looked through: how many events, the end of the chain, and what is wrong."""

    events: int
    head: Head
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass(slots=True)
class _Walk:
    """Through the events in order; what the end of it makes findings of."""

    anchors: dict[int, str]
    events: int = 0
    last: Head = field(default_factory=lambda: Head(0, GENESIS))
    altered: dict[int, ChainedRow] = field(default_factory=dict)
    loose: list[tuple[Head, ChainedRow]] = field(default_factory=list)
    rewritten: list[int] = field(default_factory=list)

    def take(self, row: ChainedRow) -> None:
        self.events += 1
        if len(self.altered) + len(self.loose) < MOST:
            if not _is_whole(row, row.event_id):
                self.altered[row.event_id] = row
            elif row.prev_hash != self.last.hash and self.last.event_id not in self.altered:
                self.loose.append((self.last, row))
        noted = self.anchors.pop(row.event_id, row.hash)
        if noted != row.hash:
            self.rewritten.append(row.event_id)
        self.last = Head(row.event_id, row.hash)


def examine(
    events: Iterable[ChainedRow],
    head: Head | None,
    *,
    bearer: Callable[[str], int | None],
    anchors: Sequence[Head] = (),
    unguarded: Sequence[str] = (),
) -> Proof:
    """Hold the events, oldest first, against each other and against ``head``.

    ``bearer`` names the event that bears a hash; ``anchors`` are heads noted down elsewhere;
    ``unguarded`` names triggers that are not there.
    """
    walk = _Walk(anchors={anchor.event_id: anchor.hash for anchor in anchors})
    for row in events:
        walk.take(row)
    findings = [
        *_of_altered(walk),
        *_of_loose(walk, bearer),
        *_of_the_end(walk, head),
        *_of_anchors(walk),
        *map(_unguarded, unguarded),
    ]
    return Proof(events=walk.events, head=walk.last, findings=tuple(_once(findings)))


def _is_whole(row: ChainedRow, event_id: int) -> bool:
    """Whether the row's hash is that of its content, were its number ``event_id``."""
    return hash_of(asdict(row) | {"event_id": event_id}, row.prev_hash) == row.hash


def _of_altered(walk: _Walk) -> list[Finding]:
    places = {*walk.altered, *(before.event_id + 1 for before, _ in walk.loose)}
    found = []
    for event_id, row in walk.altered.items():
        own = next((place for place in sorted(places) if _is_whole(row, place)), None)
        if own is None:
            found.append(_finding("altered", event_id, "内容被改动", "was altered"))
        else:
            found.append(
                _finding(
                    "reordered",
                    event_id,
                    f"本是第 {own} 条, 被挪动",
                    f"was event {own} and was moved",
                )
            )
    return found


def _of_loose(walk: _Walk, bearer: Callable[[str], int | None]) -> list[Finding]:
    """Whole events that do not follow their neighbour.

    One that follows an event further back says that what stands between was inserted.
    """
    follows = {
        row.event_id: 0 if row.prev_hash == GENESIS else bearer(row.prev_hash)
        for _, row in walk.loose
    }
    inserted: dict[int, Finding] = {}
    for before, row in walk.loose:
        own = follows[row.event_id]
        for place in range(before.event_id if own is None else own, before.event_id):
            inserted[place + 1] = _finding("inserted", place + 1, "是插入的", "was inserted")
    told = [
        _of_loose_one(before, row.event_id, follows[row.event_id])
        for before, row in walk.loose
        if row.event_id not in inserted and (follows[row.event_id] or 0) not in walk.altered
    ]
    return [*inserted.values(), *(one for one in told if one is not None)]


def _of_loose_one(before: Head, event_id: int, follows: int | None) -> Finding | None:
    if follows is None and before.event_id + 1 < event_id:
        return _gap(before.event_id + 1, event_id - 1)
    if follows is None:
        en = f"was rewritten: event {event_id} follows another"
        return _finding("rewritten", before.event_id, f"被重写: 第 {event_id} 条接的不是它", en)
    if follows > before.event_id:
        en = f"belongs after event {follows}"
        return _finding("reordered", event_id, f"应接在第 {follows} 条之后", en)
    return None  # what stands between was inserted


def _of_the_end(walk: _Walk, head: Head | None) -> list[Finding]:
    last = walk.last
    if head is None:
        if not walk.events:
            return []
        return [_finding("head", None, "链头丢失", "the head of the chain is missing")]
    if head.event_id > last.event_id:
        return [_gap(last.event_id + 1, head.event_id)]
    if head.event_id < last.event_id:
        first = head.event_id + 1
        return [_finding("inserted", first, "是插入的 (超出链头)", "was inserted, past the head")]
    if head.hash != last.hash and last.event_id not in walk.altered:
        return [_finding("rewritten", last.event_id, "与链头不符", "is not the one the head names")]
    return []


def _of_anchors(walk: _Walk) -> list[Finding]:
    changed = [
        _finding("rewritten", place, "与另存的链头不符", "is not the one that was noted down")
        for place in walk.rewritten
        if place not in walk.altered
    ]
    return changed + [
        _finding("missing", place, "另存过链头, 现已缺失", "was noted down and is missing")
        for place in walk.anchors
    ]


def _gap(first: int, last: int) -> Finding:
    if first == last:
        return _finding("missing", first, "缺失", "is missing")
    return Finding(
        kind="missing",
        event_id=first,
        zh=f"第 {first} 至 {last} 条之间有记录缺失",
        en=f"events between {first} and {last} are missing",
    )


def _unguarded(name: str) -> Finding:
    return Finding(
        kind="unguarded",
        event_id=None,
        zh=f"数据库触发器 {name} 不在或被停用",
        en=f"the database's trigger {name} is not there or switched off",
    )


def _finding(kind: Kind, event_id: int | None, zh: str, en: str) -> Finding:
    if event_id is None:
        return Finding(kind=kind, event_id=None, zh=zh, en=en)
    return Finding(
        kind=kind, event_id=event_id, zh=f"第 {event_id} 条{zh}", en=f"event {event_id} {en}"
    )


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """In the order of the events; two ways to the same finding are one."""
    return sorted(
        dict.fromkeys(findings), key=lambda one: (one.event_id is None, one.event_id or 0)
    )
