"""The platform's door: app, signature, time, session, permission, in that order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.sandbox.gateway.call import Method, Package
from connectors.sandbox.gateway.clock import PLATFORM_ZONE, STAMP
from connectors.sandbox.gateway.methods import METHODS
from connectors.sandbox.gateway.refusal import (
    TopError,
    invalid_session,
    no_app_permission,
    no_user_permission,
)
from connectors.sandbox.gateway.signature import is_right
from connectors.sandbox.gateway.storefront import Storefront

CLOCK_TOLERANCE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app of the open platform and the packages of methods it was granted."""

    key: str
    secret: str
    packages: frozenset[Package] = frozenset({"simba", "universalbp"})


def admitted_app(parameters: Mapping[str, str], app: App, now: datetime) -> Method:
    """Check everything that does not need the shop; returns the method. Raises TopError."""
    name = parameters.get("method", "")
    if not name:
        raise TopError(21, "Missing Method", "isv.missing-method", "缺少方法名参数")
    if not parameters.get("app_key"):
        raise TopError(28, "Missing App Key", "isv.missing-app-key", "缺少AppKey参数")
    if parameters["app_key"] != app.key:
        raise TopError(29, "Invalid App Key", "isv.appkey-not-exists", "无效的AppKey参数")
    _check_form(parameters)
    _check_time(parameters.get("timestamp", ""), now)
    if not parameters.get("sign"):
        raise TopError(24, "Missing Signature", "isv.missing-signature", "缺少签名参数")
    if not is_right(parameters, app.secret):
        raise TopError(25, "Invalid signature", "isv.invalid-signature", "无效签名")
    method = METHODS.get(name)
    if method is None:
        raise TopError(22, "Invalid Method", "isv.invalid-method", "不存在的方法名")
    if method.package not in app.packages:
        raise no_app_permission()
    return method


def admitted_shop(
    parameters: Mapping[str, str], method: Method, fronts: Mapping[str, Storefront]
) -> Storefront:
    """The shop that the session opens. Raises TopError."""
    session = parameters.get("session", "")
    if not session:
        raise TopError(26, "Missing session", "isv.missing-session", "缺少SessionKey参数")
    front = fronts.get(session)
    if front is None or front.expired:
        raise invalid_session()
    if method.writes and not front.may_write:
        raise no_user_permission()
    return front


def _check_form(parameters: Mapping[str, str]) -> None:
    if parameters.get("v") != "2.0":
        raise TopError(33, "Invalid Version", "isv.invalid-version", "非法的版本参数")
    if parameters.get("format") != "json":
        raise TopError(23, "Invalid Format", "isv.invalid-format", "沙盒只提供json格式")


def _check_time(text: str, now: datetime) -> None:
    if not text:
        raise TopError(30, "Missing Timestamp", "isv.missing-timestamp", "缺少时间戳参数")
    try:
        sent = datetime.strptime(text, STAMP).replace(tzinfo=PLATFORM_ZONE)
    except ValueError:
        sent = None
    if sent is None or abs(sent - now) > CLOCK_TOLERANCE:
        raise TopError(31, "Invalid timestamp", "isv.invalid-timestamp", "非法的时间戳参数")
