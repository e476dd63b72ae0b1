from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.reports.strings import Strings


@given(st.lists(st.text(max_size=5)))
def test_places_do_not_depend_on_the_order_of_reading(texts: list[str]) -> None:
    forward, backward = Strings(), Strings()
    one = [forward.code(text) for text in texts]
    other = [backward.code(text) for text in reversed(texts)][::-1]
    sorted_texts, places = forward.in_order()
    again, other_places = backward.in_order()
    assert sorted_texts == again == sorted({"", *texts})
    assert [sorted_texts[places[code]] for code in one] == texts
    assert [other_places[code] for code in other] == [places[code] for code in one]
    assert [forward.text(code) for code in one] == texts
