"""Every message the platform is known to give means exactly one thing; no other crashes us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    AuthorisationError,
    ClockError,
    ConnectorError,
    ForeignKeywordError,
    GoneError,
    PermanentError,
    QuotaError,
    RetryableError,
)
from connectors.taobao.failures import error_of, is_ambiguous
from connectors.taobao.replies import Refusal, refusal
from connectors.taobao.shop import TaobaoShop

SECONDS = "This ban will last for {} more seconds"
LIMIT = "accesscontrol.limited-by-api-access-count"

TABLE = [
    (7, LIMIT, SECONDS.format(1), RetryableError, 1),
    (7, LIMIT, SECONDS.format(60), RetryableError, 60),
    (7, LIMIT, SECONDS.format(61), QuotaError, 61),
    (7, LIMIT, SECONDS.format(43_210), QuotaError, 43_210),
    (7, "", "", RetryableError, 60),
    (10, "", "", RetryableError, 5),
    (600, "", "", RetryableError, 5),
    (520, "", "3分钟后再查询", RetryableError, 180),
    (15, "isp.top-remote-service-error", "", RetryableError, 3),
    (15, "isp.remote-service-timeout", "服务超时", RetryableError, 3),
    (15, "isv.invalid-parameter", "参数错误", PermanentError, None),
    (15, "", "从没见过的说法", PermanentError, None),
    (15, "isv.x", "已有关键词已经达到200", PermanentError, None),
    (15, "isv.x", "包含了不属于该客户的关键词Id", ForeignKeywordError, None),
    (15, "", "推广组未找到", GoneError, None),
    (15, "", "未找到指定客户", PermanentError, None),
    (15, "", "bidwordList size must in [1,200] , actual is 0", PermanentError, None),
    (15, "", "日限额不能低于30元", PermanentError, None),
    (15, "", "开始日期不能大于结束日期", PermanentError, None),
    # A business message is never retried, whoever the sub-code blames.
    (15, "isp.x", "已有关键词已经达到200", PermanentError, None),
    (30, "", "", ClockError, None),
    (31, "", "", ClockError, None),
    (26, "", "", AuthorisationError, None),
    (27, "invalid-sessionkey", "SessionKey非法", AuthorisationError, None),
    (12, "", "该子帐号无此操作权限", PermanentError, None),
    *[(code, "", "", PermanentError, None) for code in (11, 22, 25, 28, 29, 40, 41, 42, 43)],
    (99_999, "isp.x", "", PermanentError, None),
    (-3, "", "", PermanentError, None),
]


@pytest.mark.parametrize(("code", "sub_code", "sub_msg", "kind", "wait"), TABLE)
def test_every_message_is_one_class(shop, code, sub_code, sub_msg, kind, wait):
    said = refusal({"code": code, "msg": "m", "sub_code": sub_code, "sub_msg": sub_msg})
    error = error_of(said, "simba.campaigns.get", shop)
    assert type(error) is kind
    assert getattr(error, "wait_seconds", None) == wait
    for part in (shop.nick, "simba.campaigns.get", sub_code, sub_msg):
        assert part in str(error)


def test_codes_come_as_text_too(shop):
    assert type(error_of(refusal({"code": "27"}), "m", shop)) is AuthorisationError
    assert type(error_of(refusal({"code": "isv.odd"}), "m", shop)) is PermanentError


def test_a_lost_session_names_the_shop_and_what_to_do(shop):
    told = str(error_of(refusal({"code": 27}), "m", shop))
    assert shop.nick in told
    assert "re-authorisation" in told
    assert "secrets file" in told


def test_an_unknown_code_is_told_whole(shop):
    body = {"code": 4711, "msg": "new", "colour": "green", "sub_msg": f"key {shop.session}"}
    told = str(error_of(refusal(body), "m", shop))
    assert "4711" in told
    assert "green" in told
    assert shop.session not in told


@pytest.mark.parametrize(
    ("code", "sub_code", "sub_msg", "ambiguous"),
    [
        (10, "", "", True),
        (600, "", "", True),
        (15, "isp.x", "", True),
        (15, "isp.x", "推广组未找到", False),
        (15, "isv.x", "", False),
        (7, "", "", False),
        (31, "", "", False),
        (520, "", "", False),
    ],
)
def test_which_refused_writes_may_have_happened(code, sub_code, sub_msg, ambiguous):
    assert is_ambiguous(Refusal(code=code, sub_code=sub_code, sub_msg=sub_msg)) is ambiguous


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
fields = st.sampled_from(["code", "msg", "sub_code", "sub_msg", "request_id", "x"])
SHOP = TaobaoShop(app_key="1", app_secret="a-secret", session="a-session", nick="n")


@given(json_like | st.dictionaries(fields, json_like | st.integers(-50, 700)))
def test_nothing_the_platform_may_say_crashes(body):
    error = error_of(refusal(body), "m", SHOP)
    assert isinstance(error, ConnectorError)
    assert str(error)
