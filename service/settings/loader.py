"""The configuration from its YAML file and the environment.

Every refusal names file, line and column, the key, and what to write instead; all that can be
found in one reading is told at once. Relative paths (``connector.path``, the ``state`` of a
simulated shop, a SQLite file in ``database``) start from the folder of the YAML file, so that it does
not matter where a command is started. ``KAICHE_DATABASE_URL`` replaces the database's address; a
relative SQLite file in it starts from the working directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.settings import places, schema
from service.settings.advice import advise
from service.settings.connectors import (
    APP_KEY_FORM,
    NICK_FORM,
    VARIABLE_FORM,
    ReportsConnector,
    SandboxConnector,
    TaobaoConnector,
)
from service.settings.models import (
    ACCOUNT_ID,
    Account,
    Settings,
)
from service.settings.nodes import compose, decode
from service.settings.notify import CHANNEL_NAME, CLOCK, MAIL_ADDRESS, MAIL_HOST
from service.settings.platform_secrets import PlatformSecrets
from service.settings.problems import Problem, WrongConfigurationError
from service.settings.reading import UNREADABLE, Reading
from service.settings.secrets import DATABASE_URL, Secrets
from service.settings.section import PLATFORM_ID
from service.settings.server import HOST, PUBLIC_URL
from service.settings.sign_in import CLIENT_FORM, SCOPE_FORM

_FORMS: Final = {
    ACCOUNT_ID: "write a letter or digit, then letters, digits, _ . or -, at most 64 in all",
    PLATFORM_ID: "write letters, digits, _ or - only, at most 64",
    APP_KEY_FORM: "write letters and digits only, as the open platform shows the key",
    NICK_FORM: "write the shop's account name, at most 64 characters",
    VARIABLE_FORM: "write the name of an environment variable, such as KAICHE_SESSION_MY_SHOP",
    PUBLIC_URL: "write the address that browsers use, without a path, such as https://bids.example.cn",
    CLIENT_FORM: "write the client id as the provider shows it",
    SCOPE_FORM: "write the name of a scope, such as email",
    CHANNEL_NAME: "write a small letter, then small letters, digits, _ or -, at most 32 in all",
    MAIL_ADDRESS: "write one mail address, such as owner@example.cn",
    MAIL_HOST: "write the mail server's name, such as smtp.example.cn",
    CLOCK: 'write a time of day from "00:00" to "23:59", in quotes',
    HOST: "write a host name or an address, such as 127.0.0.1",
}
_SENTENCES: Final = {
    "rule": "{message}",
    "greater_than_equal": "{text} is too small; write at least {ge}",
    "greater_than": "{text} is too small; write more than {gt}",
    "less_than_equal": "{text} is too large; write at most {le}",
    "less_than": "{text} is too large; write less than {lt}",
    "decimal_max_places": "{text} is finer than a fen; write at most {decimal_places} decimals",
    "too_short": "is empty; write at least one entry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What ``read`` brings: the settings, the secrets, and what is legal but looks like a mistake."""

    settings: Settings
    secrets: Secrets
    platform_secrets: PlatformSecrets
    warnings: tuple[Problem, ...]


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """The settings of the YAML file at ``path``; WrongConfigurationError (a ConfigError) otherwise."""
    return read(path, env).settings


def read(path: Path, env: Mapping[str, str]) -> Loaded:
    """Like ``load``, with the secrets of ``env`` and the warnings."""
    file = str(path)
    secrets = Secrets.from_env(env)
    found = Reading(file)
    root = compose(decode(_bytes(path), file), file, schema.homes())
    values = found.value(root, Settings, ())
    settings = _judge(values, found)
    _refuse_passwords(values, found)
    _refuse_environment(secrets, found)
    if settings is None or found.problems:
        raise WrongConfigurationError(found.problems)
    folder = path.absolute().parent
    resolved = _with_paths(settings, secrets, folder)
    return Loaded(
        settings=resolved,
        secrets=secrets,
        platform_secrets=PlatformSecrets.find(env, resolved.accounts, resolved.notify.channels),
        warnings=advise(resolved, found),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        message = "there is no such file; copy config/kaiche.yaml there, or name another file"
    except IsADirectoryError:
        message = "is a folder; name the YAML file in it"
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
    raise WrongConfigurationError([Problem(file=str(path), mark=None, path="", message=message)])


def _judge(values: Any, found: Reading) -> Settings | None:
    """The settings, unless the models refuse something; what they refuse is told in ``found``."""
    if values is UNREADABLE:
        return None
    already = frozenset(found.told)
    try:
        return Settings.model_validate(values)
    except ValidationError as refused:
        for error in refused.errors():
            path = _path(error["loc"], found)
            told = any(path[: len(known)] == known for known in already)
            entries_are_wrong = error["type"] == "too_short" and bool(error["input"])
            if not told and not entries_are_wrong:
                found.tell(path, found.nearest_place(path), _sentence(error, found, path))
        return None


def _path(location: tuple[int | str, ...], found: Reading) -> tuple[int | str, ...]:
    """A location of pydantic as the path in the file: without the names of union members."""
    parts = location[:-1] if location[-1] == "[key]" else location
    path: tuple[int | str, ...] = ()
    for part in parts[:-1]:
        if (*path, part) in found.places:
            path = (*path, part)
    return path if path in found.alone else (*path, parts[-1])


def _sentence(error: ErrorDetails, found: Reading, path: tuple[int | str, ...]) -> str:
    """What is wrong and what to write instead."""
    text = found.texts.get(path, "it")
    if error["loc"][-1] == "[key]":
        return f"is no id; {_FORMS[PLATFORM_ID]}"
    context = error.get("ctx", {})
    if error["type"] == "string_pattern_mismatch":
        return f"{text} is not accepted; {_FORMS[context['pattern']]}"
    return _SENTENCES[error["type"]].format(text=text, **context)


def _refuse_passwords(values: Any, found: Reading) -> None:
    block = values.get("database") if isinstance(values, dict) else None
    url = block.get("address") if isinstance(block, dict) else None
    if isinstance(url, str) and places.has_password(url):
        path = ("database",) if ("database",) in found.alone else ("database", "address")
        found.tell(
            path,
            found.places[path],
            "carries a password, which may not stand in the file; remove the line (and change the "
            f"password, if others could read it) and set {DATABASE_URL} to the whole address",
        )


def _refuse_environment(secrets: Secrets, found: Reading) -> None:
    wrong = places.database_complaint(secrets.database_url) if secrets.database_url else None
    if wrong is not None:
        found.problems.append(
            Problem(file="environment", mark=None, path=DATABASE_URL, message=wrong)
        )


def _with_paths(settings: Settings, secrets: Secrets, folder: Path) -> Settings:
    address = (
        places.anchored(secrets.database_url, Path.cwd())
        if secrets.database_url
        else places.anchored(settings.database.address, folder)
    )
    database = settings.database.model_copy(update={"address": address})
    accounts = tuple(_account_with_paths(account, folder) for account in settings.accounts)
    stop = settings.apply.stop_file
    anchored = None if stop is None else (folder / stop).resolve()
    apply = settings.apply.model_copy(update={"stop_file": anchored})
    return settings.model_copy(update={"database": database, "accounts": accounts, "apply": apply})


def _account_with_paths(account: Account, folder: Path) -> Account:
    connector = account.connector
    changed: dict[str, Any] = {}
    if isinstance(connector, ReportsConnector):
        changed["path"] = (folder / connector.path).resolve()
    elif isinstance(connector, SandboxConnector) and connector.state is not None:
        changed["state"] = (folder / connector.state).resolve()
    elif isinstance(connector, TaobaoConnector) and (shop := connector.sandbox) is not None:
        state = None if shop.state is None else (folder / shop.state).resolve()
        changed["sandbox"] = shop.model_copy(update={"state": state})
    return account.model_copy(update={"connector": connector.model_copy(update=changed)})
