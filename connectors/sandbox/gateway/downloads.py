"""Asynchronous reports: tasks that take a while, and files that can be fetched for an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

READY_AFTER: Final = timedelta(seconds=30)
READY_AFTER_FINDS: Final = 2
VALID_FOR: Final = timedelta(hours=1)

Content = Callable[[], Iterator[str]]


@dataclass(slots=True)
class Task:
    """A report being prepared; ``content`` writes it out in pieces when it is fetched."""

    task_id: int
    owner: str
    file_name: str
    created_at: datetime
    content: Content
    finds: int = 0

    def status(self, now: datetime) -> str:
        """``init``, ``running`` or ``success``."""
        if self.finds >= READY_AFTER_FINDS or now - self.created_at >= READY_AFTER:
            return "success"
        return "running" if self.finds else "init"


@dataclass(slots=True)
class Downloads:
    """Tasks of all shops, and the links handed out."""

    tasks: dict[int, Task] = field(default_factory=dict)
    _links: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def create(self, owner: str, file_name: str, now: datetime, content: Content) -> Task:
        """A new task."""
        number = len(self.tasks) + 1
        task = Task(number, owner, file_name or f"report-{number}", now, content)
        self.tasks[number] = task
        return task

    def of(self, owner: str, chosen: list[int] | None = None) -> list[Task]:
        """Tasks of a shop, newest first; each look brings them nearer to their end."""
        found = [
            task
            for task in reversed(self.tasks.values())
            if task.owner == owner and (not chosen or task.task_id in chosen)
        ]
        for task in found:
            task.finds += 1
        return found

    def link(self, task: Task, now: datetime) -> str:
        """A token under which the file can be fetched for an hour."""
        text = f"{task.owner}/{task.task_id}/{now.isoformat()}"
        token = hashlib.sha256(text.encode()).hexdigest()[:32]
        self._links[token] = (task.task_id, now + VALID_FOR)
        return token

    def fetch(self, token: str, now: datetime) -> Task | None:
        """The task behind a link, None when it is unknown or too old."""
        task_id, ends = self._links.get(token, (0, now))
        return self.tasks.get(task_id) if now < ends else None
