"""Cursors: opaque, bound to their question, refused when they are not ours."""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.pagination import decode, encode, night_key
from service.api.problems import RefusalError

QUESTION = {"list": "runs", "state": None}
keys = st.tuples(
    st.integers(-(2**60), 2**60),
    st.text(max_size=20),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(keys)
def test_a_cursor_brings_its_key_back(key: tuple[int, str, float]) -> None:
    assert decode(QUESTION, encode(QUESTION, key), (int, str, float)) == key


def test_no_cursor_is_the_first_page() -> None:
    assert decode(QUESTION, None, (int,)) is None
    assert night_key(QUESTION, None) is None


@pytest.mark.parametrize("other", [{"list": "runs", "state": "failed"}, {"list": "audit"}, {}])
def test_a_cursor_of_another_question_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(RefusalError, match="another filter or order"):
        decode(other, encode(QUESTION, (1,)), (int,))


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


MARK = json.loads(base64.urlsafe_b64decode(encode(QUESTION, (1,)) + "=="))[0]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!!",
        "中文",
        forged([]),
        forged({}),
        forged(7),
        forged([MARK]),
        forged([MARK, 1]),
        forged([MARK, []]),
        forged([MARK, ["1"]]),
        forged([MARK, [1, 2]]),
        forged([MARK, [None]]),
        "W" * 2000,
    ],
)
def test_what_we_did_not_make_is_refused(cursor: str) -> None:
    with pytest.raises(RefusalError) as refused:
        decode(QUESTION, cursor, (int,))
    assert refused.value.kind.status == 400


def test_a_night_is_a_date_and_an_id() -> None:
    assert night_key(QUESTION, encode(QUESTION, ("2026-07-31", "a"))) == (date(2026, 7, 31), "a")
    with pytest.raises(RefusalError):
        night_key(QUESTION, encode(QUESTION, ("yesterday", "a")))
