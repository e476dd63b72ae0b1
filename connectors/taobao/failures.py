"""What each error of the platform means: one class of ``connectors.errors`` for each.

Codes and messages: the open platform's error table, and business messages seen with code 15.
A code that is not known is permanent and is reported whole.
"""

from __future__ import annotations

import re
from typing import Final

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
from connectors.taobao.replies import Refusal
from connectors.taobao.shop import TaobaoShop

LONGEST_PAUSE: Final = 60  # seconds of a call limit that are a pause; longer ones end the day
UNSAID_PAUSE: Final = 60.0
UNAVAILABLE: Final = {10: 5.0, 600: 5.0}
QUERY_LATER: Final = {520: 180.0}
PLATFORMS_FAULT: Final = 3.0
CLOCK_CODES: Final = frozenset({30, 31})
SESSION_CODES: Final = frozenset({26, 27})
NO_RIGHT: Final = "give the app and the sub-account this permission on the open platform"
CHECK_APP: Final = "check app_key, app_secret and sign_method of the app"
OUR_CALL: Final = "the call itself is wrong: report it with the request id"
REMEDIES: Final[dict[int, str]] = {
    21: OUR_CALL,
    23: OUR_CALL,
    24: CHECK_APP,
    33: OUR_CALL,
    11: NO_RIGHT,
    12: NO_RIGHT + ", or authorise with the shop's main account",
    22: f"{OUR_CALL}, or {NO_RIGHT}",
    25: CHECK_APP,
    28: CHECK_APP,
    29: CHECK_APP,
    40: OUR_CALL,
    41: OUR_CALL,
    42: OUR_CALL,
    43: OUR_CALL,
}
FOREIGN: Final = "包含了不属于该客户的关键词Id"
GONE: Final = ("推广组未找到", "推广计划未找到")
BUSINESS: Final[dict[str, str]] = {
    "已有关键词已经达到200": "the adgroup is full; delete words of it first",
    FOREIGN: "a word was deleted or belongs to another shop; pull again",
    "推广组未找到": "the adgroup was deleted; pull again",
    "推广计划未找到": "the campaign was deleted; pull again",
    "出价必须在": "a bid is 0.05 to 99.99 yuan",
    "未找到指定客户": "the nick is wrong, or has no 直通车 account; correct it",
    "bidwordList size must in": "a batch holds 1 to 200 words",
    "日限额不能低于": "raise the daily budget to the least that is named",
    "开始日期不能大于结束日期": "the first day must not be after the last",
}
_SECONDS: Final = re.compile(r"(\d{1,9})\s*(?:more\s+)?(?:seconds?|秒)", re.IGNORECASE)


def error_of(refusal: Refusal, method: str, shop: TaobaoShop) -> ConnectorError:
    """The one error that ``refusal`` means, with the shop's secrets taken out of its words."""
    said = shop.redacted(f"shop {shop.nick}, {method}: {_words(refusal)}")
    code = refusal.code
    if code in SESSION_CODES:
        return AuthorisationError(
            f"{said}; the shop needs re-authorisation: its owner opens the app's authorisation "
            "page, and the new session replaces the old one in the environment or secrets file"
        )
    if code in CLOCK_CODES:
        return ClockError(f"{said}; set this machine's clock (the limit is 10 minutes)")
    if code in (7, 15):
        whole = shop.redacted(refusal.whole)
        return _limited(refusal, said) if code == 7 else _business(refusal, said, whole)
    if code in UNAVAILABLE or code in QUERY_LATER:
        return RetryableError(said, wait_seconds=(UNAVAILABLE | QUERY_LATER)[code])
    if code in REMEDIES:
        return PermanentError(f"{said}; {REMEDIES[code]}")
    return PermanentError(
        f"{said}; an error nobody has seen before: {shop.redacted(refusal.whole)}"
    )


def is_ambiguous(refusal: Refusal) -> bool:
    """Whether a refused write may still have taken effect: the platform failed on the way."""
    error = refusal.code in UNAVAILABLE
    return error or (refusal.code == 15 and _is_platforms_fault(refusal))


def _limited(refusal: Refusal, said: str) -> ConnectorError:
    found = _SECONDS.search(refusal.sub_msg) or _SECONDS.search(refusal.msg)
    seconds = float(found[1]) if found else UNSAID_PAUSE
    if seconds <= LONGEST_PAUSE:
        return RetryableError(f"{said}; called too fast", wait_seconds=seconds)
    return QuotaError(
        f"{said}; the app's calls of today are used up, no more for {seconds / 3600:.1f} hours",
        wait_seconds=seconds,
    )


def _business(refusal: Refusal, said: str, whole: str) -> ConnectorError:
    phrase = _known_business(refusal)
    if phrase == FOREIGN:
        return ForeignKeywordError(f"{said}; {BUSINESS[phrase]}")
    if phrase in GONE:
        return GoneError(f"{said}; {BUSINESS[phrase]}")
    if phrase is not None:
        return PermanentError(f"{said}; {BUSINESS[phrase]}")
    if _is_platforms_fault(refusal):
        return RetryableError(f"{said}; the platform's own fault", wait_seconds=PLATFORMS_FAULT)
    if refusal.sub_code.startswith("isv."):
        return PermanentError(f"{said}; {OUR_CALL}")
    return PermanentError(f"{said}; a refusal nobody has seen before: {whole}")


def _is_platforms_fault(refusal: Refusal) -> bool:
    return refusal.sub_code.startswith("isp.") and _known_business(refusal) is None


def _known_business(refusal: Refusal) -> str | None:
    told = f"{refusal.sub_msg}\n{refusal.msg}"
    return next((phrase for phrase in BUSINESS if phrase in told), None)


def _words(refusal: Refusal) -> str:
    parts: list[str] = [f"code {refusal.code}" if refusal.code is not None else "no code"]
    parts += [part for part in (refusal.msg, refusal.sub_code, refusal.sub_msg) if part]
    if refusal.request_id:
        parts.append(f"request id {refusal.request_id}")
    return ", ".join(parts)
