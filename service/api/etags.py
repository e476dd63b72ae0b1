"""What a person saw, as an entity tag, and the refusal that names what is different now.

A line's tag is its version and the hash of what was shown of it (``approval.shown_hash``). The tag
of a filtered list is the hash of every line in it, not only of the page, behind the id of the newest
audit event of the proposal: the hash decides, the event id only helps to name what changed since.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Header
from sqlalchemy.orm import Session

from service.api.problems import RefusalError
from service.api.schemas.problems import ChangedField, LineChange
from service.approval import shown_hash
from service.decisions import Guard
from service.store import audit, lines
from service.store.audit import AuditFilter
from service.store.lines import LineFilter
from service.store.rows import AuditRow, LineRow, ProposalRow

_LINE_TAG = re.compile(r"(\d{1,9})-([0-9a-f]{64})")
_SET_TAG = re.compile(r"(\d{1,18})-([0-9a-f]{64})")
_MOST_NAMED = 20
_MOST_EVENTS = 10_000  # looked through to name what changed

IfMatch = Annotated[
    str | None,
    Header(
        max_length=500,
        description="The ETag of what was shown; 428 without it, 412 if it is no longer true.",
        examples=['"1-' + "9f" * 32 + '"'],
    ),
]


def line_tag(line: LineRow) -> str:
    """The tag of one line, without quotes."""
    shown = shown_hash(
        line_id=line.line_id,
        version=line.version,
        state=line.state,
        bid_before_fen=line.bid_before_fen,
        bid_fen=line.bid_fen,
        expected=line.expected,
    )
    return f"{line.version}-{shown}"


def set_tag(session: Session, proposal_id: str, wanted: LineFilter) -> str:
    """The tag of a filtered list of one proposal's lines."""
    return f"{newest_event(session, proposal_id)}-{lines.shown_hash(session, wanted)}"


def proposal_tag(session: Session, proposal: ProposalRow) -> str:
    """The tag of a proposal: its own state and every line's."""
    everything = lines.shown_hash(session, LineFilter(proposal_id=proposal.proposal_id))
    own = f"{proposal.state}\n{proposal.content_hash}\n{everything}"
    digest = hashlib.sha256(own.encode()).hexdigest()
    return f"{newest_event(session, proposal.proposal_id)}-{digest}"


def quoted(tag: str) -> str:
    """A tag as the ETag header has it."""
    return f'"{tag}"'


def required(if_match: str | None) -> str:
    """The one strong tag of an If-Match header, without quotes.

    Raises RefusalError (428) without one: ``*``, weak tags and lists do not say what was shown.
    """
    tag = (if_match or "").strip()
    if not tag:
        raise RefusalError("precondition-required")
    if tag == "*" or tag.startswith("W/") or "," in tag:
        raise RefusalError(
            "precondition-required",
            "If-Match must be the one ETag of what was shown; *, weak tags and lists of tags do "
            "not say what you have seen.",
            zh="If-Match 须为所见内容的那一个 ETag，不能用 *、弱标识或多个标识。",
        )
    return tag.strip('"')


def lines_guard(session: Session, shown: Mapping[int, str]) -> Guard:
    """A guard for ``decisions``: every line must still have the tag it was shown with."""

    def guard(found: Sequence[LineRow]) -> None:
        changed = [line for line in found if shown.get(line.line_id) != line_tag(line)]
        if changed:
            named = [_named(session, line, shown[line.line_id]) for line in changed[:_MOST_NAMED]]
            raise _changed(len(changed), named, single=len(shown) == 1)

    return guard


def set_guard(session: Session, proposal_id: str, tag: str) -> Guard:
    """A guard for ``decisions``: the filtered set must still be the one whose tag was shown."""

    def guard(found: Sequence[LineRow]) -> None:
        made_for = _SET_TAG.fullmatch(tag)
        now = lines.hash_of(found)
        if made_for and made_for[2] == now:
            return
        since = int(made_for[1]) if made_for else None
        changes = _changed_since(session, proposal_id, since)
        current = f"{newest_event(session, proposal_id)}-{now}"
        raise _changed(len(changes), changes[:_MOST_NAMED], tag=current)

    return guard


def check_proposal(session: Session, proposal: ProposalRow, tag: str) -> None:
    """Refuse a decision on a proposal that is not as it was shown."""
    current = proposal_tag(session, proposal)
    shown, now = _SET_TAG.fullmatch(tag), _SET_TAG.fullmatch(current)
    if shown and now and shown[2] == now[2]:
        return
    since = int(shown[1]) if shown else None
    changes = _changed_since(session, proposal.proposal_id, since)
    raise _changed(len(changes), changes[:_MOST_NAMED], tag=current)


def _changed(
    count: int, named: Sequence[LineChange], *, single: bool = False, tag: str | None = None
) -> RefusalError:
    tag = named[0].etag if single else tag
    extra: dict[str, Any] = {
        "changed": count,
        "changes": [change.model_dump(mode="json") for change in named],
        "etag": tag,
    }
    examples = "; ".join(_sentence(change) for change in named[:3]) or "the filter or the tag"
    return RefusalError(
        "changed-since-shown",
        f"Not what was shown any more: {examples}. Nothing was changed; read it again and decide "
        "on what it says now.",
        zh=f"展示之后有 {count} 条明细变化，本次没有改动任何内容。请重新查看后再决定。",
        headers={"etag": quoted(tag)} if tag else {},
        extra=extra,
    )


def _sentence(change: LineChange) -> str:
    what = ", ".join(f"{one.field} {one.shown} → {one.now}" for one in change.what)
    by = f" by {change.by}" if change.by else ""
    return f"line {change.line_id} ({change.word}): {what}{by}"


def newest_event(session: Session, proposal_id: str) -> int:
    """The id of the proposal's newest audit event, 0 without any."""
    newest = audit.page(session, AuditFilter(proposal_id=proposal_id), limit=1)
    return newest[0].event_id if newest else 0


def _named(session: Session, line: LineRow, shown: str) -> LineChange:
    """One line's change, from the audit events after the version that was shown."""
    made_for = _LINE_TAG.fullmatch(shown)
    behind = max(line.version - int(made_for[1]), 0) if made_for else 0
    events = audit.page(session, AuditFilter(line_id=line.line_id), limit=behind) if behind else []
    return _change_of(line, events)


def _changed_since(session: Session, proposal_id: str, since: int | None) -> list[LineChange]:
    """The lines of the proposal that its newest audit events after ``since`` are about, by id."""
    if since is None:
        return []
    by_line: dict[int, list[AuditRow]] = {}
    for event in audit.page(session, AuditFilter(proposal_id=proposal_id), limit=_MOST_EVENTS):
        if event.event_id > since and event.line_id is not None:
            by_line.setdefault(event.line_id, []).append(event)
    found = lines.select_lines(session, LineFilter(line_ids=tuple(by_line))) if by_line else []
    return [_change_of(line, by_line[line.line_id]) for line in found]


def _change_of(line: LineRow, events: Sequence[AuditRow]) -> LineChange:
    """``events`` newest first: what the oldest says was ``before`` is what had been shown."""
    shown: dict[str, Any] = {}
    for event in reversed(events):
        for name, value in (event.before or {}).items():
            shown.setdefault(name, value)
    now = {"state": line.state, "bid_fen": line.bid_fen}
    what = tuple(
        ChangedField(field=name, shown=value, now=now[name])
        for name, value in shown.items()
        if name in now and now[name] != value
    )
    then = line.version - len(events) if events else None
    unseen = ChangedField(field="version", shown=then, now=line.version)
    return LineChange(
        line_id=line.line_id,
        keyword_id=line.keyword_id,
        word=line.word,
        what=what or (unseen,),
        by=events[0].actor if events else None,
        at=events[0].at if events else None,
        etag=line_tag(line),
    )
