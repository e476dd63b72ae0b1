"""Reading parameters: whatever is sent, a refusal of the protocol or the exact value."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.gateway.answer import ratio, request_id, wrapped, yuan
from connectors.sandbox.gateway.arguments import Arguments, Fields, whole
from connectors.sandbox.gateway.core import read_form
from connectors.sandbox.gateway.refusal import TopError

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def code_of(reader):
    """The code that a reader refuses with, None when it reads."""
    try:
        reader()
    except TopError as error:
        return error.code
    return None


@given(anything)
def test_no_value_breaks_a_reader(value):
    fields = Arguments({"body": json.dumps({"key": value})}).object("body")
    readers = [
        lambda: fields.number("key"),
        lambda: fields.text("key"),
        lambda: fields.yuan("key"),
        lambda: fields.day("key"),
        lambda: fields.ids("key"),
        lambda: fields.texts("key"),
        lambda: fields.items("key", 3),
    ]
    for reader in readers:
        assert code_of(reader) in (None, 15, 40, 41)


@given(st.text())
def test_no_text_breaks_a_reader(text):
    arguments = Arguments({"key": text})
    readers = [
        lambda: arguments.number("key"),
        lambda: arguments.ids("key", 3),
        lambda: arguments.day("key"),
        lambda: arguments.moment("key"),
        lambda: arguments.items("key", 3),
        lambda: arguments.object("key"),
    ]
    for reader in readers:
        assert code_of(reader) in (None, 15, 40, 41)


@given(st.binary())
def test_no_bytes_break_the_form(form):
    assert code_of(lambda: read_form(form)) in (None, 41)


@given(st.integers(min_value=0, max_value=10**13))
def test_yuan_and_fen_are_exact_both_ways(fen):
    for sent in (yuan(fen), Decimal(fen) / 100):
        assert Fields({"price": sent}, "item").yuan("price") == fen


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_ids_of_any_length_are_exact(number):
    assert whole(number, "id") == whole(str(number), "id") == number


@pytest.mark.parametrize("value", ["1.0", "١٢", "", "--1", "1 2", "9" * 31, True, 1.0, None])
def test_what_is_no_whole_number(value):
    with pytest.raises(TopError, match="whole number"):
        whole(value, "id")


def test_shapes_of_answers():
    assert wrapped("keyword", []) == {}
    assert wrapped("keyword", [1]) == {"keyword": [1]}
    assert yuan(-5) == "-0.05"
    assert ratio(0, 0) == "0.00"
    assert ratio(608, 37_381, times=100) == "1.63"
    assert ratio(61_489, 608) == "101.13"
    assert ratio(61_489, 37_381, times=1000) == "1644.93"


@given(st.sets(st.integers(min_value=1, max_value=10**7), min_size=2))
def test_request_ids_never_repeat(numbers):
    assert len({request_id(number) for number in numbers}) == len(numbers)
