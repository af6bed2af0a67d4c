"""A reply's log: one capped Redis Stream, written by its worker (worker/reply_log.py), read by any number of tabs."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import cast
from uuid import UUID

import redis
from django.conf import settings

KEPT_SECONDS = 3600  # after that the database alone tells
ATTEMPT = 1_000_000  # sequence numbers of one attempt
MOST_ATTEMPTS = 100  # that a person’s one asking can take; seq stays below 2^53, where browsers count exactly
LAST = 2**53 - 1


def stream_key(reply_id: UUID) -> str:
    """Where a reply's log lies."""
    return f"rosemary:reply:{reply_id}"


def stop_key(reply_id: UUID) -> str:
    """Set while somebody wants this reply to stop: faster than the database, which holds the same wish."""
    return f"rosemary:stop:{reply_id}"


@lru_cache(maxsize=1)
def connection() -> "redis.Redis":
    """This process's Redis, with short time-outs: a stopped Redis must not hold a reply."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)


def begin_anew(reply_id: UUID, *, asked: int) -> None:
    """Empty the log of a reply that is asked for anew; whoever still writes for an earlier asking is refused."""
    _empty(reply_id, "again", asked * MOST_ATTEMPTS * ATTEMPT)


def end(reply_id: UUID) -> None:
    """Empty the log of a reply that is gone; whoever still writes into it is refused."""
    _empty(reply_id, "done", LAST)


def _empty(reply_id: UUID, kind: str, sequence: int) -> None:
    """Leave one event alone. Raises RedisError."""
    event = {"type": kind, "reply": str(reply_id), "seq": sequence}
    key = stream_key(reply_id)
    with connection().pipeline(transaction=True) as pipe:
        pipe.delete(key)
        pipe.xadd(key, {"event": json.dumps(event)}, id=f"{sequence}-0")
        pipe.expire(key, KEPT_SECONDS)
        pipe.execute()


def ask_to_stop(reply_id: UUID) -> None:
    """Tell the writing worker at once."""
    connection().set(stop_key(reply_id), 1, ex=KEPT_SECONDS)


def asked_to_stop(reply_ids: Sequence[UUID]) -> list[UUID]:
    """Which of these somebody wants to stop, in one look; a Redis that cannot be asked says none, the database will."""
    if not reply_ids:
        return []
    try:
        wishes = cast("list[bytes | None]", connection().mget([stop_key(reply_id) for reply_id in reply_ids]))
    except redis.RedisError:
        return []
    return [reply_id for reply_id, wish in zip(reply_ids, wishes, strict=True) if wish]


def forget_stop(reply_id: UUID) -> None:
    """Before a reply is tried again."""
    connection().delete(stop_key(reply_id))
