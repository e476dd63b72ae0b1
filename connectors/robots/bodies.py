"""A message as the JSON that each robot takes."""

from __future__ import annotations

import re
from typing import Any, Final

from connectors.robots.message import Message

_MARKS: Final = re.compile(r"([\\`*_\[\]<>#])")


def dingtalk(message: Message) -> dict[str, Any]:
    """Markdown; two blanks before a line's end make it an end."""
    text = "  \n".join((f"#### {_plain(message.title)}", *_marked(message)))
    return {"msgtype": "markdown", "markdown": {"title": message.title, "text": text}}


def wecom(message: Message) -> dict[str, Any]:
    """Markdown."""
    text = "\n".join((f"**{_plain(message.title)}**", *_marked(message)))
    return {"msgtype": "markdown", "markdown": {"content": text}}


def feishu(message: Message) -> dict[str, Any]:
    """A post: every line a paragraph."""
    rows: list[list[dict[str, str]]] = [[{"tag": "text", "text": line}] for line in message.lines]
    if message.link is not None:
        rows.append([{"tag": "a", "text": message.link[0], "href": message.link[1]}])
    post = {"zh_cn": {"title": message.title, "content": rows}}
    return {"msg_type": "post", "content": {"post": post}}


def _marked(message: Message) -> list[str]:
    lines = [_plain(line) for line in message.lines]
    return [*lines, f"[{_plain(message.link[0])}]({message.link[1]})"] if message.link else lines


def _plain(text: str) -> str:
    """Text whose letters are no marks: shop names and causes must not become links or headings."""
    return _MARKS.sub(lambda mark: f"\\{mark[0]}", text)
