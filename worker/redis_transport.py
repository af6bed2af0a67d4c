"""Celery's way to Redis, which survives that Redis dies.

kombu's own stumbles where it closes, or acknowledges on, a connection that it has given up already: what it raises is
none of the errors that it takes for a lost connection, and the worker ends.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    """A channel of a connection that was given up is as lost as the connection."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("this connection to Redis was given up")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # which its stubs leave out


class Transport(redis.Transport):
    """The same, with such channels."""

    Channel = Channel


def use() -> None:
    """Have every URL that names Redis go this way."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
