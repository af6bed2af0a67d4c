"""Follow a reply's log, from any sequence number, to its end.

The log is read with one blocking XREAD a reply, so nothing is polled and nothing is dropped or out of order.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.db import database_sync_to_async
from django.conf import settings
from redis.exceptions import RedisError

from companion.accounts.models import Person
from companion.chat.conversations import finished
from worker.stream import stream_key

log = logging.getLogger(__name__)

LOOK_UP = 5.0  # seconds without a word after which the database is asked how the reply stands
WITHOUT_LOG = 1.0  # seconds between two looks while Redis is away
AT_ONCE = 500  # entries of one read

# Not in the one thread that every socket of the process would share: one person's wait is not everybody's.
in_database = partial(database_sync_to_async, thread_sensitive=False)

_connections: "WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis]" = WeakKeyDictionary()


def connection() -> "redis.asyncio.Redis":
    """This event loop's Redis: a reply that is followed holds one connection of its pool."""
    loop = asyncio.get_running_loop()
    if loop not in _connections:
        _connections[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2 * LOOK_UP, max_connections=10_000
        )
    return _connections[loop]


async def follow(person: Person, reply_id: UUID, last_seq: int) -> AsyncIterator[dict[str, Any]]:
    """The frames of a reply after `last_seq`, ending with `done`. Raises Reply.DoesNotExist for another's."""
    seq, ended = last_seq, True
    while True:
        if ended:
            done = await in_database(finished)(person, reply_id, seq=seq + 1)
            if done is not None:
                yield done.model_dump(mode="json")
                return
        frames = await _read(reply_id, seq)
        for frame in frames:
            seq = frame["seq"]
            if frame["type"] != "done":
                yield frame
        ended = not frames or frames[-1]["type"] == "done"


async def _read(reply_id: UUID, seq: int) -> list[dict[str, Any]]:
    """What comes next, as soon as it comes; nothing after a while of silence, or while Redis is away."""
    key = stream_key(reply_id)
    try:
        answer: Any = await connection().xread({key: f"{seq}-0"}, count=AT_ONCE, block=int(LOOK_UP * 1000))
    except RedisError as error:
        log.warning("reply %s cannot be followed: %s", reply_id, type(error).__name__)
        await asyncio.sleep(WITHOUT_LOG)
        return []
    return [json.loads(fields[b"event"]) for _, entries in answer for _, fields in entries]
