"""The report in plain sentences, the result first."""

from __future__ import annotations

from collections.abc import Iterator

from service.reading.numbers import NOTHING, change_in_percent, count, percent
from service.report.course import Use
from service.report.figures import Report
from service.report.quality import Quality
from service.report.texts import Texts
from service.report.totals import Totals
from service.report.wording import day_name, days_name, money, month_name, negated, times


def lead(texts: Texts, report: Report) -> list[str]:
    """What the owner reads first: spent, brought, lost of what was allowed, and how sure that is."""
    totals = report.totals
    if totals is None:
        help_too = [] if report.state == "ahead" else [texts("nothing.help")]
        return [texts(f"nothing.{report.state}"), *help_too]
    return [
        texts("join").join((_brought(texts, report, totals), _result(texts, report, totals))),
        _returned(texts, totals),
        *_certainty(texts, report, totals),
        *_against(texts, report, totals),
        *_forecasts(texts, report.spend),
        _standstill(texts, report),
    ]


def allowance(texts: Texts, use: Use) -> list[str]:
    """The rules, what they permitted, and what became of it."""
    terms, loss = use.terms, use.loss.fen
    said = [
        texts(
            "ledger.terms",
            amount=money(terms.amount_fen),
            days=terms.window_days,
            cap=money(terms.window_cap_fen),
            booked=use.days,
            permitted=money(use.permitted_fen),
        )
    ]
    share = loss / use.permitted_fen if use.permitted_fen else None
    said.append(
        texts(
            f"ledger.{use.verdict}",
            **{
                "profit": {"amount": money(-loss)},
                "within": {"amount": money(loss), "share": percent(share, 0)},
                "beyond": {"amount": money(loss), "excess": money(loss - use.permitted_fen)},
            }[use.verdict],
        )
    )
    if not use.certain:
        said.append(texts("ledger.uncertain"))
    if use.over:
        said.append(texts("ledger.over", count=use.over, amount=money(terms.amount_fen)))
    if use.changed:
        said.append(texts("ledger.changed"))
    return said


def notes_on_money(texts: Texts, report: Report, totals: Totals) -> Iterator[str]:
    """What has to be known to read the table of money."""
    if totals.net.roas is None:
        yield texts("money.net_none")
    else:
        yield texts("money.net_share", share=percent(totals.net.share))
    if totals.booked < totals.days:
        yield texts("money.partly", days=totals.days - totals.booked)
    if report.previous and report.first_night and report.previous.first < report.first_night:
        if report.first_night > report.previous.last:
            yield texts("money.previous_before")
        else:
            yield texts("money.previous_mixed", first=day_name(texts, report.first_night))


def change_of(now: float | None, then: float | None) -> str:
    """How a mean moved, as a percentage; a dash where there is nothing to compare with."""
    if now is None or not then or then < 0:
        return NOTHING
    return change_in_percent(now / then - 1)


def _brought(texts: Texts, report: Report, totals: Totals) -> str:
    when = month_name(texts, report.month)
    partial = totals.first != report.month.first or totals.last != report.month.last
    if partial:
        when = f"{when} ({days_name(texts, totals.first, totals.last)})"
    key = "lead.brought_before" if report.state == "before" else "lead.brought"
    return texts(
        key,
        when=when,
        spend=money(totals.spend_fen),
        orders=count(totals.orders),
        revenue=money(totals.revenue_fen),
        contribution=money(totals.contribution.fen) if totals.booked else NOTHING,
    )


def _result(texts: Texts, report: Report, totals: Totals) -> str:
    if not totals.booked:
        return texts("lead.unknown")
    loss, use = totals.loss.fen, report.use
    if use is None:
        return texts("lead.loss_free" if loss > 0 else "lead.profit_free", amount=money(abs(loss)))
    return texts(f"lead.{use.verdict}", amount=money(abs(loss)), permitted=money(use.permitted_fen))


def _returned(texts: Texts, totals: Totals) -> str:
    if totals.break_even is None or totals.left_of_a_yuan is None:
        return texts("lead.returned_unknown", roas=times(totals.roas))
    return texts(
        "lead.returned",
        left=times(totals.left_of_a_yuan),
        roas=times(totals.roas),
        break_even=times(totals.break_even),
    )


def _certainty(texts: Texts, report: Report, totals: Totals) -> Iterator[str]:
    if report.state == "running":
        yield texts("lead.not_over", last=day_name(texts, totals.last))
    elif report.state != "before" and totals.last < report.month.last:
        yield texts("lead.ends_early", last=day_name(texts, totals.last))
    if not totals.booked:
        return
    if not totals.settled:
        shown, key = negated(totals.loss), "either"
        if totals.loss.p05_fen >= 0:
            shown, key = totals.loss, "loss"
        elif totals.loss.p95_fen <= 0:
            key = "profit"
        yield texts(
            f"lead.waiting_{key}",
            waiting=money(totals.waiting_fen),
            low=money(shown.p05_fen),
            high=money(shown.p95_fen),
        )
    elif report.state == "settled":
        yield texts("lead.settled")


def _against(texts: Texts, report: Report, totals: Totals) -> Iterator[str]:
    for name, other in (("before", report.before), ("previous", report.previous)):
        if other is None or not other.booked or not totals.booked:
            continue
        yield texts(
            f"lead.against_{name}",
            when=days_name(texts, other.first, other.last),
            spend=change_of(totals.a_day(totals.spend_fen), other.a_day(other.spend_fen)),
            profit_then=money(_profit_a_day(other)),
            profit_now=money(_profit_a_day(totals)),
        )
        return


def _profit_a_day(totals: Totals) -> float:
    return -totals.loss.fen / totals.booked


def _forecasts(texts: Texts, spend: Quality) -> Iterator[str]:
    if not spend.judged or spend.bias is None:
        return
    bias = texts("lead.higher" if spend.bias >= 0 else "lead.lower", size=percent(abs(spend.bias)))
    yield texts("lead.forecasts", judged=spend.judged, hits=spend.hits, bias=bias)


def _standstill(texts: Texts, report: Report) -> str:
    grave = sum(event.grave for event in report.events)
    return texts("lead.events", count=grave) if grave else texts("lead.calm")
