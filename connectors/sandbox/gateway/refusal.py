"""What the gateway refuses with: the platform's codes, one constructor a meaning.

``TopError`` is raised by checks and handlers and becomes an ``error_response``.
"""

from __future__ import annotations

from typing import Final

BUSINESS: Final = 15
BANNED: Final = "This ban will last for {seconds} more seconds"


class TopError(Exception):
    """An ``error_response``: numeric code, English message, and the two sub fields if any."""

    def __init__(self, code: int, msg: str, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(f"{code} {msg} {sub_code} {sub_msg}".strip())
        self.code = code
        self.msg = msg
        self.sub_code = sub_code
        self.sub_msg = sub_msg

    def fields(self) -> dict[str, object]:
        """The fields as they stand in the answer, without the request id."""
        body: dict[str, object] = {"code": self.code, "msg": self.msg}
        if self.sub_code:
            body["sub_code"] = self.sub_code
        if self.sub_msg:
            body["sub_msg"] = self.sub_msg
        return body


def call_limited(seconds: int) -> TopError:
    """Too many calls; the next is possible after ``seconds``."""
    sub_code = "accesscontrol.limited-by-api-access-count"
    return TopError(7, "App Call Limited", sub_code, BANNED.format(seconds=seconds))


def no_app_permission() -> TopError:
    """The app may not call this method."""
    message = "app has no permission of the api package of this method"
    return TopError(11, "Insufficient Isv Permissions", "isv.permission-api-package-limit", message)


def no_user_permission() -> TopError:
    """The session's user may not do this."""
    return TopError(
        12, "Insufficient User Permissions", "isv.permission-user-limit", "该子帐号无此操作权限"
    )


def invalid_session() -> TopError:
    """The session is unknown or has expired."""
    return TopError(27, "Invalid session", "invalid-sessionkey", "SessionKey非法")


def missing(name: str) -> TopError:
    """A parameter of the method is not there."""
    return TopError(
        40, "Missing Required Arguments", f"isv.missing-parameter:{name}", f"缺少参数:{name}"
    )


def invalid(name: str, reason: str) -> TopError:
    """A parameter of the method cannot be read."""
    return TopError(41, "Invalid Arguments", f"isv.invalid-parameter:{name}", f"{name}: {reason}")


def business(sub_msg: str, sub_code: str = "isv.invalid-parameter") -> TopError:
    """What the advertising system behind the gateway refuses."""
    return TopError(BUSINESS, "Remote service error", sub_code, sub_msg)


def batch_size(limit: int, actual: int) -> TopError:
    """Too many entries in one call, or none."""
    return business(f"bidwordList size must in [1,{limit}] , actual is {actual}")


FOREIGN_WORD: Final = "包含了不属于该客户的关键词Id"
NO_ADGROUP: Final = "推广组未找到"
NO_CAMPAIGN: Final = "推广计划未找到"
NO_CUSTOMER: Final = "未找到指定客户"
TOO_MANY_WORDS: Final = "已有关键词已经达到200"
BUDGET_TOO_LOW: Final = "日限额不能低于30元"
DATES_REVERSED: Final = "开始日期不能大于结束日期"
PRICE_RANGE: Final = "出价必须在0.05元到99.99元之间"
