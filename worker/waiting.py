"""How long the work has waited that somebody should have done by now: ages and counts alone, under the sweeps' role."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from memory import clock, dialogue
from memory.consolidation import attempts
from memory.isolation import acting_as
from memory.models import Erasure, Memory, Period, Reply, Session, Step


@dataclass(frozen=True)
class Waiting:
    """What waits of one kind of work."""

    count: int
    oldest: timedelta  # since it was due; zero where nothing is


def replies() -> Waiting:
    """Turns without their reply, and replies whose worker fell silent."""
    open_ones = Reply.objects.using("sweep").filter(state__in=Reply.OPEN)
    return _waiting(open_ones, Coalesce("claimed_until", "queued_at"))


def steps() -> Waiting:
    """Steps of sessions that are due."""
    return _waiting(Step.objects.using("sweep").filter(state=Step.State.WAITING), F("due_at"))


def periods() -> Waiting:
    """Days, and the acquaintance after them, that are due to be summed up."""
    return _waiting(Period.objects.using("sweep").filter(state=Step.State.WAITING), F("due_at"))


def erasures() -> Waiting:
    """What is due to be erased, or is erased but for the replies' logs."""
    due = Q(state__in=(Erasure.State.WAITING, Erasure.State.BEGUN, Erasure.State.ERASED))
    return _waiting(Erasure.objects.using("sweep").filter(due), F("due_at"))


def fading() -> Waiting:
    """Memories whose state is not yet what is left of them."""
    crossing = Memory.objects.using("sweep").exclude(state=Memory.State.FADED).filter(pinned=False)
    return _waiting(crossing, F("fades_at"))


def sessions() -> Waiting:
    """Sessions that fell silent and are still open; their age counts from the end of the silence."""
    open_ones = Session.objects.using("sweep").filter(closed_at=None)
    return _waiting(open_ones, F("ended_at"), at=clock.now() - dialogue.silence())


KINDS: dict[str, Callable[[], Waiting]] = {
    "replies": replies,
    "sessions": sessions,
    "steps": steps,
    "periods": periods,
    "erasures": erasures,
    "fading": fading,
}


def _waiting(rows: QuerySet[Any], due: F | Coalesce, *, at: datetime | None = None) -> Waiting:
    moment = at or clock.now()
    dated = rows.annotate(due=due).filter(due__lte=moment)
    try:
        told = dated.aggregate(count=Count("id"), first=Min("due"))
    finally:
        connections["sweep"].close()
    return Waiting(told["count"], moment - told["first"] if told["first"] else timedelta())


def failed() -> dict[str, int]:
    """How many steps and periods were given up, by kind."""
    try:
        given_up = Step.objects.using("sweep").filter(state=Step.State.FAILED).values_list("kind")
        counts = dict(given_up.annotate(n=Count("id")).order_by())
        periods_ = Period.objects.using("sweep").filter(state=Step.State.FAILED).count()
    finally:
        connections["sweep"].close()
    return counts | ({"period": periods_} if periods_ else {})


def try_failed_again() -> int:
    """Have what was given up tried anew from now on; how many there were."""
    try:
        owners = {
            person_id
            for model in (Step, Period)
            for person_id in model.objects.using("sweep")
            .filter(state=Step.State.FAILED)
            .values_list("owner_id", flat=True)
        }
    finally:
        connections["sweep"].close()
    tried = 0
    for person_id in sorted(owners):
        with acting_as(person_id):
            tried += attempts.try_steps_again(Step.objects.of(person_id).filter(state=Step.State.FAILED))
            tried += attempts.try_periods_again(Period.objects.of(person_id).filter(state=Step.State.FAILED))
    return tried
