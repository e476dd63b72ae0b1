"""The digest: an account's morning in a screenful of text. Pure; the figures are those of the page."""

from __future__ import annotations

from collections.abc import Iterator

from service.notify.words import Words
from service.reading.morning import Morning
from service.reading.numbers import count, fen, yuan
from service.reading.summary import Summary

MOST_NEEDS = 6
MOST_REASONS = 6
LONGEST_SENTENCE = 160


def title(words: Words, name: str, morning: Morning) -> str:
    """``演示店铺 3月2日 出价日报``."""
    return words("title", name=name, day=f"{morning.day:%m-%d}")


def lines(words: Words, morning: Morning) -> tuple[str, ...]:
    """What needs a person first; then tonight's plan, the window, and the last day."""
    return (
        *_needs(words, morning),
        "",
        *_plan(words, morning),
        *_window(words, morning),
        *_last(words, morning),
    )


def short(sentence: str) -> str:
    """A cause may be a whole page; a message takes its beginning."""
    one_line = " ".join(sentence.split())
    return one_line if len(one_line) <= LONGEST_SENTENCE else f"{one_line[:LONGEST_SENTENCE]}…"


def _needs(words: Words, morning: Morning) -> Iterator[str]:
    if not morning.needs:
        yield words("nothing")
        return
    yield words("needs")
    for need in morning.needs[:MOST_NEEDS]:
        yield words("item", said=short(words.need(need.kind, need.values)))
    if len(morning.needs) > MOST_NEEDS:
        yield words("item", said=f"… +{len(morning.needs) - MOST_NEEDS}")


def _plan(words: Words, morning: Morning) -> Iterator[str]:
    summary = morning.summary
    if summary is None:
        yield words("no_plan")
        return
    if summary.proposal.business_date != morning.day:
        yield words("no_plan")
        yield words("older_plan", day=summary.proposal.business_date)
        return
    totals = summary.proposal.totals
    yield words("plan")
    for name in ("spend", "contribution"):
        before, after = yuan(fen(totals.get(f"{name}_before"))), yuan(fen(totals.get(name)))
        yield words(name, before=before, after=after)
    yield from _loss(words, summary)
    changed = summary.changed
    yield words(
        "moves",
        lines=count(summary.everything.lines),
        changed=count(changed.lines),
        raises=count(changed.raises),
        cuts=count(changed.cuts),
    )
    yield from _reasons(words, summary)


def _loss(words: Words, summary: Summary) -> Iterator[str]:
    loss, allowed = summary.loss_fen, summary.allowed_fen
    if loss is None:
        return
    key = "profit" if loss < 0 else "loss"
    free = "" if allowed is not None else "_free"
    yield words(key + free, after=yuan(abs(loss)), allowed=yuan(allowed))


def _reasons(words: Words, summary: Summary) -> Iterator[str]:
    found = sorted(summary.reasons.items(), key=lambda one: (-one[1], one[0]))
    for code, number in found[:MOST_REASONS]:
        yield words("reason", said=words.reason(code), count=count(number))


def _window(words: Words, morning: Morning) -> Iterator[str]:
    state = morning.ledger.allowance
    if state is not None and state.window_first is not None:
        used, cap = yuan(state.used_fen), yuan(state.window_cap_fen)
        yield words("window", used=used, cap=cap, days=state.days_left)


def _last(words: Words, morning: Morning) -> Iterator[str]:
    day = morning.last
    if day is None:
        return
    yield ""
    yield words("last", day=f"{day.date:%m-%d}")
    yield words("last_spend", real=yuan(day.spend_fen), expected=yuan(day.spend_expected.value))
    expected = yuan(day.contribution_expected.value)
    yield words("last_contribution", real=yuan(day.contribution_fen), expected=expected)
    if day.waiting_fen:
        yield words("waiting", waiting=yuan(day.waiting_fen))
