"""What was said becomes recallable after its reply: nobody waits for it, so it waits for everybody.

Until then it stands in the prompt all the same, among the last turns of its conversation. If the worker dies before,
the sweep of turns without keys does it.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic

from memory import indexing
from memory.encoder import Encoder, LocalEncoder
from worker.turns import Haste, at_work

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Said:
    """Turns of one person that nothing leads to yet."""

    person_id: int
    turn_ids: Sequence[int]
    encoder: Encoder
    widen: bool  # whether the turns before are to know of these
    since: float = field(default_factory=monotonic)


def index_now(said: Said) -> None:
    """Make its keys; returns when it can be recalled. Raises what database and encoder raise."""
    with at_work(Haste.RECALLABLE, since=said.since):
        lacking = indexing.lacking(person_id=said.person_id, turn_ids=said.turn_ids, encoder=said.encoder.name)
    read = indexing.read(lacking, _unhurried(said.encoder))
    with at_work(Haste.RECALLABLE, since=said.since):
        indexing.write(
            read,
            person_id=said.person_id,
            turn_ids=said.turn_ids,
            encoder=said.encoder.name,
            widen=said.widen,
        )


def _unhurried(encoder: Encoder) -> Encoder:
    return encoder.unhurried if isinstance(encoder, LocalEncoder) else encoder


class Indexer:
    """What waits to become recallable, and the thread that makes it so, one reply's turns after another's."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: deque[Said] = deque()
        self._busy = False
        self._thread: Thread | None = None

    def add(self, said: Said) -> None:
        """Have it made recallable, in a quiet moment."""
        with self._changed:
            self._waiting.append(said)
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="indexing", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def settle(self, seconds: float) -> int:
        """Wait until nothing waits, for so long at most; how many replies' turns are left."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout=seconds)
            return len(self._waiting) + self._busy

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                said, self._busy = self._waiting.popleft(), True
            try:
                index_now(said)
            except Exception:  # the sweep does it
                log.exception("%d turns cannot be recalled yet", len(said.turn_ids))
            with self._changed:
                self._busy = False
                self._changed.notify_all()


indexer = Indexer()
