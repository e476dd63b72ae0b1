"""Codes that are stored, in the words of the people who read them: Chinese, English."""

from __future__ import annotations

REASONS = {
    "raise_marginal_return": ("提价: 多花的钱还能带回更多", "raise: more spend brings back more"),
    "raise_allowance": ("提价: 用微亏额度换量", "raise: volume bought with the allowance"),
    "lower_unprofitable": ("降价: 点击不值这个价", "lower: its clicks are not worth the price"),
    "lower_marginal_return": ("降价: 钱在别处更有用", "lower: the money does more elsewhere"),
    "lower_budget": ("降价: 预算不够", "lower: the budget is short"),
    "lower_allowance": ("降价: 微亏额度不够", "lower: the loss allowance is short"),
    "lower_cap": ("降价: 高于最高出价", "lower: above the highest bid allowed"),
    "hold_optimal": ("不动: 已在最优", "hold: best where it is"),
    "hold_immature": ("不动: 近期订单尚未回齐", "hold: recent orders are still arriving"),
    "hold_minor": (
        "不动: 收益最小, 今晚改动名额已满",
        "hold: worth least, tonight's changes are used up",
    ),
    "hold_noise": ("不动: 差异小于误差", "hold: the difference is within the noise"),
    "explore_new": ("试探: 新词, 数据太少", "explore: a new word, too little is known"),
    "explore_uncertain": ("试探: 价值不确定", "explore: its worth is uncertain"),
    "not_biddable": ("不可按词出价", "takes no bid of its own"),
    "locked": ("锁定, 或在别处改过价", "locked, or changed elsewhere"),
    "rollback": ("撤销: 恢复原价", "undone: back to the bid before"),
    "unknown_bid": ("出价未知", "its bid is not known"),
}

# How a change may end for its word's profit; see service.risk.
RISKS = {
    "high": (
        "高: 预计就少赚 (用额度换量, 试探, 或把钱让给别的词)",
        "high: expected to earn less (volume by the allowance, learning, money for other words)",
    ),
    "middle": (
        "中: 预计多赚, 不利时少赚",
        "middle: expected to earn more, less if its clicks turn out badly",
    ),
    "low": ("低: 不利时也不少赚", "low: earns no less even if its clicks turn out badly"),
    "by_hand": ("人工定价, 未评估", "a person's bid, not assessed"),
    "unknown": ("没有区间, 未评估", "no interval, not assessed"),
    "none": ("不动", "stays"),
}
RISKS_SHORT = {
    "high": ("高", "high"),
    "middle": ("中", "middle"),
    "low": ("低", "low"),
    "by_hand": ("人工定价", "by hand"),
    "unknown": ("未评估", "not assessed"),
    "none": ("–", "–"),
}

STATES = {
    "pending": ("待审", "pending"),
    "approved": ("已批准", "approved"),
    "applying": ("提交中", "applying"),
    "applied": ("已生效", "applied"),
    "rejected": ("已驳回", "rejected"),
    "expired": ("已过期", "expired"),
    "superseded": ("已被取代", "superseded"),
    "blocked": ("被护栏拦下", "blocked"),
    "conflict": ("冲突", "conflict"),
    "failed": ("失败", "failed"),
    "unknown": ("结果不明", "unknown"),
    "rolled_back": ("已回滚", "rolled back"),
    "held": ("不动", "held"),
    "open": ("可审批", "open"),
    "running": ("运行中", "running"),
    "succeeded": ("成功", "succeeded"),
    "queued": ("排队中", "queued"),
    "done": ("完成", "done"),
    "halted": ("中止", "halted"),
    "prepared": ("未提交", "prepared"),
    "dispatching": ("提交中", "dispatching"),
    "released": ("已退回", "released"),
}


OUTCOMES = {
    "intended": ("未提交", "not sent"),
    "sent": ("提交中", "under way"),
    "applied": ("生效", "applied"),
    "failed": ("失败", "failed"),
    "conflict": ("冲突", "in conflict"),
    "unknown": ("结果不明", "unknown"),
    "released": ("退回待提交", "given back"),
    "expired": ("批准过期", "expired"),
}

WAITING = {
    "cap": ("预算上限", "under a budget cap"),
    "changed_today": ("今天已改过", "changed today"),
    "under_way": ("上一次改动未确认", "an earlier bid is under way"),
    "without_approval": ("没有批准记录", "no approval on record"),
    "edited": ("之后被改过", "edited since"),
    "gone": ("平台上已没有", "gone from the platform"),
    "unknown": ("结果不明", "its outcome is not known"),
    "rolled_back": ("已撤销过", "rolled back already"),
    "being_rolled_back": ("正在撤销", "being rolled back"),
}

# What waits for a person; places in braces are the figures of a Need.
NEEDS = {
    "stopped": (
        "提交已被停止 ({by}). {reason} 由所有者恢复 (kaiche resume), 停止文件则删除即可.",
        "Sending is stopped ({by}). {reason} An owner goes on (kaiche resume); a file is deleted.",
    ),
    "unauthorised": (
        "店铺授权已失效, 需要重新授权. {cause}",
        "The shop must be authorised again. {cause}",
    ),
    "run_failed": (
        "今晚没有算成: {cause}",
        "Tonight could not be worked out: {cause}",
    ),
    "no_night": (
        "{day} 还没有计算.",
        "{day} has not been worked out yet.",
    ),
    "unknown": (
        "{count} 个批次结果不明, 正在核对平台上的出价.",
        "{count} batches with unknown outcome; the bids on the platform are being read.",
    ),
    "blocked": (
        "护栏拦下了这份建议 ({count} 词), 需要第二个人写理由放行.",
        "Guardrails blocked this proposal ({count} words); a second person must open it with a reason.",
    ),
    "review": (
        "模型检查: {verdict}. 看过再批.",
        "Model check: {verdict}. Look before approving.",
    ),
    "pending": (
        "{count} 条改动等待审批.",
        "{count} changes wait for approval.",
    ),
    "unsent": (
        "{count} 条已批准, 尚未提交.",
        "{count} are approved and not sent yet.",
    ),
    "hands_off": (
        "{count} 个词在别处改过价, 已留给人处理.",
        "{count} words were changed elsewhere and are left to people.",
    ),
}
