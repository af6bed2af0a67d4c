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
    """How long work may wait for what came later, in seconds; what is to become recallable, for a quiet moment."""

    FIRST_WORD = 0.0
    KEEPING = 2.0
    RECALLABLE = 60.0


Waiting = tuple[float, int, Lock]  # until when at the latest, which of them came first, and what is let go of then


class Turns:
    """Who works, and who waits in which order."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._working = 0
        self._lock = Lock()
        self._waiting: list[Waiting] = []  # a heap
        self._patient: list[Waiting] = []  # likewise: for a quiet moment, as long as they may
        self._came = count()

    def take(self, haste: Haste, *, since: float | None = None) -> None:
        """Returns when it is the caller's turn; what was begun at `since` (time.monotonic) before what came later."""
        mine = Lock()
        mine.acquire()
        came = time.monotonic() if since is None else since
        with self._lock:
            line = self._patient if haste is Haste.RECALLABLE else self._waiting
            heappush(line, (came + haste.value, next(self._came), mine))
            self._let_in()
        mine.acquire()

    def give_back(self) -> None:
        """The next one's turn."""
        with self._lock:
            self._working -= 1
            self._let_in()

    def _let_in(self) -> None:
        """Whoever may work now."""
        while self._working < self._at_once and (line := self._next()):
            heappop(line)[2].release()
            self._working += 1

    def _next(self) -> list[Waiting]:
        """The line whose first may work now; an empty one where nobody may."""
        if self._patient and self._patient[0][0] <= time.monotonic():
            return self._patient if not self._waiting else min(self._waiting, self._patient)
        return self._waiting or ([] if self._working else self._patient)


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
