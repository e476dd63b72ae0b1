"""The gateway without its wire: a call's bytes in, what to do with the connection out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

import numpy as np

from connectors.sandbox.gateway.access import App, admitted_app, admitted_shop
from connectors.sandbox.gateway.answer import Body, compact, envelope, refusal, request_id
from connectors.sandbox.gateway.arguments import Arguments
from connectors.sandbox.gateway.call import Call, Method
from connectors.sandbox.gateway.clock import SandboxClock, seconds_to_midnight
from connectors.sandbox.gateway.downloads import Downloads
from connectors.sandbox.gateway.faults import (
    Fault,
    FaultPlan,
    FaultSchedule,
    Kind,
    refusal_of,
    report_error,
)
from connectors.sandbox.gateway.limits import Limits, Meter
from connectors.sandbox.gateway.refusal import TopError
from connectors.sandbox.gateway.storefront import ShopSpec, Storefront

HTML_PAGE: Final = "<!DOCTYPE html><html><body><h1>系统繁忙, 请稍后再试</h1></body></html>"
_DEFAULT_SKEW_SECONDS: Final = 1_500.0
_EDITED_WORDS: Final = 3
_RAISE: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the wire shall do: answer ``body``; or cut the connection, whole (``cut``) or halfway.

    ``delay`` is seconds to wait before.
    """

    body: str = ""
    status: int = 200
    content_type: str = "text/javascript;charset=UTF-8"
    delay: float = 0.0
    cut: bool = False
    truncated: bool = False


class Sandbox:
    """Many shops under one app. Everything is safe to call from any thread."""

    def __init__(
        self,
        *,
        app: App,
        shops: Sequence[ShopSpec],
        clock: SandboxClock,
        limits: Limits | None = None,
        faults: FaultPlan | None = None,
    ) -> None:
        self.app = app
        self.clock = clock
        self.meter = Meter(limits or Limits())
        self.faults = FaultSchedule(faults)
        self.downloads = Downloads()
        self.fronts = {spec.session: Storefront(spec, clock) for spec in shops}
        self.lock = threading.RLock()
        self.skew = timedelta()
        self._calls = 0
        self._by_method: Counter[str] = Counter()
        self._late: list[tuple[datetime, Method, Call]] = []

    @property
    def calls(self) -> int:
        """Calls that have arrived so far."""
        return self._calls

    def calls_by_method(self) -> dict[str, int]:
        """Calls that were let in so far, by full method name."""
        with self.lock:
            return dict(sorted(self._by_method.items()))

    def now(self) -> datetime:
        """The platform's time as it tells it: the sandbox clock, off by the skew of a fault."""
        return self.clock.now() + self.skew

    def front(self, nick: str) -> Storefront:
        """A shop by its name; raises KeyError."""
        for front in self.fronts.values():
            if front.nick == nick:
                return front
        raise KeyError(nick)

    def answer(self, form: bytes, base_url: str) -> Answer:
        """Answer one call of the protocol, with whatever fault befalls it."""
        with self.lock:
            self.catch_up()
            self._calls += 1
            number = request_id(self._calls)
            try:
                parameters = read_form(form)
            except TopError as error:
                return Answer(body=compact(refusal(error.fields(), number)))
            fault = self.faults.next(self._calls, parameters.get("method", ""))
            if fault is None:
                return Answer(body=compact(self._carried_out(parameters, number, base_url)))
            return self._faulty(fault, parameters, number, base_url)

    def catch_up(self) -> None:
        """Carry out late writes whose time has come; every call does so first."""
        with self.lock:
            now = self.clock.now()
            due = [one for one in self._late if one[0] <= now]
            self._late = [one for one in self._late if one[0] > now]
            for _, method, call in due:
                with suppress(TopError):  # nobody is there to be told
                    method.handler(call)

    def raise_budget(self, front: Storefront, campaign: int, budget_fen: int | None = None) -> None:
        """Let the platform raise a campaign's budget, by half if no amount is given."""
        now_fen = float(front.shop.budgets_now()[campaign])
        if budget_fen is None and np.isfinite(now_fen):
            budget_fen = round(now_fen * _RAISE)
        front.shop.set_budget(campaign, budget_fen, "platform")

    def _faulty(
        self, fault: Fault, parameters: Mapping[str, str], number: str, base_url: str
    ) -> Answer:
        self._change_world(fault, parameters)
        error = refusal_of(fault, seconds_to_midnight(self.clock.now()))
        if error is not None and not fault.takes_effect:
            return Answer(body=compact(refusal(error.fields(), number)))
        if fault.kind is Kind.CUT_BEFORE:
            return Answer(cut=True)
        if fault.kind is Kind.LATE:
            self._put_off(parameters, base_url, fault.delay)
            return Answer(cut=True)
        body: Body = {}
        if fault.takes_effect or fault.kind not in (Kind.HTML, Kind.BAD_GATEWAY):
            partial = fault.draw if fault.kind is Kind.PARTIAL else None
            body = self._carried_out(parameters, number, base_url, partial)
        if error is not None:
            return Answer(body=compact(refusal(error.fields(), number)))
        if fault.kind is Kind.ERROR_IN_REPORT:
            body = _with_error_inside(body)
        return _spoilt(fault, compact(body))

    def _carried_out(
        self,
        parameters: Mapping[str, str],
        number: str,
        base_url: str,
        partial: int | None = None,
    ) -> Body:
        try:
            method, call = self._admitted(parameters, base_url, partial)
            return envelope(method.name, method.handler(call), number)
        except TopError as error:
            return refusal(error.fields(), number)

    def _put_off(self, parameters: Mapping[str, str], base_url: str, seconds: float) -> None:
        """Carry the call out later, if it is one that would be carried out now."""
        with suppress(TopError):
            method, call = self._admitted(parameters, base_url)
            self._late.append((call.now + timedelta(seconds=seconds), method, call))

    def _admitted(
        self, parameters: Mapping[str, str], base_url: str, partial: int | None = None
    ) -> tuple[Method, Call]:
        """The call as its handler gets it; raises TopError at the first door that stays shut."""
        method = admitted_app(parameters, self.app, self.now())
        self.meter.count(method.name, self.clock.now())
        front = admitted_shop(parameters, method, self.fronts)
        self._by_method[method.name] += 1
        front.refresh()
        call = Call(
            method=method.name,
            arguments=Arguments(parameters),
            front=front,
            now=self.clock.now(),
            downloads=self.downloads,
            base_url=base_url,
            partial=partial,
        )
        return method, call

    def _change_world(self, fault: Fault, parameters: Mapping[str, str]) -> None:
        if fault.kind is Kind.CLOCK_SKEW:
            off = _DEFAULT_SKEW_SECONDS if fault.seconds is None else fault.seconds
            self.skew = timedelta(seconds=off)
        front = self.fronts.get(parameters.get("session", ""))
        if front is None:
            return
        if fault.kind is Kind.SESSION_EXPIRES:
            front.expired = True
        elif fault.kind is Kind.PERSON_EDITS:
            _edit_some(front, fault.draw)
        elif fault.kind is Kind.STALE:
            front.go_stale(self.clock.now() + timedelta(seconds=fault.delay))
        elif fault.kind is Kind.BUDGET_RAISED:
            limited = np.flatnonzero(np.isfinite(front.shop.budgets_now()))
            if len(limited):
                self.raise_budget(front, int(limited[fault.draw % len(limited)]))


def read_form(form: bytes) -> dict[str, str]:
    """The parameters of a form; raises TopError when they are not UTF-8."""
    try:
        pairs = parse_qsl(
            form.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict"
        )
    except ValueError as error:
        raise TopError(
            41, "Invalid Arguments", "isv.invalid-encoding", "参数编码不是UTF-8"
        ) from error
    return dict(pairs)


def _edit_some(front: Storefront, draw: int) -> None:
    """A person changes a few bids by up to a fifth."""
    rng = np.random.default_rng(np.random.SeedSequence([draw, 0x9E05]))
    bids = front.shop.bids_now()
    free = np.flatnonzero((bids > 0) & front.shop.directory.biddable)
    chosen = rng.permutation(free)[:_EDITED_WORDS]
    factors = rng.uniform(0.8, 1.2, len(chosen))
    wanted = np.clip(np.round(bids[chosen] * factors), 5, 9999).astype(int)
    wanted = np.where(wanted == bids[chosen], wanted + 1, wanted)
    front.shop.set_bids(dict(zip(chosen.tolist(), wanted.tolist(), strict=True)), "person")


def _with_error_inside(body: Body) -> Body:
    """A success whose report text is an error object; refusals stay as they are."""
    spoilt: Body = {}
    for root, content in body.items():
        inner = dict(content) if isinstance(content, dict) else {}
        for key in inner:
            if key.endswith("_list"):
                inner[key] = compact(report_error().fields())
        spoilt[root] = inner
    return spoilt


def _spoilt(fault: Fault, text: str) -> Answer:
    if fault.kind is Kind.CUT_AFTER:
        return Answer(cut=True)
    if fault.kind is Kind.TRUNCATED:
        return Answer(body=text, truncated=True)
    if fault.kind is Kind.SLOW:
        return Answer(body=text, delay=fault.delay)
    if fault.kind is Kind.HTML:
        return Answer(body=HTML_PAGE, content_type="text/html;charset=UTF-8")
    if fault.kind is Kind.BAD_GATEWAY:
        return Answer(body=HTML_PAGE, status=502, content_type="text/html;charset=UTF-8")
    return Answer(body=text)
