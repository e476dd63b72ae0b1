"""What was wrong with a request's fields, told field by field in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from service.api.problems import RefusalError, answer

_MOST_ERRORS = 100

_ZH: Mapping[str, str] = {
    "missing": "缺少该字段",
    "extra_forbidden": "没有这个字段，请核对拼写",
    "json_invalid": "内容不是有效的 JSON",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "string_type": "应为文字",
    "string_too_short": "内容过短",
    "string_too_long": "内容过长",
    "string_pattern_mismatch": "格式不对",
    "date_from_datetime_parsing": "日期应写作 2026-07-31",
    "date_parsing": "日期应写作 2026-07-31",
    "datetime_from_date_parsing": "时间应写作 2026-07-31T09:00:00+08:00",
    "timezone_aware": "时间须带时区，如 +08:00",
    "greater_than": "数值过小",
    "greater_than_equal": "数值过小",
    "less_than": "数值过大",
    "less_than_equal": "数值过大",
    "too_short": "个数太少",
    "too_long": "个数太多",
}


def field_path(location: Sequence[int | str]) -> str:
    """``("body", "lines", 0, "etag")`` as ``body.lines[0].etag``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".")


def describe(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One entry a wrong field: ``field``, ``code``, ``detail``, ``zh``; the value is not echoed."""
    return [
        {
            "field": field_path(error["loc"]),
            "code": str(error["type"]),
            "detail": str(error["msg"]),
            "zh": _ZH.get(str(error["type"]), "不符合要求"),
        }
        for error in errors[:_MOST_ERRORS]
    ]


def invalid(field: str, detail: str, zh: str, *, code: str = "value_error") -> RefusalError:
    """A refusal of one field, for checks that need more than the field itself."""
    return RefusalError(
        "invalid-request",
        f"{field}: {detail}",
        zh=f"{field}：{zh}",
        extra={"errors": [{"field": field, "code": code, "detail": detail, "zh": zh}]},
    )


def _each_once(errors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    by_place = {(tuple(error["loc"]), error["type"]): error for error in errors}
    return list(by_place.values())


async def on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for a request that does not fit its schema."""
    assert isinstance(error, RequestValidationError)
    wrong = _each_once(error.errors())  # a dependency may have read the same field before
    entries = describe(wrong)
    first = entries[0]
    count = len(wrong)
    more = f" (and {count - 1} more)" if count > 1 else ""
    refusal = RefusalError(
        "invalid-request",
        f"{first['field']}: {first['detail']}{more}",
        zh=f"{first['field']}：{first['zh']}" + (f"（共 {count} 处）" if count > 1 else ""),
        extra={"errors": entries},
    )
    return answer(request.scope, refusal)
