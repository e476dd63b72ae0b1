"""``kaiche economics``: break-even return on ads and price of a click, opened to their inputs."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

import typer

from service.break_even import ClickPrice, Opened, Question, open_entries
from service.cli.options import AccountId, Json, command_of
from service.cli.screen import Screen
from service.errors import InputError, NotFoundError
from service.settings.models import Account, Settings

SOURCES = {
    "adgroup": ("单元", "adgroup"),
    "item": ("宝贝", "item"),
    "default": ("默认", "default"),
}


def economics(
    context: typer.Context,
    account: AccountId = None,
    adgroup: Annotated[str | None, typer.Option(help="单元ID · An adgroup's id.")] = None,
    item: Annotated[str | None, typer.Option(help="宝贝ID · An item's id.")] = None,
    word: Annotated[
        str | None,
        typer.Option(
            help="词ID, 用最近一晚估计的转化率与客单价 · A word's id, with its own figures."
        ),
    ] = None,
    cvr: Annotated[
        float | None, typer.Option(min=0, max=10, help="转化率, 如 0.03 · Orders ÷ clicks.")
    ] = None,
    order_value: Annotated[
        float | None, typer.Option(min=0, help="客单价, 元 · Order value, yuan.")
    ] = None,
    as_json: Json = False,
) -> None:
    """保本投产比与保本点击价, 每个数字可查到来源 · Break-evens, opened to what you wrote."""
    command = command_of(context, machine=as_json)
    asked = Question(
        adgroup=adgroup, item=item, keyword=word, cvr=cvr, order_value_yuan=order_value
    )
    with command.store() as store, store.read() as session:
        found = open_entries(session, _account(command.settings(), account), asked)
    if as_json:
        command.screen.emit([_values(one) for one in found])
        return
    for one in found:
        _show(command.screen, one)


def _account(settings: Settings, wanted: str | None) -> Account:
    names = [one.id for one in settings.accounts]
    if wanted is None:
        if len(names) > 1:
            raise InputError(f"which account? give --account, one of: {', '.join(names)}")
        return settings.accounts[0]
    for one in settings.accounts:
        if one.id == wanted:
            return one
    raise NotFoundError(f"there is no account {wanted}; there are: {', '.join(names)}")


def _show(screen: Screen, opened: Opened) -> None:
    given, found = opened.break_even.given, opened.break_even
    zh, en = SOURCES[opened.source]
    name = given.adgroup or given.item or ""
    screen.say(f"{zh} {name}".rstrip(), f"{en} {name}".rstrip(), style="bold")
    screen.table(
        "",
        screen.speech("填写 符号 数值", "given symbol value").split(),
        [
            (screen.speech(one.label_zh, one.label_en), one.symbol, one.value)
            for one in found.inputs
        ],
        text=2,
    )
    if found.terms:
        rows: list[tuple[object, ...]] = [
            (screen.speech(term.label_zh, term.label_en), term.formula, _money(term.yuan))
            for term in found.terms
        ]
        total = screen.speech("每件留存贡献", "a kept unit leaves")
        rows.append((total, "U", _money(found.unit_margin or Decimal(0))))
        columns = screen.speech("每件留存 公式 元", "per_kept_unit formula yuan")
        screen.table("", [one.replace("_", " ") for one in columns.split()], rows, text=2)
    screen.table("", ["", "", ""], _ratios(screen, opened), text=2)
    if found.loses_at_any_bid:
        screen.warn(
            "无论出价多少都亏: 先改价格, 成本或退款, 出价解决不了.",
            "It loses at any bid: mend price, costs or refunds; no bid is the answer.",
        )


def _ratios(screen: Screen, opened: Opened) -> list[tuple[object, ...]]:
    found, speech = opened.break_even, screen.speech
    rows: list[tuple[object, ...]] = [
        (speech("保本投产比(净)", "break-even net ROI"), "S/U", _ratio(found.net_roas)),
        (
            speech("保本投产比(毛)", "break-even gross ROI"),
            "S/(U*(1-r))" if found.terms else "1/m",
            _ratio(found.gross_roas),
        ),
        (
            speech("每元成交贡献", "contribution per yuan"),
            "U*(1-r)/S" if found.terms else "m",
            f"{found.margin_rate:.4f}",
        ),
    ]
    if found.naive_roas is not None:
        label = speech("只看毛利的算法", "the naive 1/margin")
        rows.append((label, "S/(S-C)", _ratio(found.naive_roas)))
    if opened.click is not None:
        rows.append(_click(screen, opened.click))
    return rows


def _click(screen: Screen, click: ClickPrice) -> tuple[object, ...]:
    origin = "" if click.line_id is None else f" (line {click.line_id})"
    return (
        screen.speech("保本点击价", "break-even CPC"),
        f"{click.cvr:.4g} * {click.order_value_yuan:.2f} * (m + o){origin}",
        f"{click.cpc_yuan:.4f}",
    )


def _money(yuan: Decimal) -> str:
    return f"{yuan:.4f}"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _values(opened: Opened) -> dict[str, Any]:
    found = opened.break_even
    return {
        "source": opened.source,
        "adgroup": found.given.adgroup,
        "item": found.given.item,
        "inputs": {one.symbol: one.value for one in found.inputs},
        "terms": {term.code: term.yuan for term in found.terms},
        "unit_margin_yuan": found.unit_margin,
        "break_even_net_roas": found.net_roas,
        "break_even_gross_roas": found.gross_roas,
        "margin_rate": found.margin_rate,
        "naive_roas": found.naive_roas,
        "loses_at_any_bid": found.loses_at_any_bid,
        "click": None if opened.click is None else asdict(opened.click),
    }
