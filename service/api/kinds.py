"""The catalogue of problem types; ``GET /api/v1/problems/{name}`` answers from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.api import PREFIX

PROBLEMS_PATH = f"{PREFIX}/problems/"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: its name in the URL, its status, and what it means in both languages."""

    name: str
    status: int
    title: str
    title_zh: str
    remedy: str
    zh: str

    @property
    def uri(self) -> str:
        """The ``type`` of its documents."""
        return PROBLEMS_PATH + self.name


def _catalogue(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS: Mapping[str, Kind] = _catalogue(
    Kind(
        "bad-cursor",
        400,
        "The cursor cannot be used",
        "翻页标记无效",
        "Start again from the first page, with the filter and the order of your choice.",
        "请去掉 cursor，从第一页重新读取。",
    ),
    Kind(
        "unauthorized",
        401,
        "A valid token is needed",
        "需要有效的令牌",
        "Log in, or send Authorization: Bearer with a token of `kaiche token create`.",
        "请先登录，或在请求头 Authorization: Bearer 中带上 kaiche token create 生成的令牌。",
    ),
    Kind(
        "wrong-credentials",
        401,
        "The name or the password is wrong",
        "用户名或密码不正确",
        "Check both; an owner can set a new password with `kaiche user password`.",
        "请核对后重试；所有者可用 kaiche user password 重设密码。",
    ),
    Kind(
        "cross-site",
        403,
        "The request comes from another site",
        "请求来自其他网站",
        "Changes are taken only from pages of this server, or from programs that send no Origin.",
        "只接受本站页面发出的修改请求。",
    ),
    Kind(
        "forbidden",
        403,
        "The role is too low for this",
        "角色权限不足",
        "Ask an owner of the account for the role that is named.",
        "请联系该账户的所有者授予所需的角色。",
    ),
    Kind(
        "loopback-only",
        403,
        "Without any user only this machine is served",
        "还没有用户时只接受本机访问",
        "Add an owner with `kaiche user add NAME --role owner` to reach it from another machine.",
        "请先用 kaiche user add 用户名 --role owner 添加所有者，再从其他机器访问。",
    ),
    Kind(
        "not-found",
        404,
        "There is no such thing",
        "没有找到",
        "Check the id; lists under /api/v1 show what exists.",
        "请核对编号；/api/v1 下的列表给出现有的对象。",
    ),
    Kind(
        "method-not-allowed",
        405,
        "The address does not take this method",
        "该地址不支持此方法",
        "See the Allow header for the methods it takes.",
        "可用的方法见响应头 Allow。",
    ),
    Kind(
        "conflict",
        409,
        "The present state does not allow it",
        "当前状态不允许此操作",
        "Read it again and decide on what it shows now.",
        "请重新读取后再操作。",
    ),
    Kind(
        "second-person-needed",
        409,
        "Somebody else has to approve it",
        "须由另一人批准",
        "Nobody approves a bid of their own, or one that they opened; ask a colleague.",
        "不能批准自己修改或放行的出价，请由另一位同事批准。",
    ),
    Kind(
        "run-in-progress",
        409,
        "Another process is working on this night",
        "该夜任务正在运行",
        "Follow the run that is under way, or wait until its lease ends.",
        "请查看正在进行的任务，或等它结束。",
    ),
    Kind(
        "stale-data",
        409,
        "The data of yesterday cannot be used",
        "昨日数据不可用",
        "Import complete reports and start the night again.",
        "请导入完整的报表后重新运行。",
    ),
    Kind(
        "changed-since-shown",
        412,
        "It changed since it was shown to you",
        "展示之后内容已变化",
        "Read it again; `changes` names what is different, `etag` is what to send now.",
        "请重新查看；changes 列出了变化，etag 是最新标识。",
    ),
    Kind(
        "body-too-large",
        413,
        "The body is too large",
        "请求内容过大",
        "Send fewer lines at a time, or choose them by a filter.",
        "请减少一次提交的行数，或改用筛选条件。",
    ),
    Kind(
        "misdirected",
        421,
        "This server does not answer to that name",
        "服务器不接受此主机名",
        "Without any user, use 127.0.0.1, [::1] or localhost in the address.",
        "还没有用户时，请用 127.0.0.1、[::1] 或 localhost 访问。",
    ),
    Kind(
        "invalid-request",
        422,
        "The request is not valid",
        "请求内容有误",
        "`errors` names every field that is wrong, and why.",
        "errors 中列出了每个有误的字段及原因。",
    ),
    Kind(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key belongs to another request",
        "幂等键已用于另一个请求",
        "Use a new key for a new request; repeat a request only with its own body.",
        "新的请求请用新的 Idempotency-Key；重复请求时内容须相同。",
    ),
    Kind(
        "precondition-required",
        428,
        "Say what you have seen",
        "需要说明依据的版本",
        "Send If-Match with the ETag of what was shown.",
        "请在 If-Match 中带上所见内容的 ETag。",
    ),
    Kind(
        "too-many-attempts",
        429,
        "Too many attempts to log in",
        "登录尝试过于频繁",
        "Wait as long as Retry-After says; who is logged in stays so.",
        "请按 Retry-After 的秒数等待后再试；已登录的会话不受影响。",
    ),
    Kind(
        "internal",
        500,
        "Something went wrong in the server",
        "服务器内部错误",
        "Nothing was changed by this request. Give the request id to whoever runs the server.",
        "本次请求没有改动任何内容。请把 request_id 告诉管理员。",
    ),
    Kind(
        "platform-unavailable",
        502,
        "The advertising platform could not be read",
        "无法读取广告平台",
        "Nothing was changed. Look at the connector with `kaiche doctor`, then try again.",
        "没有改动任何内容。请用 kaiche doctor 检查连接后重试。",
    ),
    Kind(
        "busy",
        503,
        "The database is busy",
        "数据库正忙",
        "Nothing was changed. Wait as long as Retry-After says, then try again.",
        "没有改动任何内容。请按 Retry-After 的秒数等待后再试。",
    ),
    Kind(
        "unavailable",
        503,
        "The database cannot be used now",
        "数据库暂不可用",
        "Try again soon; /readyz says what is missing.",
        "请稍后再试；/readyz 会说明原因。",
    ),
)
