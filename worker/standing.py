"""How the installation stands, asked of the database and of Redis when a web process is scraped.

Ages and counts alone, under the sweeps' role. Every web process tells the same: take the maximum over them.
"""

from collections.abc import Callable, Iterator

from django.db import DatabaseError
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from worker import backlog, engines, heartbeat, waiting
from worker.app import Queue

Figures = Iterator[GaugeMetricFamily]


class Standing(Collector):
    """A part that is away tells so, and leaves its other figures out: zero would be a lie."""

    def collect(self) -> Figures:
        """Database first, then Redis."""
        yield from _asked("rosemary_database_up", "Whether the database answers.", _of_database)
        yield from _asked("rosemary_redis_up", "Whether Redis answers.", _of_redis)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked when this is registered."""
        return []


def _asked(name: str, words: str, ask: Callable[[], Figures]) -> Figures:
    try:
        told = list(ask())
    except (DatabaseError, RedisError):
        yield GaugeMetricFamily(name, words, value=0)
    else:
        yield GaugeMetricFamily(name, words, value=1)
        yield from told


def _of_database() -> Figures:
    oldest = GaugeMetricFamily(
        "rosemary_waiting_oldest_seconds", "Since when the oldest work of a kind is due.", labels=["queue", "kind"]
    )
    count = GaugeMetricFamily("rosemary_waiting", "How much work of a kind is due.", labels=["queue", "kind"])
    lag = GaugeMetricFamily("rosemary_decay_lag_seconds", "How late the oldest memory’s fading is.")
    for kind, ask in waiting.KINDS.items():
        now, queue = ask(), Queue.CHAT if kind == "replies" else Queue.MEMORY
        oldest.add_metric([queue, kind], now.oldest.total_seconds())
        count.add_metric([queue, kind], now.count)
        if kind == "fading":
            lag.add_metric([], now.oldest.total_seconds())
    failed = GaugeMetricFamily("rosemary_steps_failed", "Steps and days that were given up.", labels=["step"])
    for step, number in ({"facts": 0} | waiting.failed()).items():
        failed.add_metric([step], number)
    yield from (oldest, count, lag, failed)


def _of_redis() -> Figures:
    length = GaugeMetricFamily("rosemary_queue_length", "Tasks that no worker has taken.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "rosemary_queue_oldest_seconds", "How long the oldest task has lain in its queue.", labels=["queue"]
    )
    for queue in Queue:
        length.add_metric([queue], backlog.length(queue))
        oldest.add_metric([queue], backlog.oldest(queue))
    yield from (length, oldest)
    silence = heartbeat.silence()
    if silence is not None:
        yield GaugeMetricFamily(
            "rosemary_beat_silent_seconds", "Since beat last had a sweep begun.", value=silence.total_seconds()
        )
    try:
        connected = engines.describe()["connected"]
    except DatabaseError:  # told by its own figure
        return
    yield GaugeMetricFamily("rosemary_engine_named", "Whether a language model is named or found.", value=connected)
