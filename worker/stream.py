"""A reply's log: one capped Redis Stream, written by its worker, read by any number of tabs.

Entry ids are the sequence numbers themselves. A later attempt starts at a higher number, and Redis refuses an id below
the last one, so a worker that was given up for dead cannot write into its successor's reply.
"""

import json
import logging
from functools import lru_cache
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

log = logging.getLogger(__name__)

LONGEST = 20_000  # entries kept of one reply: ten minutes of one every 40 ms fit
KEPT_SECONDS = 3600  # after that the database alone tells
ATTEMPT = 1_000_000  # sequence numbers of one attempt
MOST_ATTEMPTS = 100  # that a person’s one asking can take; seq stays below 2^53, where browsers count exactly


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


class ReplyLog:
    """Writes the log of one attempt at a reply. Without Redis the reply still goes on, into the database alone."""

    def __init__(self, reply_id: UUID, *, asked: int, attempt: int) -> None:
        self.reply_id = reply_id
        self.sequence = (asked * MOST_ATTEMPTS + attempt) * ATTEMPT
        self.refused = False  # a later attempt writes here now

    def write(self, kind: str, **fields: Any) -> None:
        """Add one event."""
        self.sequence += 1
        event = {"type": kind, "reply": str(self.reply_id), "seq": self.sequence, **fields}
        key = stream_key(self.reply_id)
        try:
            with connection().pipeline(transaction=False) as pipe:
                pipe.xadd(key, {"event": json.dumps(event)}, id=f"{self.sequence}-0", maxlen=LONGEST)
                pipe.expire(key, KEPT_SECONDS)
                pipe.execute()
        except redis.ResponseError:
            self.refused = True
        except redis.RedisError as error:
            log.warning("reply %s: its log cannot be written: %s", self.reply_id, type(error).__name__)


def ask_to_stop(reply_id: UUID) -> None:
    """Tell the writing worker at once."""
    connection().set(stop_key(reply_id), 1, ex=KEPT_SECONDS)


def is_asked_to_stop(reply_id: UUID) -> bool:
    """Whether somebody wants this reply to stop; a Redis that cannot be asked says no, the database will tell."""
    try:
        return bool(connection().exists(stop_key(reply_id)))
    except redis.RedisError:
        return False


def forget_stop(reply_id: UUID) -> None:
    """Before a reply is tried again."""
    connection().delete(stop_key(reply_id))
