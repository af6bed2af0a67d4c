"""What failed is tried again: each time after longer, and not for ever unless it is an engine that is away.

What was made from something that changed is asked for anew.
"""

from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from memory import clock
from memory.models import Period, Step

BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]  # then it has failed, or waits as long again


def put_off(row: Step | Period, error: str, *, waits: bool) -> None:
    """Count an attempt that failed; one that `waits` for an engine never ends as failed. `row` is locked.

    The error names what failed, never what a person said.
    """
    row.error = error
    row.due_at = clock.now() + BACK_OFF[min(row.attempts, len(BACK_OFF) - 1)]
    if row.attempts >= len(BACK_OFF) and not waits and row.state == Step.State.WAITING:
        row.state = Step.State.FAILED
    row.attempts += 1
    row.save()


def try_steps_again(steps: QuerySet[Step]) -> int:
    """Steps that failed, or were put off, are due at once with all their attempts before them; how many there were."""
    return steps.filter(_unfinished()).update(asked=F("asked") + 1, **_at_once())


def try_periods_again(periods: QuerySet[Period]) -> int:
    """The same for days and the acquaintance."""
    return periods.filter(_unfinished()).update(revision=F("revision") + 1, **_at_once())


def ask_anew(steps: QuerySet[Step]) -> None:
    """What they were made from has changed: all are due at once, and what is being made is not kept."""
    steps.update(
        state=Step.State.WAITING,
        asked=F("asked") + 1,
        attempts=0,
        refused=0,
        refusals={},
        error="",
        version="",
        due_at=clock.now(),
        done_at=None,
    )


def _unfinished() -> Q:
    return Q(state=Step.State.FAILED) | Q(state=Step.State.WAITING, attempts__gt=0)


def _at_once() -> dict[str, Any]:
    return {"state": Step.State.WAITING, "due_at": clock.now(), "attempts": 0, "error": ""}
