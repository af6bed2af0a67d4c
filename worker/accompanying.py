"""What goes along with every task: the id of the request that led to it, and how long it waited and ran."""

import time
from typing import Any

from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun

from worker import metrics, request_id


@before_task_publish.connect
def write_headers(headers: dict[str, Any], **_: Any) -> None:
    """An id and the moment, beside the ids that the task takes."""
    headers["request_id"] = request_id.current()
    headers["queued_at"] = time.time()


@task_prerun.connect
def begin(task: Any, task_id: str, **_: Any) -> None:
    """A task that nobody's request led to goes by its own id."""
    request = task.request
    request_id.begin(getattr(request, "request_id", None) or task_id)
    queued_at = getattr(request, "queued_at", None)
    if queued_at is not None:
        queue = (request.delivery_info or {}).get("routing_key", "")
        metrics.task_waits.labels(task.name, queue).observe(max(time.time() - queued_at, 0))
    request.began = time.perf_counter()


@task_postrun.connect
def end(task: Any, **_: Any) -> None:
    """However it ended."""
    began = getattr(task.request, "began", None)
    if began is not None:
        metrics.tasks.labels(task.name).observe(time.perf_counter() - began)


@task_failure.connect
def fail(sender: Any, **_: Any) -> None:
    """It raised."""
    metrics.task_failures.labels(sender.name).inc()
