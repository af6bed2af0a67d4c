"""How much of what a person said is still to be read: sessions, days, and files that they sent. Counts, no words."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from memory import clock, permission
from memory.consolidation.periods import SETTLING
from memory.engine import EngineError
from memory.models import Companion, Import, Matter, Period, Step

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
    acquaintance_left: bool  # the summary of the whole is due
    portrait_left: bool  # a portrait that is kept is due
    held_up: bool  # an engine that does not answer is waited for

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        whole_left = self.acquaintance_left or self.portrait_left
        return not (self.files_left or self.sessions_left or self.days_left or whole_left)


def how_far(person_id: int) -> Progress:
    """As of now. Runs inside `acting_as(person)`."""
    now = clock.now()
    left = Q(state=Step.State.WAITING) & (Q(due_at__lte=now) | Q(attempts__gt=0))
    held_up = Count("pk", filter=left & Q(error=EngineError.__name__))
    steps = Step.objects.of(person_id).filter(kind__in=READ_BY, session__closed_at__isnull=False)
    sessions = steps.aggregate(
        total=Count("session", distinct=True), left=Count("session", distinct=True, filter=left), held_up=held_up
    )
    is_day, is_portrait = Q(day__isnull=False), Q(layer=Period.Layer.PORTRAIT)
    left = _left(now)
    shown = Period.objects.of(person_id).exclude(is_portrait, companion__in=_without_portrait(person_id))
    days = shown.aggregate(
        total=Count("pk", filter=is_day & (left | ~Q(state=Step.State.WAITING))),
        left=Count("pk", filter=is_day & left),
        acquaintance=Count("pk", filter=~is_day & ~is_portrait & left),
        portrait=Count("pk", filter=is_portrait & left),
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
        acquaintance_left=days["acquaintance"] > 0,
        portrait_left=days["portrait"] > 0,
        held_up=sessions["held_up"] + days["held_up"] > 0,
    )


def _left(now: datetime) -> Q:
    """Of periods, those that are due; the acquaintance is put off again and again for what it is made of."""
    return Q(state=Step.State.WAITING) & (Q(due_at__lte=now + SETTLING) | Q(attempts__gt=0))


def is_left(period: Period, now: datetime) -> bool:
    """Whether this one is: it is worked at, or about to be."""
    return Period.objects.of(period.owner_id).filter(_left(now), pk=period.pk).exists()


def _without_portrait(person_id: int) -> list[int]:
    """Companions that keep none of the person: what is due of it is to take it down, which nobody waits for."""
    companions = Companion.objects.of(person_id)
    return [companion.pk for companion in companions if not permission.may_remember(companion, Matter.PORTRAIT)]
