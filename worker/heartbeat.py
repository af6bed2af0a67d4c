"""When beat was last seen: the sweep that it starts most often leaves the time in Redis."""

from datetime import UTC, datetime, timedelta
from typing import cast

from worker import stream

SEEN = "rosemary:beat"
KEPT_SECONDS = 7 * 86_400


def note() -> None:
    """A sweep that beat started is at work now. Raises RedisError."""
    stream.connection().set(SEEN, datetime.now(UTC).timestamp(), ex=KEPT_SECONDS)


def silence() -> timedelta | None:
    """How long ago that was; None where nobody knows of any. Raises RedisError."""
    seen = cast("bytes | None", stream.connection().get(SEEN))
    return None if seen is None else datetime.now(UTC) - datetime.fromtimestamp(float(seen), UTC)
