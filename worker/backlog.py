"""What lies in a queue and no worker has taken yet."""

import json
import time
from typing import cast

from worker import stream
from worker.app import Queue

CROWDED = 5.0  # seconds that the oldest task of replies has waited, from which on the next person is told


def length(queue: str) -> int:
    """Tasks. Raises RedisError."""
    return stream.connection().llen(queue)


def oldest(queue: str) -> float:
    """Seconds that the task at the head of a queue has lain there; 0 where none does. Raises RedisError."""
    head = cast("bytes | None", stream.connection().lindex(queue, -1))
    queued_at = json.loads(head)["headers"].get("queued_at") if head else None
    return max(time.time() - queued_at, 0.0) if queued_at else 0.0


def is_crowded() -> bool:
    """Whether a reply that is asked for now will wait for others. Raises RedisError."""
    return oldest(Queue.CHAT) > CROWDED
