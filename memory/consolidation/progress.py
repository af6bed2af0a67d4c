"""How much of what a person said is still to be read: sessions, days, and files that they sent. Counts, no words."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from memory import clock
from memory.consolidation.periods import SETTLING
from memory.engine import EngineError
from memory.models import Import, Period, Step

READ_BY = (Step.Kind.CUT, Step.Kind.SUMMARY, Step.Kind.FACTS)  # links come after, and nobody misses them


@dataclass(frozen=True)
class Progress:
    """Of each: how many are left, of how many there are. What was given up is not left."""

    files_left: int  # that are being kept, or wait for it
    lines_left: int  # of those that are begun
    lines: int
    sessions_left: int  # closed ones without their summary and facts
    sessions: int
    days_left: int  # days that are over, without their summary
    days: int
    whole_left: bool  # the acquaintance or the portrait is due
    held_up: bool  # an engine that does not answer is waited for

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return not (self.files_left or self.sessions_left or self.days_left or self.whole_left)


def how_far(person_id: int) -> Progress:
    """As of now. Runs inside `acting_as(person)`."""
    left = Q(state=Step.State.WAITING) & (Q(due_at__lte=clock.now()) | Q(attempts__gt=0))
    held_up = Count("pk", filter=left & Q(error=EngineError.__name__))
    steps = Step.objects.of(person_id).filter(kind__in=READ_BY, session__closed_at__isnull=False)
    sessions = steps.aggregate(
        total=Count("session", distinct=True), left=Count("session", distinct=True, filter=left), held_up=held_up
    )
    is_day = Q(day__isnull=False)
    # the acquaintance is put off again and again while something is left that it is made of
    left |= Q(state=Step.State.WAITING, due_at__lte=clock.now() + SETTLING)
    days = Period.objects.of(person_id).aggregate(
        total=Count("pk", filter=is_day & (left | ~Q(state=Step.State.WAITING))),
        left=Count("pk", filter=is_day & left),
        whole=Count("pk", filter=~is_day & left),
        held_up=held_up,
    )
    coming = Import.objects.of(person_id).filter(state=Import.State.WAITING)
    lines = coming.aggregate(
        files=Count("pk"), all=Sum("total", default=0), left=Sum(F("total") - F("read"), default=0)
    )
    return Progress(
        files_left=lines["files"],
        lines_left=max(lines["left"], 0),
        lines=lines["all"],
        sessions_left=sessions["left"],
        sessions=sessions["total"],
        days_left=days["left"],
        days=days["total"],
        whole_left=days["whole"] > 0,
        held_up=sessions["held_up"] + days["held_up"] > 0,
    )
