"""One look at an account: what there is to tell is written down, then what waits leaves.

Writing down and leaving are apart: whatever crashes, a message stands there once and leaves once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from connectors.robots import Delivery, Message
from service import books
from service.errors import ConflictError
from service.notify import digest, timing
from service.notify.alerts import PREFIX, Watched, alerts
from service.notify.words import Words
from service.reading.morning import morning_of
from service.reading.needs import needs
from service.settings.models import Account, Settings
from service.store import Store, messages, proposals, runs
from service.store.messages import DIGEST, MessageRow, NewMessage

ENDED = ("succeeded", "failed")
log = logging.getLogger(__name__)


class Sender(Protocol):
    """Sends one message over a channel, once."""

    def send(self, name: str, message: Message, identity: str) -> Delivery:
        """One attempt; ``identity`` is the same for the same message."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TellContext:
    """What telling stands on."""

    store: Store
    settings: Settings
    sender: Sender
    clock: Callable[[], datetime]
    stop_file: Path

    @property
    def words(self) -> Words:
        """In the configured language."""
        return Words(self.settings.notify.language)

    def local(self, account: Account) -> datetime:
        """Now, in the account's time zone."""
        return self.clock().astimezone(ZoneInfo(account.timezone))


def look(context: TellContext, account: Account) -> None:
    """Write down what is due, then send what waits. Raises StoreError, ConfigError."""
    if not account.notify.channels:
        return
    now = context.clock()
    with context.store.begin() as session:
        messages.abandoned(session, account.id, before=now - timing.LONGEST_SENDING, now=now)
        messages.give_up(session, account.id, before=now - timing.ALERTS_LIVE, now=now)
        _intend(context, session, account)
    deliver(context, account)


def intend_digest(context: TellContext, session: Session, account: Account) -> int:
    """Write down today's digest for every channel that has none; returns how many had none."""
    day, now = context.local(account).date(), context.clock()
    told = messages.channels_told(session, account.id, day, DIGEST)
    missing = [channel for channel in account.notify.channels if channel not in told]
    if not missing:
        return 0
    message = preview(context, session, account)
    text = "\n".join((message.title, *message.lines))
    for channel in missing:
        row = NewMessage(account_id=account.id, day=day, channel=channel, kind=DIGEST, text=text)
        messages.intend(session, row, now)
    return len(missing)


def preview(context: TellContext, session: Session, account: Account) -> Message:
    """The digest as it would leave now."""
    day = context.local(account).date()
    morning = morning_of(session, account.id, day, context.stop_file)
    return Message(
        title=digest.title(context.words, account.name or account.id, morning),
        lines=digest.lines(context.words, morning),
        link=_link(context, account),
    )


def trial_message(context: TellContext, account: Account) -> Message:
    """A message that only shows that a channel works."""
    words = context.words
    return Message(
        title=words("test_title", name=account.name or account.id),
        lines=(words("test"),),
        link=_link(context, account),
    )


def deliver(context: TellContext, account: Account) -> None:
    """Send what waits, channel by channel, within what each of them takes a minute."""
    with context.store.read() as session:
        found = messages.waiting(session, account.id, context.clock())
    for channel in dict.fromkeys(one.channel for one in found):
        mine = [one for one in found if one.channel == channel]
        for one in (one for one in mine if one.kind == DIGEST):
            title, *lines = one.text.split("\n")
            _leave(context, account, [one], title, lines)
        gathered = [one for one in mine if one.kind != DIGEST]
        if gathered and _may_alert(context, account, channel):
            words = context.words
            lines = [words("item", said=one.text) for one in gathered]
            title = words("alert_title", name=account.name or account.id)
            _leave(context, account, gathered, title, lines)


def _intend(context: TellContext, session: Session, account: Account) -> None:
    local = context.local(account)
    night = runs.find(session, account.id, local.date())
    ended = night is not None and night.state in ENDED
    if timing.is_due(account.notify, local, night_ended=ended):
        intend_digest(context, session, account)
    if account.notify.alerts:
        _intend_alerts(context, session, account)


def _intend_alerts(context: TellContext, session: Session, account: Account) -> None:
    found = alerts(context.words, _watched(context, session, account))
    day, now = context.local(account).date(), context.clock()
    for channel in account.notify.channels if found else ():
        known = messages.known_kinds(session, account.id, channel)
        for one in found:
            if one.kind not in known:
                row = NewMessage(
                    account_id=account.id, day=day, channel=channel, kind=one.kind, text=one.said
                )
                messages.intend(session, row, now)


def _watched(context: TellContext, session: Session, account: Account) -> Watched:
    day, allowance = context.local(account).date(), account.allowance
    newest = proposals.page(session, account_id=account.id, kind="night", limit=1)
    return Watched(
        day=day,
        needs=needs(session, account.id, day, context.stop_file),
        proposal=newest[0] if newest else None,
        ledger=books.open_at(session, account.id),
        confidence=allowance.confidence if allowance else None,
        amount_fen=round(allowance.amount * 100) if allowance else None,
    )


def _may_alert(context: TellContext, account: Account, channel: str) -> bool:
    since = context.clock() - timing.ALERTS_APART
    with context.store.read() as session:
        return not messages.left_since(session, channel, since, account_id=account.id, kind=PREFIX)


def _leave(
    context: TellContext,
    account: Account,
    rows: Sequence[MessageRow],
    title: str,
    lines: Sequence[str],
) -> None:
    """Claim, send, settle: each in a transaction of its own, so that nothing leaves twice."""
    if not _claimed(context, rows):
        return
    message = Message(title=title, lines=tuple(lines), link=_link(context, account))
    first = rows[0]
    identity = f"{account.id}.{first.channel}.{first.day}.{first.message_id}"
    found = context.sender.send(first.channel, message, identity)
    log.info(
        "a message to %s: %s",
        first.channel,
        found.state,
        extra={"event": "message_left", "fields": {"channel": first.channel, "kind": first.kind}},
    )
    _settle(context, rows, found)


def _claimed(context: TellContext, rows: Sequence[MessageRow]) -> bool:
    """Take the messages, all or none; False as well while the channel has had its minute's share."""
    now = context.clock()
    with context.store.read() as session:
        recent = messages.left_since(session, rows[0].channel, now - timing.A_MINUTE)
    if recent >= timing.MOST_A_MINUTE:
        return False
    try:
        with context.store.begin() as session:
            messages.claim(session, rows, now)
    except ConflictError:
        return False
    return True


def _settle(context: TellContext, rows: Sequence[MessageRow], found: Delivery) -> None:
    now = context.clock()
    attempts = max(one.attempts for one in rows) + 1
    again = timing.again_at(now, found.wait_seconds, attempts) if found.state == "again" else None
    state = found.state if found.state != "again" else "failed" if again is None else "intent"
    with context.store.begin() as session:
        messages.settle(
            session,
            [one.message_id for one in rows],
            state,
            cause=found.cause or None,
            now=now,
            not_before_at=again or now,
        )


def _link(context: TellContext, account: Account) -> tuple[str, str] | None:
    """The mobile page; None while no address is known that a phone could reach."""
    place = context.settings.server.public_url
    return None if place is None else (context.words("open"), f"{place}/{account.id}/today")
