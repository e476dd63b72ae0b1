"""What goes wrong, on demand: faults drawn call by call from a seed, or queued one by one.

A drawn fault depends on (seed, number of the call) alone, so a campaign of nights can be lived
again. What happened is kept in ``FaultSchedule.happened``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from connectors.sandbox.gateway.refusal import (
    TopError,
    business,
    call_limited,
    invalid,
    invalid_session,
    missing,
    no_app_permission,
    no_user_permission,
)

REPORTS: Final = "taobao.simba.rpt."


class Kind(StrEnum):
    """A kind of fault: an error code, something on the wire, or something in the world."""

    BAN_SECONDS = "ban_seconds"  # 7, a few seconds
    BAN_DAY = "ban_day"  # 7, until midnight
    UNAVAILABLE = "unavailable"  # 10
    OVERLOADED = "overloaded"  # 600
    PLATFORM_ERROR = "platform_error"  # 15 isp.*
    CALLER_ERROR = "caller_error"  # 15 isv.*
    BUSY = "busy"  # 520
    NO_APP_PERMISSION = "no_app_permission"  # 11
    NO_USER_PERMISSION = "no_user_permission"  # 12
    INVALID_METHOD = "invalid_method"  # 22
    INVALID_SIGNATURE = "invalid_signature"  # 25
    MISSING_SESSION = "missing_session"  # 26
    INVALID_SESSION = "invalid_session"  # 27
    MISSING_APP_KEY = "missing_app_key"  # 28
    INVALID_APP_KEY = "invalid_app_key"  # 29
    MISSING_TIMESTAMP = "missing_timestamp"  # 30
    INVALID_TIMESTAMP = "invalid_timestamp"  # 31
    MISSING_ARGUMENT = "missing_argument"  # 40
    INVALID_ARGUMENT = "invalid_argument"  # 41
    FORBIDDEN = "forbidden"  # 42
    PARAMETER_ERROR = "parameter_error"  # 43
    UNKNOWN_CODE = "unknown_code"  # a number nobody has heard of

    CUT_BEFORE = "cut_before"  # the connection ends, nothing was done
    CUT_AFTER = "cut_after"  # it was done, then the connection ends
    TRUNCATED = "truncated"  # it was done, half of the answer comes
    SLOW = "slow"  # it was done, the answer takes its time
    HTML = "html"  # a page for people instead of JSON
    BAD_GATEWAY = "bad_gateway"  # HTTP 502
    ERROR_IN_REPORT = "error_in_report"  # success around an error object; reports only

    CLOCK_SKEW = "clock_skew"  # the platform's clock is off from here on
    SESSION_EXPIRES = "session_expires"  # from here on, until a person authorises again
    PERSON_EDITS = "person_edits"  # somebody sets bids in the back office just before
    BUDGET_RAISED = "budget_raised"  # the platform raises a budget just before

    PARTIAL = "partial"  # about half of the words of a price write are left out
    LATE = "late"  # a price write: the connection ends, and later it is done all the same
    STALE = "stale"  # a price write is done and answered; readings show it only later


CODES: Final = tuple(Kind)[: tuple(Kind).index(Kind.CUT_BEFORE)]
ALL_KINDS: Final = tuple(Kind)
_EITHER_WAY: Final = (Kind.HTML, Kind.BAD_GATEWAY)
_AFTER: Final = (Kind.CUT_AFTER, Kind.TRUNCATED, Kind.SLOW, Kind.ERROR_IN_REPORT)
_OF_PRICES: Final = (Kind.PARTIAL, Kind.LATE, Kind.STALE)
_PRICE_WRITES: Final = (".keywords.pricevon.set", ".bidword.update")
_LONGEST_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. ``method`` chooses calls whose full name starts with it.

    ``seconds``: how long a ban lasts, an answer, a late write or a fresh reading takes (at most
    120), or by how much the clock is off.
    ``done``: whether the call takes effect; None = as the kind has it. ``draw`` picks words,
    campaigns and amounts.
    """

    kind: Kind
    method: str = ""
    seconds: float | None = None
    done: bool | None = None
    draw: int = 0

    @property
    def takes_effect(self) -> bool:
        """Whether the call is carried out although its answer goes wrong."""
        return self.kind in _AFTER if self.done is None else self.done

    @property
    def delay(self) -> float:
        """Seconds by which an answer, a write or a reading is late."""
        return min(_LONGEST_SECONDS if self.seconds is None else self.seconds, _LONGEST_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Faults by chance: at ``rate`` a call, of ``kinds``, for methods that start with ``methods``.

    At most ``most`` of them (None: no end), from the ``first``-th call on (1 is the first).
    """

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[Kind, ...] = ALL_KINDS
    methods: tuple[str, ...] = ("",)
    first: int = 1
    most: int | None = None


class FaultSchedule:
    """Says call by call what goes wrong."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        self.plan = plan or FaultPlan()
        self.happened: list[tuple[int, str, Fault]] = []
        self._drawn = 0
        self._queued: list[Fault] = []

    def queue(self, *faults: Fault) -> None:
        """Let ``faults`` befall the next calls that they fit, one each, in this order."""
        self._queued.extend(faults)

    def clear(self, plan: FaultPlan | None = None) -> None:
        """Forget what is queued and go on with ``plan`` (default: nothing goes wrong)."""
        self._queued.clear()
        self.plan, self._drawn = plan or FaultPlan(), 0

    def counts(self) -> Counter[str]:
        """How often each kind has happened."""
        return Counter(str(fault.kind) for _, _, fault in self.happened)

    def next(self, number: int, method: str) -> Fault | None:
        """The fault of call ``number``, noted as happened."""
        fault = self._from_queue(method) or self._from_plan(number, method)
        if fault is not None:
            self.happened.append((number, method, fault))
        return fault

    def _from_queue(self, method: str) -> Fault | None:
        for position, fault in enumerate(self._queued):
            if fits(fault, method):
                return self._queued.pop(position)
        return None

    def _from_plan(self, number: int, method: str) -> Fault | None:
        plan = self.plan
        ended = plan.rate <= 0 or (plan.most is not None and self._drawn >= plan.most)
        if ended or number < plan.first or not method.startswith(plan.methods) or not plan.kinds:
            return None
        rng = np.random.default_rng(np.random.SeedSequence([plan.seed, 0xFA17, number]))
        if rng.random() >= plan.rate:
            return None
        kind = plan.kinds[int(rng.integers(len(plan.kinds)))]
        fault = Fault(kind=kind, draw=int(rng.integers(2**31)))
        if not fits(fault, method):
            return None
        if kind in _EITHER_WAY:
            fault = replace(fault, done=bool(rng.random() < 0.5))
        if kind is Kind.CLOCK_SKEW:
            minutes = float(rng.uniform(12, 40)) * (1 if rng.random() < 0.5 else -1)
            fault = replace(fault, seconds=round(60 * minutes))
        self._drawn += 1
        return fault


def fits(fault: Fault, method: str) -> bool:
    """Whether a fault can befall a call of ``method``."""
    if fault.kind is Kind.ERROR_IN_REPORT and not method.startswith(REPORTS):
        return False
    if fault.kind in _OF_PRICES and not method.endswith(_PRICE_WRITES):
        return False
    return method.startswith(fault.method)


def refusal_of(fault: Fault, to_midnight: int) -> TopError | None:
    """The error that a fault of one of ``CODES`` answers with; None for the other kinds."""
    if fault.kind is Kind.BAN_SECONDS:
        return call_limited(int(fault.seconds or 1))
    if fault.kind is Kind.BAN_DAY:
        return call_limited(int(fault.seconds or to_midnight))
    made = _REFUSALS.get(fault.kind)
    return made() if made else None


def report_error() -> TopError:
    """What stands in the place of a report that could not be made."""
    return business("服务暂时不可用", "isp.top-remote-service-unavailable")


_REFUSALS: Final[dict[Kind, Callable[[], TopError]]] = {
    Kind.UNAVAILABLE: lambda: TopError(10, "Service Currently Unavailable"),
    Kind.OVERLOADED: lambda: TopError(600, "Service Currently Unavailable", "isp.http-overload"),
    Kind.PLATFORM_ERROR: lambda: business("远程服务调用超时", "isp.top-remote-connection-timeout"),
    Kind.CALLER_ERROR: lambda: business("参数错误", "isv.invalid-parameter"),
    Kind.BUSY: lambda: TopError(520, "Busy", "isv.busy", "3分钟后再查询"),
    Kind.NO_APP_PERMISSION: no_app_permission,
    Kind.NO_USER_PERMISSION: no_user_permission,
    Kind.INVALID_METHOD: lambda: TopError(
        22, "Invalid Method", "isv.invalid-method", "不存在的方法名"
    ),
    Kind.INVALID_SIGNATURE: lambda: TopError(25, "Invalid signature", "isv.invalid-signature"),
    Kind.MISSING_SESSION: lambda: TopError(26, "Missing session", "isv.missing-session"),
    Kind.INVALID_SESSION: invalid_session,
    Kind.MISSING_APP_KEY: lambda: TopError(28, "Missing App Key", "isv.missing-app-key"),
    Kind.INVALID_APP_KEY: lambda: TopError(29, "Invalid App Key", "isv.appkey-not-exists"),
    Kind.MISSING_TIMESTAMP: lambda: TopError(30, "Missing Timestamp", "isv.missing-timestamp"),
    Kind.INVALID_TIMESTAMP: lambda: TopError(31, "Invalid timestamp", "isv.invalid-timestamp"),
    Kind.MISSING_ARGUMENT: lambda: missing("nick"),
    Kind.INVALID_ARGUMENT: lambda: invalid("page_no", "must be at least 1"),
    Kind.FORBIDDEN: lambda: TopError(42, "Forbidden Request", "isv.forbidden", "禁止的请求"),
    Kind.PARAMETER_ERROR: lambda: TopError(
        43, "Parameter Error", "isv.parameter-error", "参数错误"
    ),
    Kind.UNKNOWN_CODE: lambda: TopError(987, "Something New", "isv.never-seen", "没有见过的错误"),
}
