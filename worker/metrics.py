"""What a process counts and times while it works. Where each is scraped stands in docs/operating/metrics.md.

A worker of the pool `threads` is one process, so its figures are whole; with `METRICS_PORT` it serves them itself.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server

from memory import clock
from worker.own_parts import OwnParts

log = logging.getLogger(__name__)

SHORT = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5)  # seconds: what no person should feel
LONG = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 10, 30, 60, 120, 600)  # seconds: what depends on an engine

first_token = Histogram(
    "rosemary_first_token_seconds", "From a message’s being kept to the first word of its reply.", buckets=LONG
)
engine_first_token = Histogram(
    "rosemary_engine_first_token_seconds", "From an engine’s being asked to its first word.", buckets=LONG
)
prompt_build = Histogram(
    "rosemary_prompt_build_seconds", "From a claim to the built prompt: recall, reading, layout.", buckets=SHORT
)
recall = Histogram("rosemary_recall_seconds", "One act of remembering, its question read already.", buckets=SHORT)
replies = Counter("rosemary_replies", "Attempts at replies that ended, by how.", ["state"])
writing = Gauge("rosemary_replies_writing", "Replies that this worker writes just now.")
pieces = Counter("rosemary_pieces", "Pieces of text that came from an engine.")
engine_failures = Counter("rosemary_engine_failures", "Replies that an engine failed at.")
tasks = Histogram("rosemary_task_seconds", "How long a task ran.", ["task"], buckets=LONG)
task_waits = Histogram(
    "rosemary_task_waited_seconds", "How long a task lay in its queue.", ["task", "queue"], buckets=LONG
)
task_failures = Counter("rosemary_task_failures", "Tasks that raised.", ["task"])


def timed(words: Iterator[str], *, kept_at: datetime) -> Iterator[str]:
    """The same pieces; how long the first one took is noted."""
    asked: float | None = time.perf_counter()
    for piece in words:
        if asked is not None:
            engine_first_token.observe(time.perf_counter() - asked)
            first_token.observe(max((clock.now() - kept_at).total_seconds(), 0))
            asked = None
        pieces.inc()
        yield piece


def serve(names: Iterable[str]) -> None:
    """Let a worker's figures be scraped, where it was told a port. `names`: the tasks that it may be given."""
    if not settings.METRICS_PORT:
        return
    for name in names:
        task_failures.labels(name)  # from zero on: a counter that appears with its first failure shows no increase
    try:
        start_http_server(settings.METRICS_PORT, addr=settings.METRICS_HOST)
    except OSError as error:
        log.error("no metrics: port %d of %s: %s", settings.METRICS_PORT, settings.METRICS_HOST, error.strerror)
    else:
        REGISTRY.register(OwnParts())
        log.info("metrics at http://%s:%d/metrics", settings.METRICS_HOST, settings.METRICS_PORT)
