"""What lies in a queue and no worker has taken yet."""

import json
import time
from ast import literal_eval
from typing import Any, cast

from worker import stream
from worker.app import Queue

LOOKED_THROUGH = 2000  # tasks at the head of a queue
CROWDED = 5.0  # seconds that the oldest task of replies has waited, from which on the next person is told


def length(queue: str) -> int:
    """Tasks. Raises RedisError."""
    return stream.connection().llen(queue)


def lying(queue: str, task: str) -> set[tuple[Any, ...]]:
    """What those tasks of one name were given that lie near the head of a queue. Raises RedisError."""
    waiting = cast("list[bytes]", stream.connection().lrange(queue, -LOOKED_THROUGH, -1))
    told = (json.loads(each)["headers"] for each in waiting)
    return {literal_eval(headers["argsrepr"]) for headers in told if headers["task"] == task}


def oldest(queue: str) -> float:
    """Seconds that the task at the head of a queue has lain there; 0 where none does. Raises RedisError."""
    head = cast("bytes | None", stream.connection().lindex(queue, -1))
    queued_at = json.loads(head)["headers"].get("queued_at") if head else None
    return max(time.time() - queued_at, 0.0) if queued_at else 0.0


def is_crowded() -> bool:
    """Whether a reply that is asked for now will wait for others. Raises RedisError."""
    return oldest(Queue.CHAT) > CROWDED
