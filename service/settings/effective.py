"""The configuration for people and for the record: printed with secrets masked, and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from service.settings import places
from service.settings.models import Account, Settings
from service.settings.secrets import VARIABLES, Secrets, without_secrets

# Where an account's figures are fetched, and by which key, decides nothing about its bids.
_LOCATIONS: Final = (
    "path",
    "state",
    "gateway",
    "app_key",
    "session_env",
    "sign_method",
    "daily_calls",
    "rates",
    "sandbox",
)


def effective(settings: Settings, secrets: Secrets) -> dict[str, Any]:
    """Everything in force, defaults included, as plain values for YAML or JSON.

    ``secrets`` says of each environment variable whether it is set; passwords are masked. Without
    that block, the result written as YAML is a configuration again (the database's address apart).
    """
    shown: dict[str, Any] = without_secrets(_plain(settings.model_dump()))
    for account in shown["accounts"]:
        account["economics"] = [
            {key: value for key, value in entry.items() if value is not None}
            for entry in account["economics"]
        ]
    shown["database"]["address"] = places.masked(settings.database.address)
    shown["secrets"] = {
        variable: "not set" if getattr(secrets, name) is None else "set"
        for name, variable in VARIABLES.items()
    }
    return shown


def config_hash(account: Account) -> str:
    """SHA-256 (hex) of all that can change the account's nights.

    The same for any order of keys, any way of writing a number (0.3, 0.30), and defaults spelled
    out or left out; where the files lie (``connector.path``, ``connector.state``) does not count.
    """
    values = account.model_dump()
    for location in _LOCATIONS:
        values["connector"].pop(location, None)
    del values["apply"]  # when bids leave decides nothing about what they are
    del values["notify"]  # nor does who is told
    del values["promotions"]  # their names decide nothing either, their days do
    if account.promotions:
        values["promotions"] = sorted((one.first, one.last) for one in account.promotions)
    values["locked_keywords"] = sorted(set(account.locked_keywords))
    text = json.dumps(_plain(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """``value`` in types that YAML and JSON have; money with at most two decimals is exact."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value
