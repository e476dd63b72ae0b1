"""Settings of a shop: nothing that is secret shows."""

from __future__ import annotations

import dataclasses

import pytest

from connectors.errors import PermanentError
from connectors.taobao import TaobaoShop


def test_secrets_do_not_show(shop):
    for shown in (repr(shop), str(shop), f"{shop!r}", f"{[shop]}"):
        assert shop.app_secret not in shown
        assert shop.session not in shown
        assert shop.nick in shown


def test_secrets_are_taken_out_of_any_text(shop):
    text = f"bad session {shop.session} with {shop.app_secret}"
    assert shop.redacted(text) == "bad session *** with ***"
    assert dataclasses.replace(shop, session="").redacted("as it was") == "as it was"


@pytest.mark.parametrize("name", ["app_key", "app_secret", "nick", "gateway"])
def test_a_shop_without_what_every_call_needs_is_refused(shop, name):
    with pytest.raises(PermanentError, match=name) as caught:
        dataclasses.replace(shop, **{name: " "})
    assert shop.app_secret not in str(caught.value)


def test_the_real_gateway_is_what_nobody_has_to_write():
    plain = TaobaoShop(app_key="1", app_secret="2", session="3", nick="4")
    assert plain.gateway == "https://eco.taobao.com/router/rest"
