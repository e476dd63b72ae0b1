"""A proposal as a page: what it spends and brings, why, and its largest changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from service.cli.screen import Screen, percent, yuan
from service.cli.words import reason_words, state_words
from service.reading.summary import Summary, figure
from service.store.rows import LineRow


def show_proposal(screen: Screen, summary: Summary, *, whole: bool = True) -> None:
    """The sums, the sentence about the last yuan, the breaches; if ``whole``, the lines by reason."""
    row, speech = summary.proposal, screen.speech
    screen.say(
        f"{row.account_id} {row.business_date} 出价建议: {state_words(row.state, speech)}, "
        f"模型检查 {row.review}, 建议 id {row.proposal_id}",
        f"Proposal of {row.account_id} for {row.business_date}: {row.state}, "
        f"model {row.review}, id {row.proposal_id}",
        style="bold",
    )
    _show_sums(screen, summary)
    _show_last_yuan(screen, summary)
    _show_shortfalls(screen, row.totals.get("shortfalls", ()))
    show_breaches(screen, row.breaches)
    if not whole:
        return
    screen.table(
        "",
        speech("原因 词数", "reason words").split(),
        [(reason_words(code, speech), count) for code, count in _most_first(summary.reasons)],
    )


def _show_sums(screen: Screen, summary: Summary) -> None:
    speech, totals = screen.speech, summary.proposal.totals
    figures = (
        ("spend", speech("预计花费", "expected spend")),
        ("contribution", speech("预计贡献", "expected contribution")),
        ("loss", speech("预计亏损 (负为盈利)", "expected loss (negative: profit)")),
    )
    rows = []
    for name, title in figures:
        before, after = _fen(totals.get(f"{name}_before")), _fen(totals.get(name))
        change = None if before is None or after is None else after - before
        rows.append((title, yuan(before), yuan(after), yuan(change), _interval(totals.get(name))))
    columns = speech(
        "每天 现出价 新出价 变化 九成区间", "a_day at_present proposed change 90%_interval"
    )
    screen.table("", [column.replace("_", " ") for column in columns.split()], rows)
    screen.say(
        "以上为预算不截停时的预期; 当日到预算即停的计划实际花费更少.",
        "As if no budget ended the day; a campaign that reaches its budget spends less.",
        style="dim",
    )
    sums, changed = summary.everything, summary.changed
    screen.say(
        f"共 {sums.lines} 词, 改 {changed.lines} 词: 提价 {changed.raises}, 降价 {changed.cuts}.",
        f"{sums.lines} words, {changed.lines} change: {changed.raises} up, {changed.cuts} down.",
    )


def _fen(value: object) -> float | None:
    number = figure(value)
    return None if number is None else number * 100


def _interval(value: object) -> str:
    """``¥65.91 … ¥129.52``, of the realised day."""
    if not isinstance(value, Mapping):
        return ""
    low, high = _fen(value.get("p05")), _fen(value.get("p95"))
    return "" if low is None or high is None else f"{yuan(low)} … {yuan(high)}"


def _show_shortfalls(screen: Screen, shortfalls: Iterable[Mapping[str, Any]]) -> None:
    found = list(shortfalls)
    for short in found:
        what, needed, limit = short["constraint"], short["needed"], short["limit"]
        screen.say(
            f"今晚降不到位: {what} 需 ¥{needed:,.2f}, 上限 ¥{limit:,.2f}",
            f"Out of reach tonight: {what} needs ¥{needed:,.2f}, its limit is ¥{limit:,.2f}",
            style="yellow",
        )
    if found:
        screen.people.print()


def _show_last_yuan(screen: Screen, summary: Summary) -> None:
    loss, allowed, last = summary.loss_fen, summary.allowed_fen, summary.last_yuan
    if last is None:
        return
    zh, en = f"最后一元带回 {last:.2f} 元", f"The last yuan returns {last:.2f}"
    if loss is not None and allowed is not None:
        spent = _round_yuan(max(loss, 0.0))
        zh += f"; 允许亏损 {_round_yuan(allowed)} 中, 预计用 {spent}"
        en += f"; total loss {spent} of the {_round_yuan(allowed)} allowed"
    if loss is not None and loss < 0:
        zh += f" (预计盈利 {_round_yuan(-loss)})"
        en += f" (a profit of {_round_yuan(-loss)} is expected)"
    if summary.within_loss is not None and allowed is not None:
        zh += f", 不超限的把握 {summary.within_loss:.0%}"
        en += f", kept with {summary.within_loss:.0%} confidence"
    screen.say(zh + ".", en + ".", style="bold green")
    screen.people.print()


def _round_yuan(fen: float) -> str:
    return f"¥{fen / 100:,.0f}"


def show_breaches(screen: Screen, breaches: Iterable[Mapping[str, Any]]) -> None:
    """The guardrails that the plan does not keep, in words."""
    found = list(breaches)
    for breach in found:
        zh, en = breach["message_zh"], breach["message_en"]
        screen.say(f"护栏: {zh}", f"Guardrail: {en}", style="bold red")
    if found:
        screen.people.print()


def _most_first(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def show_lines(screen: Screen, found: Sequence[LineRow]) -> None:
    """Lines as a table: the word, its bids, what changes a day, why."""
    if not found:
        screen.say("没有要改的词.", "No bid changes.")
        return
    speech = screen.speech
    columns = speech(
        "行号 词 原因 现价 新价 变化 日花费 日贡献",
        "line word why bid new change spend contribution",
    )
    rows = [
        (
            str(line.line_id),
            line.word,
            reason_words(line.reason, speech).partition(":")[0],
            yuan(line.bid_before_fen),
            yuan(line.bid_fen),
            percent(line.change_rate),
            f"{yuan(line.spend_before_fen)} → {yuan(line.spend_after_fen)}",
            f"{yuan(line.contribution_before_fen)} → {yuan(line.contribution_after_fen)}",
        )
        for line in found
    ]
    screen.table(speech("最大的改动", "Largest changes"), columns.split(), rows, text=3)


def line_values(line: LineRow) -> dict[str, Any]:
    """A line for machines; money in fen."""
    return asdict(line)
