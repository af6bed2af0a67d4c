"""Whose turn it is to work: a few at a time, by how soon each must be done.

Of the hundreds of replies that a worker may be streaming, more at once would wait for the processor all the same, each
holding a connection. A person waits for the first word; that a reply is kept, and that it can be recalled, may wait a
little when there is much to do, and goes before what came later once it has waited for so long.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from heapq import heappop, heappush
from itertools import count
from threading import Lock

from django.db import connection

AT_ONCE = 4  # replies that are claimed, built or kept in the same moment


class Haste(Enum):
    """How long work may wait for what came later, in seconds."""

    FIRST_WORD = 0.0
    KEEPING = 2.0
    RECALLABLE = 15.0


class Turns:
    """Who works, and who waits in which order."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._lock = Lock()
        self._waiting: list[tuple[float, int, Lock]] = []
        self._came = count()

    def take(self, haste: Haste, *, since: float | None = None) -> None:
        """Returns when it is the caller’s turn; `since`, by `time.monotonic`, is when what was begun already came."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = Lock()
            mine.acquire()
            came = time.monotonic() if since is None else since
            heappush(self._waiting, (came + haste.value, next(self._came), mine))
        mine.acquire()

    def give_back(self) -> None:
        """The next one's turn."""
        with self._lock:
            if self._waiting:
                heappop(self._waiting)[2].release()
            else:
                self._free += 1


_turns = Turns(AT_ONCE)


@contextmanager
def at_work(haste: Haste, *, since: float | None = None) -> Iterator[None]:
    """One of the few that work at this moment. Nobody waits for their turn, or streams, with a connection in hand."""
    connection.close()
    _turns.take(haste, since=since)
    try:
        yield
    finally:
        connection.close()
        _turns.give_back()
