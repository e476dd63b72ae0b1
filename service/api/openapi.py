"""The OpenAPI document: complete, with an example for every request, answer and refusal.

Examples have one source, the ``examples`` of the schemas' fields; bodies and answers are composed
from them, so that an example cannot say something its schema does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.api.kinds import KINDS, Kind
from service.api.problems import MEDIA_TYPE, Document
from service.api.schemas.problems import Problem
from service.api.security import ACTOR_HEADER, ENTRANCES, OPEN_PATHS

TITLE = "kaiche"
DESCRIPTION = """\
Nightly bid optimization for Taobao pay-per-click keyword ads (直通车 / 万相台无界 关键词推广).

A **run** is one night of one account. It leaves a **proposal** of **lines**: bid changes with every
number behind them. A person approves, edits or rejects; nothing else moves a bid.

- Money is integer fen (分) where a name ends in `_fen`, yuan (元) where it ends in `_yuan`; rates are
  fractions; instants are UTC; business dates are days of the account's time zone.
- Lists come in pages: pass `next_cursor` back as `cursor`.
- A decision carries `If-Match` with the `ETag` of what was shown. If that is no longer what is there
  the answer is 412 and says what changed.
- A decision carries an `Idempotency-Key`, any string of your own. Repeating it with the same body
  returns the first answer, also after a restart; nothing is done twice. Only requests that were
  carried out are remembered: a refused one changed nothing and may be sent again under its key.
- Refusals are RFC 9457 problem documents with `detail` in English and `zh` in Chinese.
- `X-Request-ID` is taken from the request, or made, and returned; the audit record keeps it.
- Everything is of an account, and everybody has a role on each: **viewer** reads, **specialist**
  approves, edits and rejects, **owner** also overrides, lifts stops and acknowledges alerts. What is of
  an account that is not yours is answered like what does not exist.
- Programs send a token (`kaiche token create`), browsers the cookie of a log-in. While there is no user
  the server is open to its own machine; `X-Actor` (percent-encoded UTF-8) then names the person for
  the audit record, as a declaration behind `loopback/`.
"""

_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `kaiche token create`, for programs.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "kaiche_session",
        "description": "The cookie of a log-in, for browsers; `__Host-kaiche_session` behind https. "
        "Neither is needed while there is no user and the server is open to its own machine.",
    },
}
_EXAMPLE_REQUEST_ID = "5f0c3a6d1c5b4a0f9a3b1d2e3f405162"
_EXAMPLE_EXTRA: Mapping[str, Mapping[str, Any]] = {
    "invalid-request": {
        "errors": [
            {
                "field": "body.bid_fen",
                "code": "greater_than_equal",
                "detail": "Input should be greater than or equal to 5",
                "zh": "数值过小",
            }
        ]
    },
    "changed-since-shown": {
        "changed": 1,
        "changes": [
            {
                "line_id": 1042,
                "keyword_id": "30481986859300054",
                "word": "孕妇打底裤",
                "what": [{"field": "bid_fen", "shown": 129, "now": 118}],
                "by": "token/小王",
                "at": "2026-07-31T01:02:03Z",
                "etag": "2-" + "9f" * 32,
            }
        ],
        "etag": None,
    },
}


def problem_responses(*names: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of these kinds of problem, gathered by status, each with its example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in (KINDS[name] for name in names):
        response = responses.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        response["content"][MEDIA_TYPE]["examples"][kind.name] = {
            "summary": f"{kind.title} ({kind.title_zh})",
            "value": _example_document(kind),
        }
    return responses


def _example_document(kind: Kind) -> dict[str, Any]:
    return Document(
        kind,
        kind.remedy,
        kind.zh,
        instance="/api/v1/lines/1042",
        request_id=_EXAMPLE_REQUEST_ID,
        extra=_EXAMPLE_EXTRA.get(kind.name, {}),
    ).body()


def document_maker(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The function that FastAPI calls for its document; made once, then kept."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return document


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=TITLE, version=app.version, description=DESCRIPTION, routes=app.routes
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    components["securitySchemes"] = _SCHEMES
    for path, method, operation in _operations(document):
        unasked = path in OPEN_PATHS or (method.upper(), path) in ENTRANCES
        operation["security"] = [] if unasked else [{"token": []}, {"session": []}, {}]
        if path not in OPEN_PATHS:
            operation.setdefault("parameters", []).extend(_common_headers())
        for media in _media(operation):
            if "example" not in media and "examples" not in media and "schema" in media:
                media["example"] = example_of(media["schema"], schemas)
    return document


def _common_headers() -> list[dict[str, Any]]:
    return [
        {
            "name": "X-Request-ID",
            "in": "header",
            "required": False,
            "description": "Your id of this request, kept in answers and in the audit record.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
            "example": _EXAMPLE_REQUEST_ID,
        },
        {
            "name": ACTOR_HEADER.title(),
            "in": "header",
            "required": False,
            "description": "While there is no user: who is acting, percent-encoded UTF-8.",
            "schema": {"type": "string", "maxLength": 64},
            "example": "%E5%B0%8F%E7%8E%8B",
        },
    ]


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _media(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for response in operation["responses"].values():
        yield from response.get("content", {}).values()


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """An example composed from a JSON schema: its own, or its parts'.

    Raises ValueError for a scalar without one, so that the gap is found by the tests.
    """
    for own in ("const", "default"):
        if own in schema and "examples" not in schema:
            return schema[own]
    for several in ("examples", "enum"):
        if several in schema:
            return schema[several][0]
    part = _first_part(schema, schemas)
    if part is not None:
        return example_of(part, schemas)
    if "properties" in schema:
        return {name: example_of(each, schemas) for name, each in schema["properties"].items()}
    if "items" in schema:
        return [example_of(schema["items"], schemas)]
    raise ValueError(f"no example for {schema}")


def _first_part(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """What a reference points to, or the first of the alternatives."""
    if "$ref" in schema:
        return schemas[schema["$ref"].rpartition("/")[2]]
    alternatives = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    return alternatives[0] if alternatives else None
