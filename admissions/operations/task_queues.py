"""What waits for workers in Redis: how many tasks in each queue, and since when."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from celery import current_app
from django.conf import settings


@dataclass(frozen=True)
class TaskQueue:
    """A queue by its name; `oldest_at` (UTC) is None where nothing waits."""

    name: str
    count: int
    oldest_at: datetime | None


def connect_redis() -> redis.Redis:
    """A client that gives up after a second or two; use it as a context."""
    return redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)


def read_queues() -> Iterator[TaskQueue]:
    """Each queue of ours, by name. Raises `redis.RedisError` where Redis does not answer."""
    names = sorted(current_app.conf.task_queues)
    with connect_redis() as client:
        asked = client.pipeline(transaction=False)
        for name in names:
            asked.llen(name)
            asked.lindex(name, -1)
        answers = asked.execute()
    for name, count, oldest in zip(names, answers[::2], answers[1::2], strict=True):
        yield TaskQueue(name, count, read_published_at(oldest))


def read_published_at(waiting: bytes | None) -> datetime | None:
    """When a task was put into its queue; None where there is none, or it does not say."""
    headers: dict[str, Any] = json.loads(waiting).get("headers", {}) if waiting else {}
    at = headers.get("published_at")
    return datetime.fromisoformat(at) if at else None
