"""What opens a shop: found in the environment or a private file, shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings.loader import read
from service.settings.platform_secrets import PlatformSecrets, session_variable
from service.settings.problems import WrongConfigurationError

CONFIG = """\
accounts:
  - id: my-shop.2
    connector: {kind: taobao, generation: simba, nick: 店}
    objective: profit
    budgets: {daily: 100}
    economics: [{margin_rate: 0.3}]
  - id: other
    connector: {kind: taobao, generation: universalbp, nick: 店, session_env: TOKEN_OF_OTHER}
    objective: profit
    budgets: {daily: 100}
    economics: [{margin_rate: 0.3}]
"""


def found(folder: Path, env: dict[str, str]) -> PlatformSecrets:
    path = folder / "kaiche.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return read(path, env).platform_secrets


def secrets_file(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    path = folder / "secrets.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return {"KAICHE_SECRETS_FILE": str(path)}


def test_every_account_has_its_variable(tmp_path: Path) -> None:
    path = tmp_path / "kaiche.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    loaded = read(path, {})
    names = [session_variable(account) for account in loaded.settings.accounts]
    assert names == ["KAICHE_SESSION_MY_SHOP_2", "TOKEN_OF_OTHER"]
    assert [warning.path for warning in loaded.warnings if "also the shop" in warning.message] == [
        "accounts[1].connector.nick"
    ]


def test_a_file_that_changed_is_read_again_and_the_environment_stays(tmp_path: Path) -> None:
    env = secrets_file(tmp_path, "KAICHE_SESSION_MY_SHOP_2: old\nTOKEN_OF_OTHER: old\n")
    secrets = found(tmp_path, env | {"TOKEN_OF_OTHER": "from-env"})
    secrets_file(tmp_path, "KAICHE_SESSION_MY_SHOP_2: new\nTOKEN_OF_OTHER: new\n")
    renewed = secrets.renewed()
    assert renewed.values == {"KAICHE_SESSION_MY_SHOP_2": "new", "TOKEN_OF_OTHER": "from-env"}
    secrets_file(tmp_path, "KAICHE_APP_KEY: 1\n")
    assert renewed.renewed().get("KAICHE_SESSION_MY_SHOP_2") is None
    secrets_file(tmp_path, "KAICHE_APP_KEY: 1\n", mode=0o644)
    with pytest.raises(WrongConfigurationError, match="chmod 600"):
        renewed.renewed()


def test_without_a_file_nothing_is_read_again(tmp_path: Path) -> None:
    secrets = found(tmp_path, {"TOKEN_OF_OTHER": "from-env"})
    assert secrets.renewed() is secrets


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    env = secrets_file(
        tmp_path, "KAICHE_APP_SECRET: 0123\nTOKEN_OF_OTHER: from-file\nSTRANGER: no\n"
    )
    secrets = found(tmp_path, env | {"TOKEN_OF_OTHER": "from-env", "HOME": "/root"})
    assert secrets.values == {"KAICHE_APP_SECRET": "0123", "TOKEN_OF_OTHER": "from-env"}
    assert "0123" not in repr(secrets)
    assert "from-env" not in repr(secrets)


def test_a_json_file_will_do(tmp_path: Path) -> None:
    secrets = found(tmp_path, secrets_file(tmp_path, '{"KAICHE_SESSION_MY_SHOP_2": "s"}'))
    assert secrets.get("KAICHE_SESSION_MY_SHOP_2") == "s"
    assert secrets.get("TOKEN_OF_OTHER") is None


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("KAICHE_APP_SECRET: sesame\n", 0o640, r"mode 640\); run: chmod 600"),
        ("KAICHE_APP_SECRET: sesame\n", 0o604, r"mode 604\); run: chmod 600"),
        ("- sesame\n", 0o600, r":1:1: must be lines"),
        ("A: b\nKAICHE_APP_SECRET: [sesame]\n", 0o600, r":2:1: must be a name and a single value"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, mode: int, said: str
) -> None:
    with pytest.raises(WrongConfigurationError, match=said) as refused:
        found(tmp_path, secrets_file(tmp_path, text, mode))
    assert "sesame" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongConfigurationError, match=r"nowhere\.yaml: cannot be read"):
        found(tmp_path, {"KAICHE_SECRETS_FILE": str(tmp_path / "nowhere.yaml")})
