"""Work that nobody does: replies, sessions, days and erasures that wait too long, and what was given up."""

from datetime import timedelta

from companion.operations.doctor.finding import Finding
from worker import waiting
from worker.app import Queue

TOO_LONG = {  # since it was due; each is many rounds of the sweep that takes it up
    "replies": timedelta(minutes=2),
    "sessions": timedelta(minutes=15),
    "steps": timedelta(hours=1),
    "periods": timedelta(hours=1),
    "erasures": timedelta(minutes=5),
    "fading": timedelta(minutes=15),
}


def flows() -> list[Finding]:
    """Nothing waits too long, and nothing was given up."""
    found = []
    for kind, longest in TOO_LONG.items():
        now = waiting.KINDS[kind]()
        if now.oldest > longest:
            queue = Queue.CHAT if kind == "replies" else Queue.MEMORY
            wrong = f"{now.count} {kind} wait, the oldest for {_told(now.oldest)}."
            mend = f"restart beat and the worker of the queue “{queue}”; if it is busy, start another"
            found.append(Finding("work", wrong, mend))
    for kind, count in waiting.failed().items():
        found.append(Finding("work", f"{count} × {kind} was given up after its attempts.", "manage.py try_again"))
    return found


def _told(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
