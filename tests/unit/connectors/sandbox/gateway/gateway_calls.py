"""A gateway behind a real socket, and a caller that signs by its own reading of the rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx

from connectors.sandbox.gateway import App, Gateway, Limits, SandboxClock, ShopSpec, serve
from connectors.sandbox.scenario import DEMO

GMT8 = timezone(timedelta(hours=8))
START = datetime(2026, 7, 20, 8, 30, tzinfo=GMT8)
KEY, SECRET, ADMIN = "12345678", "helloworld", "let-me-in"
SHOP = replace(DEMO, keywords=400, campaigns=7, adgroups_per_campaign=2, dead_share=0.15)
NICK, SESSION = "沙盒旗舰店", "session-of-one"
OTHER_NICK, OTHER_SESSION = "另一家店", "session-of-two"


def one_shop(**changes: Any) -> ShopSpec:
    """The shop of these tests."""
    spec = ShopSpec(nick=NICK, session=SESSION, seed=11, scenario=SHOP, history_days=14)
    return replace(spec, **changes)


def other_shop() -> ShopSpec:
    """A second shop under the same app."""
    small = replace(DEMO, keywords=60, campaigns=2)
    return ShopSpec(nick=OTHER_NICK, session=OTHER_SESSION, seed=12, scenario=small, history_days=3)


def gateway(*shops: ShopSpec, **options: Any) -> Gateway:
    """A gateway at ``START`` whose clock stands."""
    return Gateway(
        app=options.pop("app", App(key=KEY, secret=SECRET)),
        shops=shops or (one_shop(),),
        clock=SandboxClock.standing(START),
        limits=options.pop("limits", Limits()),
        admin_token=ADMIN,
        **options,
    )


@dataclass
class Caller:
    """Sends signed calls; ``session`` and ``nick`` say for whom."""

    gateway: Gateway
    url: str
    http: httpx.Client
    session: str = SESSION
    nick: str = NICK
    secret: str = SECRET

    def parameters(self, method: str, **arguments: Any) -> dict[str, str]:
        """System parameters and arguments; dicts and lists become JSON, None leaves one out."""
        given: dict[str, Any] = {
            "method": method,
            "app_key": KEY,
            "session": self.session,
            "timestamp": self.gateway.clock.now().strftime("%Y-%m-%d %H:%M:%S"),
            "v": "2.0",
            "format": "json",
            "sign_method": "md5",
            **arguments,
        }
        return {
            key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in given.items()
            if value is not None
        }

    def signed(self, parameters: dict[str, str]) -> dict[str, str]:
        """The same with an md5 signature."""
        filled = sorted((k, v) for k, v in parameters.items() if v)
        text = self.secret + "".join(k + v for k, v in filled) + self.secret
        return {**parameters, "sign": hashlib.md5(text.encode()).hexdigest().upper()}

    def post(self, parameters: dict[str, str]) -> httpx.Response:
        """Parameters as they are."""
        return self.http.post(f"{self.url}/router/rest", data=parameters)

    def raw(self, method: str, **arguments: Any) -> Any:
        """The whole JSON of an answer."""
        response = self.post(self.signed(self.parameters(method, **arguments)))
        assert response.status_code == 200
        return response.json()

    def ok(self, method: str, **arguments: Any) -> Any:
        """The body of a success."""
        answer = self.raw(method, **arguments)
        root = method.removeprefix("taobao.").replace(".", "_") + "_response"
        assert set(answer) == {root}, answer
        assert answer[root].pop("request_id")
        return answer[root]

    def no(self, method: str, **arguments: Any) -> tuple[int, str]:
        """(code, sub_msg) of a refusal."""
        answer = self.raw(method, **arguments)
        assert set(answer) == {"error_response"}, answer
        error = answer["error_response"]
        assert error["request_id"]
        assert error["msg"]
        return error["code"], error.get("sub_msg", "")

    def simba(self, method: str, **arguments: Any) -> Any:
        """A success of the old generation, for our nick."""
        return self.ok(f"taobao.simba.{method}", nick=self.nick, **arguments)

    def simba_no(self, method: str, **arguments: Any) -> tuple[int, str]:
        """A refusal of the old generation."""
        return self.no(f"taobao.simba.{method}", **{"nick": self.nick, **arguments})

    def new(self, method: str, **arguments: Any) -> Any:
        """The result of the new generation."""
        context = {"biz_code": "onebpSearch"}
        body = self.ok(
            f"taobao.universalbp.new.{method}", **{"top_service_context": context, **arguments}
        )
        assert body["top_result"].pop("info") == {"ok": True}
        return body["top_result"]

    def new_no(self, method: str, **arguments: Any) -> tuple[int, str]:
        """A refusal of the new generation."""
        context = {"biz_code": "onebpSearch"}
        return self.no(
            f"taobao.universalbp.new.{method}", **{"top_service_context": context, **arguments}
        )

    def listed(self, method: str, item: str, **arguments: Any) -> tuple[int, list[Any]]:
        """(count, rows) of a bulk answer of the new generation."""
        bulk = self.new(method, **arguments)[f"{item}_top_bulk_data"]
        return bulk["count"], bulk[f"{item}_list"].get(item, [])

    def token(self) -> str:
        """What reports need."""
        return str(self.simba("login.authsign.get")["subway_token"])

    def adgroups(self) -> list[Any]:
        """All adgroups."""
        campaigns = self.simba("campaigns.get")["campaigns"]["campaign"]
        pages = [
            self.simba("adgroupsbycampaignid.get", campaign_id=row["campaign_id"])
            for row in campaigns
        ]
        return [row for page in pages for row in page["adgroups"]["adgroup_list"]["a_d_group"]]

    def keywords(self) -> list[Any]:
        """All words."""
        lists = [
            self.simba("keywordsbyadgroupid.get", adgroup_id=row["adgroup_id"])["keywords"]
            for row in self.adgroups()
        ]
        return [row for found in lists for row in found.get("keyword", [])]

    def priced(self) -> list[Any]:
        """Words that take a bid."""
        return [k for k in self.keywords() if k["max_price"] and k["audit_status"] == "audit_pass"]

    def prices(self, ids: list[int]) -> dict[int, int]:
        """Live prices."""
        found = self.simba("keywordsbykeywordids.get", keyword_ids=",".join(map(str, ids)))
        return {row["keyword_id"]: row["max_price"] for row in found["keywords"]["keyword"]}


def calling(made: Gateway) -> Iterator[Caller]:
    """A caller of a served gateway."""
    with serve(made) as url, httpx.Client(timeout=10, trust_env=False) as http:
        yield Caller(made, url, http)


FIRST, YESTERDAY = "2026-07-06", "2026-07-19"
BASE, EFFECT = "rpt.adgroupkeywordbase.get", "rpt.adgroupkeywordeffect.get"
LISTS = {
    BASE: "rpt_adgroupkeyword_base_list",
    EFFECT: "rpt_adgroupkeyword_effect_list",
}


def asked(caller: Caller, group: Any, **changes: Any) -> dict[str, Any]:
    """The parameters of a report of an adgroup."""
    return {
        "campaign_id": group["campaign_id"],
        "adgroup_id": group["adgroup_id"],
        "start_time": FIRST,
        "end_time": YESTERDAY,
        "source": "SUMMARY",
        "search_type": "SEARCH",
        "subway_token": caller.token(),
        "page_no": "1",
        "page_size": "500",
    } | changes


def report(caller: Caller, method: str, group: Any, **changes: Any) -> Any:
    """The decoded text of one page."""
    body = caller.simba(method, **asked(caller, group, **changes))
    assert set(body) == {LISTS[method]}
    assert isinstance(body[LISTS[method]], str)
    return json.loads(body[LISTS[method]])


def whole(caller: Caller, method: str, group: Any, size: int = 500, **changes: Any) -> list[Any]:
    """All pages, until one is not full."""
    rows: list[Any] = []
    number = 0
    while True:
        number += 1
        page = report(caller, method, group, page_no=str(number), page_size=str(size), **changes)
        rows += page
        if len(page) < size:
            return rows
