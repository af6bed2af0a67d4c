"""Redis, the workers that take from its queues, and beat."""

from datetime import timedelta
from typing import cast

from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError, ResponseError

from companion.operations.doctor.finding import CouldNotLook, Finding
from worker import heartbeat, stream
from worker.app import Queue, app

ANSWER_WITHIN = 1.5  # seconds for the workers to say that they are there
BUSY_WITHIN = 6.0  # seconds, where not all have: one may be loading its encoder
START = {
    Queue.CHAT: "celery -A worker.app worker --pool threads --concurrency 32 -Q chat -n chat@%h",
    Queue.MEMORY: "celery -A worker.app worker --pool threads --concurrency 1 -Q memory -n memory@%h",
}
OVERDUE = timedelta(seconds=60)  # beat's shortest interval is far below


def redis_answers() -> list[Finding]:
    """Redis can be reached, and throws no queue away when its memory is full."""
    try:
        stream.connection().ping()
    except RedisError as error:
        wrong = f"Redis does not answer ({type(error).__name__})."
        return [Finding("redis", wrong, "make up  # or start Redis and set REDIS_URL")]
    try:
        policy = cast("dict[str, str]", stream.connection().config_get("maxmemory-policy"))["maxmemory-policy"]
    except ResponseError as error:
        raise CouldNotLook(f"Redis does not tell its settings ({error})") from error
    if policy == "noeviction":
        return []
    wrong = f"Redis may throw queues and replies away when its memory is full (maxmemory-policy {policy})."
    return [Finding("redis", wrong, "redis-cli config set maxmemory-policy noeviction  # and in its configuration")]


def running_workers() -> dict[str, list[str]]:
    """The queues of each worker that answers, by its name. Raises CouldNotLook."""
    try:
        stream.connection().ping()  # a broker that is away is waited for too long otherwise
        return _answers(ANSWER_WITHIN)
    except (RedisError, OperationalError) as error:
        raise CouldNotLook("Redis does not answer") from error


def _answers(seconds: float) -> dict[str, list[str]]:
    answers = app.control.inspect(timeout=seconds).active_queues() or {}
    return {worker: [queue["name"] for queue in taken] for worker, taken in answers.items()}


def have_consumers() -> list[Finding]:
    """Somebody takes from each queue."""
    taken = _taken(running_workers())
    if not taken.issuperset(Queue):
        taken |= _taken(_answers(BUSY_WITHIN))
    return [
        Finding("queues", f"No worker takes from the queue “{queue}”.", START[queue])
        for queue in Queue
        if queue not in taken
    ]


def _taken(workers: dict[str, list[str]]) -> set[str]:
    return {queue for queues in workers.values() for queue in queues}


def beat_is_running() -> list[Finding]:
    """What beat starts most often was done a short while ago, given that a worker would do it."""
    if Queue.CHAT not in _taken(running_workers()):
        raise CouldNotLook("no worker takes what beat starts")
    silent = heartbeat.silence()
    if silent is not None and silent < OVERDUE:
        return []
    told = "that anybody remembers" if silent is None else f"for {silent.total_seconds():.0f} s"
    mend = f"celery -A worker.app beat --schedule {settings.DATA_DIR / 'beat-schedule'}"
    return [Finding("beat", f"No sweep was started {told}.", mend)]
