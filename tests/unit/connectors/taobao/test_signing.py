"""Signatures, against vectors computed with other tools and against the rules themselves."""

from __future__ import annotations

import hashlib
import hmac
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.taobao.signing import canonical, signature

# The example of the platform's own signing guide.
GUIDE = {
    "method": "taobao.item.seller.get",
    "app_key": "12345678",
    "session": "test",
    "timestamp": "2016-01-01 12:00:00",
    "format": "json",
    "v": "2.0",
    "sign_method": "md5",
    "fields": "num_iid,title,nick,price,num",
    "num_iid": "11223344",
}
# Signed by hand: printf 'secret…secret' | md5sum; printf '…' | openssl dgst -md5 -hmac secret
SHORT = {"v": "2.0", "nick": "沙盒旗舰店", "app_key": "12345678"}


def test_the_guides_example():
    assert canonical(GUIDE) == (
        b"app_key12345678fieldsnum_iid,title,nick,price,numformatjsonmethodtaobao.item.seller.get"
        b"num_iid11223344sessiontestsign_methodmd5timestamp2016-01-01 12:00:00v2.0"
    )
    assert signature(GUIDE, "helloworld", "md5") == "66987CB115214E59E6EC978214934FB8"
    assert (
        signature(GUIDE, "helloworld", "hmac-sha256")
        == "6B7EB7E1C35D068D69538D80282A37DFBF29B4DB11B451881AF51890626138B3"
    )


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("md5", "8EB833A6E819D7856BE49E9484911FB2"),
        ("hmac", "1FBCCD04B79D04FC5CCC79D6027E608C"),
        ("hmac-sha256", "CC4576DAB79280A20150D6FA1D4237A7D28397CD2D64DF30EF936067AC098FCA"),
    ],
)
def test_values_are_signed_as_raw_utf8(method, expected):
    assert signature(SHORT, "secret", method) == expected


keys = st.text(string.ascii_letters + string.digits + "_.", min_size=1, max_size=12)
parameters = st.dictionaries(keys, st.text(max_size=20).filter(lambda s: s.isprintable()))
methods = st.sampled_from(["md5", "hmac", "hmac-sha256"])


@given(parameters, st.randoms(use_true_random=False))
def test_the_order_in_which_parameters_were_added_does_not_matter(given_parameters, rng):
    items = list(given_parameters.items())
    rng.shuffle(items)
    assert canonical(dict(items)) == canonical(given_parameters)


@given(parameters, keys, st.text(max_size=8), methods)
def test_what_is_empty_and_the_signature_itself_are_not_signed(more, key, sign, method):
    plain = {name: value for name, value in more.items() if name not in ("sign", key)}
    assert signature({**plain, "sign": sign, key: ""}, "secret", method) == signature(
        plain, "secret", method
    )


@given(parameters)
def test_nothing_stands_between_keys_and_values(some):
    signed = {key: value for key, value in some.items() if value and key != "sign"}
    expected = "".join(key + signed[key] for key in sorted(signed, key=str.encode))
    assert canonical(some) == expected.encode()


@given(parameters, st.text(min_size=1, max_size=32), methods)
def test_digests_are_capital_hexadecimal_of_the_canonical_text(some, secret, method):
    found = signature(some, secret, method)
    text, key = canonical(some), secret.encode()
    expected = {
        "md5": hashlib.md5(key + text + key),
        "hmac": hmac.new(key, text, "md5"),
        "hmac-sha256": hmac.new(key, text, "sha256"),
    }[method]
    assert found == expected.hexdigest().upper()
    assert len(found) == (64 if method == "hmac-sha256" else 32)


def test_keys_are_sorted_as_ascii_and_not_as_a_dictionary_would():
    assert canonical({"b": "1", "B": "2", "a_b": "3", "aB": "4"}) == b"B2aB4a_b3b1"


def test_another_secret_or_value_signs_otherwise():
    assert signature(SHORT, "secret", "md5") != signature(SHORT, "secres", "md5")
    assert signature(SHORT, "secret", "md5") != signature({**SHORT, "v": "2.1"}, "secret", "md5")
