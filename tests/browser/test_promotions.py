"""A morning within a promotion that the owner has named."""

import pytest


@pytest.fixture(scope="module")
def served(tmp_path_factory, serve):
    """A shop whose night lies on the first day of a promotion."""
    shop = serve(tmp_path_factory.mktemp("shop"), "promoted")
    yield shop
    shop.end()


@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_the_plan_says_that_it_goes_by_promotion_days_and_the_account_names_them(visit, kind):
    with visit(kind) as visitor:
        told = visitor.open("today").inner_text("main")
        assert "今天在大促 女王节 内" in told
        assert visitor.grave() == []
        named = visitor.open("account").inner_text("main")
        assert "年货节: 2026-02-12 … 2026-02-13" in named
        assert "女王节: 2026-03-04 … 2026-03-08" in named
        assert visitor.grave() == []
    with visit(kind, language="en") as visitor:
        assert "Today is in 女王节" in visitor.open("today").inner_text("main")
        assert "女王节" not in visitor.open("today", "other").inner_text("main")
