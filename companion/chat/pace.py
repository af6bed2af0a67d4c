"""How fast one person may ask, over all their tabs: a burst, then steadily. Who floods waits, and nobody else."""

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakSet, WeakValueDictionary

FRAMES_AT_ONCE, FRAMES_A_SECOND = 200, 20.0  # a page that comes back follows up to fifty replies at once
SAID_AT_ONCE, SAID_A_SECOND = 20, 1.0  # a page that was away sends what waited in it
MOST_TABS = 40  # of one person, in one web process


class Bucket:
    """Holds so many tokens at most, and gets so many a second."""

    def __init__(self, most: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.rate = rate
        self._clock = clock
        self._held = most
        self._at = clock()

    def take(self) -> float:
        """Take one: how many seconds to wait until it is there; 0 where it is now."""
        self._fill()
        self._held -= 1
        return max(-self._held / self.rate, 0.0)

    def take_if_there(self) -> bool:
        """Take one, where there is one."""
        self._fill()
        if self._held < 1:
            return False
        self._held -= 1
        return True

    def _fill(self) -> None:
        now = self._clock()
        self._held = min(self._held + (now - self._at) * self.rate, self.most)
        self._at = now


class Pace:
    """Of one person, in this process."""

    def __init__(self) -> None:
        self.frames = Bucket(FRAMES_AT_ONCE, FRAMES_A_SECOND)
        self.said = Bucket(SAID_AT_ONCE, SAID_A_SECOND)
        self.tabs: WeakSet[Any] = WeakSet()  # one that ends in whatever way is none any more


_paces: "WeakValueDictionary[int, Pace]" = WeakValueDictionary()


def pace_of(person_id: int) -> Pace:
    """The one that all tabs of a person share; gone with the last of them."""
    pace = _paces.get(person_id)
    if pace is None:
        pace = _paces[person_id] = Pace()
    return pace
