"""Signed calls over HTTP that are paced, counted, and tried again only where that is safe.

A read is tried again after anything that may pass. A write is tried again only when the platform
cannot have begun it: no connection, called too fast, wrong time. When a write was sent and no
clear answer came, ``UnknownOutcomeError`` says so, and nothing is sent a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import httpx

from connectors.errors import (
    ClockError,
    ConnectorError,
    PermanentError,
    QuotaError,
    RetryableError,
    TransportError,
    UnknownOutcomeError,
)
from connectors.taobao import failures, replies
from connectors.taobao.limits import MemoryQuotaMeter, QuotaMeter, RateLimiter
from connectors.taobao.replies import Answer, Json, Refusal, Unreadable
from connectors.taobao.shop import Patience, TaobaoShop
from connectors.taobao.signing import SIGN, signature

PLATFORM_ZONE: Final = ZoneInfo("Asia/Shanghai")
WRITE_MARGIN_SECONDS: Final = 1.0
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_THIS_MACHINE: Final = ("all://127.0.0.1", "all://localhost", "all://[::1]")
_FORM: Final = "application/x-www-form-urlencoded;charset=UTF-8"
T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


def open_client(patience: Patience) -> httpx.Client:
    """A client with the explicit time-outs of ``patience``; whoever opens it closes it.

    One client may serve many shops: nothing of a shop is kept in it. A gateway on this machine is
    reached directly, whatever proxy the environment names.
    """
    timeout = httpx.Timeout(patience.read_seconds, connect=patience.connect_seconds)
    direct = dict.fromkeys(_THIS_MACHINE)
    return httpx.Client(timeout=timeout, follow_redirects=False, mounts=direct)


Decode = Callable[[Json], T | Refusal | Unreadable]


class Transport:
    """Calls in the name of one shop. ``clock`` gives aware instants, ``sleep`` waits seconds.

    ``meter`` counts the calls of the app, so shops of one app share one. Safe between threads.
    """

    def __init__(
        self,
        shop: TaobaoShop,
        client: httpx.Client,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        meter: QuotaMeter | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.shop = shop
        self.patience = patience or Patience()
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._meter = MemoryQuotaMeter() if meter is None else meter
        rates = self.patience
        self._limiter = RateLimiter(clock, lambda name: rates.rates.get(name, rates.rate))
        self._offset = timedelta()
        self._exhausted_until: datetime | None = None

    def read(self, method: str, parameters: Mapping[str, str] | None = None) -> Json:
        """The payload of a call that changes nothing; ``method`` is without ``taobao.``.

        Raises RetryableError when patience is used up, QuotaError, or a PermanentError.
        """
        return self._call(method, parameters or {}, _as_it_is, writing=False)

    def read_rows(self, method: str, parameters: Mapping[str, str], field: str) -> list[Json]:
        """The rows of a report that comes as a JSON string in ``field``; errors as ``read``.

        An error object inside the string counts as if the platform had answered with it.
        """
        return self._call(
            method, parameters, lambda payload: replies.inside(payload.get(field)), writing=False
        )

    def write(self, method: str, parameters: Mapping[str, str]) -> Json:
        """The payload of a call that changes something.

        Raises UnknownOutcomeError when it was sent and no clear answer came; every other error
        means that nothing was changed.
        """
        return self._call(method, parameters, _as_it_is, writing=True)

    def pause(self, seconds: float) -> None:
        """Wait, as the injected ``sleep`` does."""
        self._sleep(seconds)

    def now(self) -> datetime:
        """The platform's local time, as far as it is known."""
        return (self._clock() + self._offset).astimezone(PLATFORM_ZONE)

    @property
    def clock_offset(self) -> timedelta:
        """How far the platform's clock was found ahead of ours; zero while it never complained."""
        return self._offset

    def calls_left(self) -> int | None:
        """Calls left today; None while neither the quota nor its end is known."""
        now = self.now()
        if self._exhausted_until is not None and now < self._exhausted_until:
            return 0
        quota = self.shop.daily_calls
        return None if quota is None else max(0, quota - self._meter.used(now.date()))

    @contextmanager
    def download(self, url: str) -> Iterator[Iterator[bytes]]:
        """The bytes behind an address that the platform gave; neither signed nor counted.

        Raises TransportError, also while the bytes are being read.
        """
        try:
            with self._client.stream("GET", url) as response:
                if response.status_code != 200:
                    raise self._unusable("download", f"HTTP {response.status_code}")
                yield response.iter_bytes()
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
            raise self._unusable("download", type(error).__name__) from error

    def _call(
        self, method: str, parameters: Mapping[str, str], decode: Decode[T], *, writing: bool
    ) -> T:
        corrected = False
        attempt = 0
        while True:
            attempt += 1
            self._pace(method)
            try:
                return self._once(method, parameters, decode, writing=writing)
            except _WrongTimeError as wrong:
                if corrected or wrong.server_time is None:
                    raise wrong.error from None
                corrected = True
                self._offset = wrong.server_time - self._clock()
                _log.warning("%s: clock corrected by %s", method, self._offset)
            except QuotaError as error:
                self._exhausted_until = self.now() + timedelta(seconds=error.wait_seconds)
                raise
            except RetryableError as error:
                if attempt >= self.patience.attempts:
                    raise
                wait = self._wait(error, attempt, writing=writing)
                _log.warning("%s: attempt %d failed, next in %g s", method, attempt, wait)
                self._sleep(wait)

    def _wait(self, error: RetryableError, attempt: int, *, writing: bool) -> float:
        if isinstance(error, TransportError):
            return float(error.wait_seconds * 2 ** (attempt - 1))
        return error.wait_seconds + (WRITE_MARGIN_SECONDS if writing else 0)

    def _pace(self, method: str) -> None:
        """Keep the rate and the quota; raises QuotaError instead of sending a call too many."""
        now = self.now()
        if self.calls_left() == 0:
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            until = max(self._exhausted_until or midnight, now)
            raise QuotaError(
                f"shop {self.shop.nick}: the app's calls of {now:%Y-%m-%d} are used up "
                f"(quota {self.shop.daily_calls}); {method} was not sent",
                wait_seconds=(until - now).total_seconds(),
            )
        wait = self._limiter.take(method)
        if wait > 0:
            self._sleep(wait)
        self._meter.add(self.now().date(), 1)

    def _once(
        self, method: str, parameters: Mapping[str, str], decode: Decode[T], *, writing: bool
    ) -> T:
        form, began = self._signed(method, parameters), self._clock()
        try:
            response = self._client.post(
                self.shop.gateway, data=form, headers={"Content-Type": _FORM}
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PermanentError(
                f"shop {self.shop.nick}: the gateway {self.shop.gateway!r} is no address of the "
                "form https://host/path; correct it in the configuration"
            ) from error
        except NOT_SENT as error:
            raise self._unusable(method, type(error).__name__) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._lost(method, type(error).__name__, writing=writing) from error
        found = replies.read(method, response.status_code, response.content)
        milliseconds = (self._clock() - began).total_seconds() * 1_000
        if isinstance(found, Answer):
            _log.debug("%s: request id %s, %.0f ms", method, found.request_id, milliseconds)
            decoded = decode(found.payload)
            if not isinstance(decoded, Refusal | Unreadable):
                return decoded
            found = decoded
        if isinstance(found, Unreadable):
            raise self._lost(method, found.reason, writing=writing)
        _log.info("%s: refused, request id %s, code %s", method, found.request_id, found.code)
        raise self._refused(found, method, _server_time(response), writing=writing)

    def _refused(
        self, found: Refusal, method: str, server_time: datetime | None, *, writing: bool
    ) -> Exception:
        error = failures.error_of(found, method, self.shop)
        if isinstance(error, ClockError):
            return _WrongTimeError(error, server_time)
        if writing and failures.is_ambiguous(found):
            return UnknownOutcomeError(f"{error}; whether the write took effect is not known")
        return error

    def _signed(self, method: str, parameters: Mapping[str, str]) -> dict[str, str]:
        system = {
            "method": f"taobao.{method}",
            "app_key": self.shop.app_key,
            "session": self.shop.session,
            "timestamp": self.now().strftime("%Y-%m-%d %H:%M:%S"),
            "v": "2.0",
            "sign_method": self.shop.sign_method,
            "format": "json",
        }
        form = {key: value for key, value in {**parameters, **system}.items() if value}
        form[SIGN] = signature(form, self.shop.app_secret, self.shop.sign_method)
        return form

    def _lost(self, method: str, reason: str, *, writing: bool) -> ConnectorError:
        if not writing:
            return self._unusable(method, reason)
        return UnknownOutcomeError(
            f"shop {self.shop.nick}, {method}: the write was sent and no usable answer came "
            f"({self.shop.redacted(reason)}); read the bids to learn whether it took effect"
        )

    def _unusable(self, method: str, reason: str) -> TransportError:
        return TransportError(
            f"shop {self.shop.nick}, {method}: no usable answer from {self.shop.gateway} "
            f"({self.shop.redacted(reason)}); check the network and the gateway's address",
            wait_seconds=1,
        )


class _WrongTimeError(Exception):
    """The platform refused our time; ``server_time`` is what it says the time is."""

    def __init__(self, error: ClockError, server_time: datetime | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.server_time = server_time


def _server_time(response: httpx.Response) -> datetime | None:
    try:
        said = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _as_it_is(payload: Json) -> Json:
    return payload
