"""The signature rule, worked by hand: secret and strings are written out, hashlib does the rest."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from connectors.sandbox.gateway.signature import expected, is_right

PARAMETERS = {
    "method": "taobao.simba.campaigns.get",
    "app_key": "12345678",
    "session": "test",
    "timestamp": "2016-01-01 12:00:00",
    "format": "json",
    "v": "2.0",
    "sign_method": "md5",
    "nick": "孕妇装旗舰店",
    "Zebra": "before lower case",
    "empty": "",
    "sign": "whatever stood here",
}
STRUNG = (
    "Zebrabefore lower caseapp_key12345678formatjsonmethodtaobao.simba.campaigns.get"
    "nick孕妇装旗舰店sessiontestsign_methodmd5timestamp2016-01-01 12:00:00v2.0"
)


def test_md5_wraps_the_string_in_the_secret():
    wanted = hashlib.md5(("helloworld" + STRUNG + "helloworld").encode("utf-8")).hexdigest()
    assert expected(PARAMETERS, "helloworld", "md5") == wanted.upper()


@pytest.mark.parametrize(
    ("method", "wanted"),
    [  # worked with md5sum and openssl: the string is a1b2词裙, the secret s
        ("md5", "72814F54B6191267030D0251A4A11ECE"),
        ("hmac", "0D4736FF994B7CE73D0D864DF019B927"),
        ("hmac-sha256", "3F95F7E01542D143D3D7AF66A4ABA34B31AB2C5CEA6A340DE8EDD368F2195CF7"),
    ],
)
def test_vectors_of_other_tools(method, wanted):
    assert expected({"b": "2", "词": "裙", "a": "1", "none": ""}, "s", method) == wanted


@pytest.mark.parametrize(("method", "digest"), [("hmac", "md5"), ("hmac-sha256", "sha256")])
def test_hmac_keys_with_the_secret(method, digest):
    parameters = PARAMETERS | {"sign_method": method}
    strung = STRUNG.replace("sign_methodmd5", f"sign_method{method}")
    wanted = hmac.new(b"helloworld", strung.encode("utf-8"), digest).hexdigest().upper()
    assert expected(parameters, "helloworld", method) == wanted


def test_only_the_exact_signature_is_right():
    good = PARAMETERS | {"sign": expected(PARAMETERS, "helloworld", "md5")}
    assert is_right(good, "helloworld")
    assert not is_right(good, "helloworle")
    assert not is_right(good | {"nick": "孕妇装旗舰店 "}, "helloworld")
    assert not is_right(good | {"extra": "1"}, "helloworld")
    assert not is_right(good | {"sign": good["sign"].lower()}, "helloworld")
    assert not is_right(good | {"sign": "签名"}, "helloworld")
    assert is_right(good | {"another_empty": ""}, "helloworld")


def test_an_unknown_sign_method_is_wrong():
    assert not is_right(PARAMETERS | {"sign_method": "sha1"}, "helloworld")


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_every_method_opens_the_door(reader, method):
    parameters = reader.parameters(
        "taobao.simba.customers.authorized.get", sign_method=method, nick=reader.nick
    )
    strung = "".join(f"{key}{parameters[key]}" for key in sorted(parameters)).encode()
    secret = reader.secret.encode()
    sign = {
        "md5": lambda: hashlib.md5(secret + strung + secret).hexdigest(),
        "hmac": lambda: hmac.new(secret, strung, "md5").hexdigest(),
        "hmac-sha256": lambda: hmac.new(secret, strung, "sha256").hexdigest(),
    }[method]()
    answer = reader.post({**parameters, "sign": sign.upper()}).json()
    assert answer["simba_customers_authorized_get_response"]["nicks"] == {"string": [reader.nick]}
