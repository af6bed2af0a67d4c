"""The Celery app: two queues, late acknowledgement, and what beat starts."""

import os
from datetime import timedelta
from enum import StrEnum
from threading import Thread
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "companion.settings")


LAST_WAIT = 5.0  # seconds that a worker which ends makes keys for
NIGHTLY = 3  # o'clock, UTC: when what is kept too long is erased


class Queue(StrEnum):
    """Where a task waits. Replies must never stand behind consolidation."""

    CHAT = "chat"
    MEMORY = "memory"


ROUTES = {
    "worker.tasks.reply": {"queue": Queue.CHAT},
    "worker.tasks.sweep_replies": {"queue": Queue.CHAT},
    "worker.tasks.read_texts": {"queue": Queue.CHAT},
    "worker.tasks.consolidate": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_sessions": {"queue": Queue.MEMORY},
    "worker.tasks.sum_up": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_periods": {"queue": Queue.MEMORY},
    "worker.tasks.index": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_keys": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_fading": {"queue": Queue.MEMORY},
    "worker.tasks.erase": {"queue": Queue.MEMORY},
    "worker.tasks.keep_no_longer": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_keeping": {"queue": Queue.MEMORY},
    "worker.tasks.draw_anew": {"queue": Queue.MEMORY},
    "worker.tasks.draw_all_anew": {"queue": Queue.MEMORY},
    "worker.tasks.keep_history": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_imports": {"queue": Queue.MEMORY},
    "worker.tasks.end_off_record": {"queue": Queue.MEMORY},
    "worker.tasks.sweep_erasures": {"queue": Queue.MEMORY},
}


def broker_url(redis_url: str) -> str:
    """Celery's own spelling of a Redis on a unix socket."""
    return redis_url.replace("unix://", "redis+socket://", 1)


def make_app() -> Celery:
    """Celery, configured from Django's settings."""
    import django
    from django.conf import settings

    from worker import redis_transport

    django.setup()
    redis_transport.use()
    celery = Celery("rosemary", broker=broker_url(settings.REDIS_URL), include=["worker.tasks"])
    celery.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_create_missing_queues=True,
        task_default_queue=Queue.MEMORY,
        task_routes=ROUTES,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 3600,  # seconds; longer than any task takes
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "max_retries": 2,
        },
        task_publish_retry=False,
        beat_schedule=schedule(settings.REPLY_LEASE_SECONDS),
    )
    return celery


def schedule(lease_seconds: float) -> dict[str, object]:
    """Sweeps pick up what a dead worker or a lost queue left behind; one that is late is not made up for."""
    replies = max(lease_seconds / 3, 1.0)
    return {
        "overlooked replies": {
            "task": "worker.tasks.sweep_replies",
            "schedule": timedelta(seconds=replies),
            "options": {"expires": replies},
        },
        "silent sessions": {
            "task": "worker.tasks.sweep_sessions",
            "schedule": timedelta(seconds=20),
            "options": {"expires": 20},
        },
        "days that are over": {
            "task": "worker.tasks.sweep_periods",
            "schedule": timedelta(seconds=60),
            "options": {"expires": 60},
        },
        "erasures": {
            "task": "worker.tasks.sweep_erasures",
            "schedule": timedelta(seconds=15),
            "options": {"expires": 15},
        },
        "kept too long": {
            "task": "worker.tasks.sweep_keeping",
            "schedule": crontab(hour=str(NIGHTLY), minute="0"),
            "options": {"expires": 3600},
        },
        "imports": {
            "task": "worker.tasks.sweep_imports",
            "schedule": timedelta(seconds=60),
            "options": {"expires": 60},
        },
        "turns without keys": {
            "task": "worker.tasks.sweep_keys",
            "schedule": timedelta(seconds=60),
            "options": {"expires": 60},
        },
        "fading memories": {
            "task": "worker.tasks.sweep_fading",
            "schedule": timedelta(seconds=60),
            "options": {"expires": 60},
        },
    }


@setup_logging.connect
def keep_djangos_logging(**_: object) -> None:
    """Celery leaves logging as Django's settings made it."""
    from worker import logs

    logs.hear_threads()


@worker_ready.connect
def load_encoder(sender: Any, **_: object) -> None:
    """A worker for replies loads its encoder at once, so that the first person does not wait for it."""
    from memory import encoder

    if any(queue.name == Queue.CHAT for queue in sender.task_consumer.queues):
        Thread(target=encoder.current, name="load encoder", daemon=True).start()


@worker_ready.connect
def serve_metrics(**_: object) -> None:
    """Prometheus may ask from now on."""
    from worker import metrics

    metrics.serve(ROUTES)


@worker_shutdown.connect
def make_recallable(**_: object) -> None:
    """What was said last; the sweep of turns without keys makes what this leaves."""
    from worker.recallable import indexer

    indexer.settle(LAST_WAIT)


app = make_app()
from worker import accompanying  # noqa: E402, F401 - its signals; Django's settings come first
