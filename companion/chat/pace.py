"""How fast one person may ask, over all their tabs: a burst, then steadily. Who floods waits, and nobody else.

It holds in each web process by itself: whoever is spread over several may ask as many times as fast, and no faster.
"""

import time
from typing import Any
from weakref import WeakSet

FRAMES_AT_ONCE, FRAMES_A_SECOND = 200, 20.0  # a page that comes back follows up to fifty replies at once
SAID_AT_ONCE, SAID_A_SECOND = 20, 1.0  # a page that was away sends what waited in it
SOCKETS_AT_ONCE, SOCKETS_A_SECOND = (
    60,
    1.0,
)  # each is welcomed from the database; a server that comes back sees all tabs
MOST_TABS = 40  # of one person, in one web process
LOOKED_OVER = 60.0  # seconds between two looks for whom nothing needs to be known of any more


class Bucket:
    """Holds so many tokens at most, and gets so many a second."""

    def __init__(self, most: float, rate: float) -> None:
        self.most = most
        self.rate = rate
        self._held = most
        self._at = time.monotonic()

    def take(self) -> float:
        """Take one: how many seconds to wait until it is there; 0 where it is now.

        Nobody waits for longer than it takes to fill: whoever left while they waited owes nothing more.
        """
        self._fill()
        self._held = max(self._held - 1, -self.most)
        return max(-self._held / self.rate, 0.0)

    def take_if_there(self) -> bool:
        """Take one, where there is one."""
        self._fill()
        if self._held < 1:
            return False
        self._held -= 1
        return True

    @property
    def full(self) -> bool:
        """As it was at first."""
        self._fill()
        return self._held >= self.most

    def _fill(self) -> None:
        now = time.monotonic()
        self._held = min(self._held + (now - self._at) * self.rate, self.most)
        self._at = now


class Pace:
    """Of one person, in this process."""

    def __init__(self) -> None:
        self.frames = Bucket(FRAMES_AT_ONCE, FRAMES_A_SECOND)
        self.said = Bucket(SAID_AT_ONCE, SAID_A_SECOND)
        self.sockets = Bucket(SOCKETS_AT_ONCE, SOCKETS_A_SECOND)
        self.tabs: WeakSet[Any] = WeakSet()  # one that ends in whatever way is none any more

    @property
    def rested(self) -> bool:
        """Nobody is there, and all is as it was at first: it can be forgotten."""
        return not self.tabs and self.frames.full and self.said.full and self.sockets.full


class _Known:
    """Whose pace this process knows: who is here, and who was here a minute or two ago."""

    def __init__(self) -> None:
        self.paces: dict[int, Pace] = {}
        self.looked_over_at = time.monotonic()

    def forget_who_rested(self) -> None:
        """From time to time; the look goes over all of them."""
        now = time.monotonic()
        if now - self.looked_over_at >= LOOKED_OVER:
            self.paces = {person_id: pace for person_id, pace in self.paces.items() if not pace.rested}
            self.looked_over_at = now


_known = _Known()


def pace_of(person_id: int) -> Pace:
    """The one that all tabs of a person share; who leaves and comes back finds it as they left it."""
    _known.forget_who_rested()
    return _known.paces.setdefault(person_id, Pace())
