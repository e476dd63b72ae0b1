"""Fields are read exactly, or refused by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import AnswerError
from connectors.taobao import fields


@given(st.integers(0, 10**12))
def test_yuan_become_fen_without_a_rounding(fen):
    yuan = f"{fen // 100}.{fen % 100:02d}"
    assert fields.fen_of_yuan({"x": yuan}, "x") == fen
    assert fields.fen_of_yuan({"x": Decimal(yuan)}, "x") == fen


@pytest.mark.parametrize(
    ("yuan", "fen"), [("0.55", 55), (300, 30_000), ("1.005", 101), ("0", 0), (" 2.5 ", 250)]
)
def test_examples_of_yuan(yuan, fen):
    assert fields.fen_of_yuan({"x": yuan}, "x") == fen


@given(st.integers(0, 10**20 - 1))
def test_ids_keep_every_digit(number):
    assert fields.identifier({"x": number}, "x") == str(number)
    assert fields.identifier({"x": str(number)}, "x") == str(number)


@pytest.mark.parametrize(
    "wrong", [None, "", "3.04E+11", 3.04e11, Decimal("304"), True, -1, "-1", "１２", [1], "1" * 21]
)
def test_what_is_no_id_is_refused_by_name(wrong):
    with pytest.raises(AnswerError, match="keyword_id"):
        fields.identifier({"keyword_id": wrong}, "keyword_id")


@pytest.mark.parametrize("wrong", ["x", None, "", "1.5", "-1", "1e16", "NaN", "Infinity", True, {}])
def test_what_is_no_whole_number_is_refused_by_name(wrong):
    with pytest.raises(AnswerError, match="click"):
        fields.whole({"click": wrong}, "click")


def test_only_what_is_missing_takes_a_default():
    assert fields.whole({}, "x", 3) == fields.whole({"x": ""}, "x", 3) == 3
    assert fields.fen_of_yuan({}, "x", 7) == 7
    assert fields.text({"x": None}, "x", "d") == "d"
    with pytest.raises(AnswerError):
        fields.whole({"x": "many"}, "x", 3)
    with pytest.raises(AnswerError):
        fields.text({"x": 5}, "x", "d")
    with pytest.raises(AnswerError):
        fields.text({"x": " "}, "x")


def test_dates_may_carry_a_time():
    assert fields.day({"x": "2026-07-01 00:00:00"}, "x") == date(2026, 7, 1)
    with pytest.raises(AnswerError, match="thedate"):
        fields.day({"thedate": "01.07.2026"}, "thedate")


@pytest.mark.parametrize(
    ("said", "score"),
    [("7", 7.0), (10, 10.0), ("0", None), ("-1", None), (None, None), ("NaN", None), ("11", None)],
)
def test_scores_are_1_to_10_or_unknown(said, score):
    assert fields.quality(said) == score


@pytest.mark.parametrize("empty", [{}, {"a": {}}, {"a": None}, {"a": ""}, {"a": {"b": []}}])
def test_empty_wrappers_are_empty_lists(empty):
    assert fields.listed(empty, "a", "b") == []


@pytest.mark.parametrize("odd", [{"a": 5}, {"a": {"b": 5}}, {"a": {"b": [5]}}, {"a": [1]}])
def test_wrappers_that_hold_something_else_are_refused(odd):
    with pytest.raises(AnswerError, match=r"a\.b"):
        fields.listed(odd, "a", "b")


@pytest.mark.parametrize(
    ("said", "expected"),
    [(True, True), (1, True), ("1", True), ("true", True), ("0", False), (None, False)],
)
def test_flags(said, expected):
    assert fields.flag({"x": said}, "x") is expected
