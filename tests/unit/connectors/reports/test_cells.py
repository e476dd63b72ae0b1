from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reports.cells import (
    CellError,
    is_blank,
    parse_bid,
    parse_count,
    parse_date,
    parse_id,
    parse_money,
    parse_optional_id,
    parse_rate,
    parse_score,
)

BLANKS = ["", " ", "\\N", "-", "--", "null"]
days = st.dates(min_value=date(2003, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_is_zero_for_figures_and_nothing_for_bids_and_scores(blank: str) -> None:
    assert is_blank(blank)
    assert parse_count(blank) == 0
    assert parse_money(blank) == 0
    assert parse_bid(blank) is None
    assert parse_rate(blank) is None
    assert parse_score(blank) is None
    assert parse_optional_id(blank) == ""


@given(st.integers(min_value=0, max_value=10**14), st.sampled_from(["", "¥", "￥", "¥ "]))
def test_money_survives_the_way_to_text_and_back(fen: int, sign: str) -> None:
    yuan = Decimal(fen) / 100
    assert parse_money(f"{sign}{yuan:.2f}") == fen
    assert parse_money(f"{sign}{yuan:,.2f}") == fen
    assert parse_money(f" {yuan:.2f}元 ") == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0.43", 43),
        ("0.29", 29),  # 0.29 * 100 is 28.999... in binary floats
        ("1,234.50", 123450),
        ("12", 1200),
        (".5", 50),
        ("0.125", 12),  # half to even
        ("0.135", 14),
        ("１２．５０", 1250),
    ],
)
def test_money_is_exact(text: str, fen: int) -> None:
    assert parse_money(text) == fen


@given(st.integers(min_value=0, max_value=10**12))
def test_counts_with_and_without_thousands(count: int) -> None:
    assert parse_count(str(count)) == count
    assert parse_count(f"{count:,}") == count
    assert parse_count(f"{count}.00") == count


@pytest.mark.parametrize(
    ("parser", "text", "reason"),
    [
        (parse_count, "1.5", "整数"),
        (parse_count, "-1", "负数"),
        (parse_count, "1,2,3", "不是数字"),
        (parse_count, "abc", "不是数字"),
        (parse_count, "1.2E+05", "科学计数"),
        (parse_count, "9999999999999", "大得不可能"),
        (parse_count, "1\ufffd2", "字节已损坏"),
        (parse_count, "NaN", "不是数字"),
        (parse_count, "Infinity", "不是数字"),
        (parse_count, "1_000", "不是数字"),
        (parse_money, "-0.01", "负数"),
        (parse_money, "12,34", "不是数字"),
        (parse_money, "1e3", "科学计数"),
        (parse_money, "99999999999999", "大得不可能"),
        (parse_bid, "0.04", "0.05 至 99.99"),
        (parse_bid, "100", "0.05 至 99.99"),
        (parse_bid, "-1", "0.05 至 99.99"),
        (parse_bid, "0.505", "两位小数"),
        (parse_bid, "默认出价", "不是数字"),
        (parse_id, "", "缺少ID"),
        (parse_id, "3.04E+11", "末尾数字丢失"),
        (parse_id, "30481986859300002.0", "末尾数字丢失"),
        (parse_id, "72,281,500,004", "末尾数字丢失"),
        (parse_id, "######", "末尾数字丢失"),
        (parse_id, "abc", "不是ID"),
        (parse_id, "１２３", "不是ID"),
        (parse_date, "", "缺少日期"),
        (parse_date, "昨天", "无法识别"),
        (parse_date, "2026-13-01", "没有这一天"),
        (parse_date, "20260230", "没有这一天"),
        (parse_date, "1999-01-01", "年份"),
        (parse_date, "2026-05-01 至 2026-05-31", "按天"),
        (parse_date, "2026-05-01~2026-05-31", "按天"),
        (parse_date, "2026-05/01", "无法识别"),
        (parse_date, "46143", "无法识别"),
        (parse_score, "-3", "负数"),
    ],
)
def test_what_is_refused_says_why(parser: Callable[[str], object], text: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        parser(text)


@pytest.mark.parametrize("fen", [5, 50, 9999])
def test_bids_at_the_ends_of_the_range(fen: int) -> None:
    assert parse_bid(f"{Decimal(fen) / 100:.2f}") == fen


def test_a_bid_may_carry_zeros_behind_its_decimals() -> None:
    assert parse_bid("0.500") == 50


@given(st.text(alphabet="0123456789", min_size=1, max_size=25))
def test_ids_never_lose_a_digit(digits: str) -> None:
    for form in (digits, f'="{digits}"', f"'{digits}", f"\t{digits}", f" {digits} "):
        assert parse_id(form) == digits
        assert parse_optional_id(form) == digits


@given(st.floats(min_value=1e10, max_value=1e20))
def test_an_id_in_scientific_notation_is_never_taken(value: float) -> None:
    with pytest.raises(CellError, match="ID"):
        parse_id(f"{value:.2E}")


def test_a_short_id_may_have_been_a_number() -> None:
    assert parse_id("12345.0") == "12345"


@given(days)
def test_dates_in_three_forms(day: date) -> None:
    for form in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.isoformat()} 00:00:00",
        f"{day.year}/{day.month}/{day.day} 0:00",
    ):
        assert parse_date(form) == day


@pytest.mark.parametrize(
    ("text", "rate"),
    [("2.17%", "0.0217"), ("0.0217", "0.0217"), ("50.00%", "0.5000"), ("2%", "0.02")],
)
def test_rates_keep_the_digits_shown(text: str, rate: str) -> None:
    parsed = parse_rate(text)
    assert parsed is not None
    assert str(parsed) == rate


def test_scores() -> None:
    assert parse_score("7.5") == 7.5
