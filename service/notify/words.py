"""The words of messages: Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from service.reading.words import NEEDS, REASONS

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("{name} {day} 出价日报", "{name} {day}: bids of the day"),
    "alert_title": ("{name} 需要你处理", "{name} needs you"),
    "test_title": ("{name} kaiche 测试消息", "{name}: a test message of kaiche"),
    "test": (
        "收到这条说明通道可用. 无需处理.",
        "That this arrived means that the channel works. Nothing to do.",
    ),
    "open": ("在手机上查看并审批", "Open and approve on the phone"),
    "needs": ("需要你处理:", "What needs you:"),
    "nothing": ("没有等你处理的事.", "Nothing waits for you."),
    "item": ("· {said}", "- {said}"),
    "no_plan": ("今晚没有出价建议.", "There is no proposal tonight."),
    "older_plan": ("最近的建议是 {day} 的.", "The newest proposal is of {day}."),
    "plan": ("今晚方案 (每天, 现出价 → 新出价):", "Tonight's plan (a day, bids now → new bids):"),
    "spend": ("花费 {before} → {after}", "Spend {before} → {after}"),
    "contribution": ("贡献 {before} → {after}", "Contribution {before} → {after}"),
    "loss": ("亏损 {after}, 今晚额度 {allowed}", "Loss {after}, allowed tonight {allowed}"),
    "profit": (
        "盈利 {after}, 今晚额度 {allowed}",
        "Profit {after}, loss allowed tonight {allowed}",
    ),
    "loss_free": ("亏损 {after}", "Loss {after}"),
    "profit_free": ("盈利 {after}", "Profit {after}"),
    "window": (
        "本期已亏 {used} / {cap}, 还剩 {days} 天",
        "Lost {used} of the window's {cap}, {days} days left",
    ),
    "moves": (
        "改 {changed} 词 (共 {lines}): 提价 {raises}, 降价 {cuts}",
        "{changed} of {lines} words change: {raises} up, {cuts} down",
    ),
    "reason": ("· {said}, {count} 词", "- {said}, {count} words"),
    "last": ("{day} 实际 (预计):", "{day} as it came (as expected):"),
    "last_spend": ("花费 {real} ({expected})", "Spend {real} ({expected})"),
    "last_contribution": ("贡献 {real} ({expected})", "Contribution {real} ({expected})"),
    "waiting": ("其中 {waiting} 来自还没回流的订单", "{waiting} of it is of orders still to come"),
    "danger_plan": (
        "今晚方案守住微亏额度的把握只有 {share}, 承诺是 {promised}.",
        "Tonight's plan keeps the loss allowance with {share} certainty only; promised is {promised}.",
    ),
    "danger_window": (
        "微亏额度本期已用 {used}, 上限 {cap}, 还有 {days} 天.",
        "{used} of the window's {cap} allowance is used, with {days} days left.",
    ),
    "danger_day": (
        "{day} 亏损 {loss}, 超过单日额度 {amount}.",
        "{day} lost {loss}, more than the {amount} allowed a day.",
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Looks words up in one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of ``key`` with its places filled; KeyError for one that there is not."""
        return self._of(WORDS[key]).format(**values)

    def need(self, kind: str, values: Mapping[str, object]) -> str:
        """What waits for a person, in a sentence; an alert on record brings its own."""
        if kind == "alert":
            return str(values[self.language])
        return self._of(NEEDS[kind]).format(**values).strip()

    def reason(self, code: str) -> str:
        """A reason code in words; one that is not known stands for itself."""
        return self._of(REASONS.get(code, (code, code.replace("_", " "))))

    def _of(self, pair: tuple[str, str]) -> str:
        return pair[LANGUAGES.index(self.language)]
