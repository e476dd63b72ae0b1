"""Nothing secret is printed, and keys that name secrets are recognised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.settings.secrets import MASK, Secrets, mask_text, variable_for, without_secrets


def test_the_environment_fills_the_secrets() -> None:
    secrets = Secrets.from_env({"KAICHE_APP_SECRET": "sesame-2", "HOME": "/root"})
    assert (secrets.app_secret, secrets.database_url) == ("sesame-2", None)


def test_printing_shows_what_is_set_and_nothing_more() -> None:
    assert repr(Secrets(app_secret="sesame")) == f"Secrets(app_secret={MASK!r})"
    assert str(Secrets()) == "Secrets()"


@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("token", "kaiche token create"),
        ("authToken", "kaiche token create"),
        ("password", "KAICHE_DATABASE_URL"),
        ("DB-Passwd", "KAICHE_DATABASE_URL"),
        ("secret", "KAICHE_APP_SECRET"),
        ("app_secret", "KAICHE_APP_SECRET"),
        ("appSecret", "KAICHE_APP_SECRET"),
        ("client_secret", "KAICHE_OIDC_SECRET"),
        ("clientSecret", "KAICHE_OIDC_SECRET"),
        ("api_key", "KAICHE_APP_SECRET"),
        ("session_key", "KAICHE_SESSION_<ACCOUNT ID>"),
        ("session", "KAICHE_SESSION_<ACCOUNT ID>"),
        ("credentials", "KAICHE_APP_SECRET"),
        ("keyword_id", None),
        ("app_key", None),
        ("session_env", None),
        ("name", None),
        ("tokens_used", None),
        ("secretary", None),
    ],
)
def test_keys_that_name_secrets(key: str, variable: str | None) -> None:
    assert variable_for(key) == variable


def test_secrets_are_taken_out_of_whatever_holds_them() -> None:
    value = {
        "bid_fen": 85,
        "app_secret": {"deep": "sesame"},
        "token": None,
        "note": "Authorization: Bearer sesame-sesame, see postgres://u:sesame@h/d?password=sesame",
        "list": ["http://u:sesame@h", ("amqp://:sesame@h",)],
    }
    clean = without_secrets(value)
    assert "sesame" not in repr(clean)
    assert clean["bid_fen"] == 85
    assert clean["token"] is None
    assert clean["app_secret"] == MASK


@given(
    st.text(
        st.characters(exclude_characters="/@ \t\r\n", exclude_categories=["C", "Z"]), min_size=8
    )
)
def test_no_password_of_a_url_survives(password: str) -> None:
    text = f"postgresql://kaiche:{password}#@db/kaiche"
    assert mask_text(text) == f"postgresql://kaiche:{MASK}@db/kaiche"


def test_plain_words_are_left_alone() -> None:
    for text in ("the bearer of news", "http://host/a:b", "3:1 at 08:30", "词 9:00 涨价"):
        assert mask_text(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "https://oapi.dingtalk.com/robot/send?access_token=open-sesame",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?a=1&key=open-sesame",
        "https://open.feishu.cn/open-apis/bot/v2/hook/open-sesame-17",
        "https://eco.taobao.com/router/rest?app_key=1&session=open-sesame&sign=open-sesame",
        "https://login.example.cn/token?client_secret=open-sesame#x",
    ],
)
def test_addresses_that_open_something_are_masked(url: str) -> None:
    assert "sesame" not in mask_text(f"ConnectError({url!r}) from {url}")
    assert mask_text(url).startswith(url[:20])
