"""An engine reads the time that a question means, beside the encoder's work and never longer than a moment."""

from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from django.conf import settings

from memory import expansion
from memory.engine import Engine
from memory.temporal import DateRange

PATIENCE = 2.0  # seconds that a reply waits for it, from the beginning

Meant = Callable[[], DateRange | None]


def time_meant(question: str, *, moment: datetime, engine: Engine) -> Meant:
    """Begin to read; the answer is given when it is called for, or None where there is none by then."""
    if not settings.ENGINE_READS_TIME or not engine.converses or not expansion.is_wanted(question, moment=moment):
        return lambda: None
    found: SimpleQueue[DateRange | None] = SimpleQueue()
    until = monotonic() + PATIENCE
    context = copy_context()  # the id of the request goes along
    read = partial(expansion.expanded, question, moment=moment, engine=engine)
    Thread(target=lambda: found.put(context.run(read)), daemon=True).start()

    def answer() -> DateRange | None:
        try:
            return found.get(timeout=max(until - monotonic(), 0.001))
        except Empty:
            return None

    return answer
