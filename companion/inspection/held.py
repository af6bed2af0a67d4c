"""What is held of a person beside single memories, as an inspector sees it: portrait, moods, summaries, links.

What is forgotten or about to be stays withheld. Runs inside a visit, and so inside `acting_as(person)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from companion.accounts.models import Person
from memory import clock, portrait
from memory.consolidation.periods import day_ends
from memory.models import Companion, Link, Memory, Period, PortraitLine, Step
from memory.moods import moods
from memory.portrait import Held

WEEKS = 8  # of moods
DAYS = 30  # of a page of summaries


@dataclass(frozen=True)
class Portrayed:
    """What one companion holds about who the person is."""

    companion: str
    aspects: Sequence[tuple[str, list[Held]]]  # the surest line first
    refused: Sequence[PortraitLine]  # by the person
    drawing: Period | None  # how far its making is
    felt: Sequence[tuple[date, float | None]]  # day by day, -1 (bad) to 1 (good); none where no feeling was told

    @property
    def feelings(self) -> list[tuple[date, float]]:
        """The days on which a feeling was told, the latest first."""
        return [(day, valence) for day, valence in reversed(self.felt) if valence is not None]


def portraits(person: Person) -> list[Portrayed]:
    """Of each companion."""
    return [_portrayed(person, each) for each in Companion.objects.of(person.pk).present().order_by("pk")]


def _portrayed(person: Person, companion: Companion) -> Portrayed:
    lines = portrait.read(companion, clock.now())
    aspects = [
        (aspect.value, of_aspect)
        for aspect in PortraitLine.Aspect
        if (of_aspect := [line for line in lines if line.aspect == aspect])
    ]
    drawing = Period.objects.of(person.pk).filter(companion=companion, layer=Period.Layer.PORTRAIT).first()
    return Portrayed(companion.name, aspects, portrait.refused(companion), drawing, _felt(person, companion))


def _felt(person: Person, companion: Companion) -> list[tuple[date, float | None]]:
    now = clock.now()
    today = clock.local(now, person.time_zone).date()
    first = today - timedelta(weeks=WEEKS) + timedelta(days=1)
    since = day_ends(first - timedelta(days=1), person.time_zone)
    told = {one.day: one.valence for one in moods(companion, since=since, until=now)}
    days = [first + timedelta(days=each) for each in range(7 * WEEKS)]
    return [(day, told.get(day)) for day in days]


@dataclass(frozen=True)
class DaySummary:
    """A day's summary, with those of its sessions."""

    summary: Memory
    day: date
    sessions: Sequence[Memory]  # oldest first


@dataclass(frozen=True)
class Summed:
    """What one companion's talk with the person was summed up to."""

    companion: str
    acquaintance: Memory | None
    days: Sequence[DaySummary]  # the latest first
    failed: int  # days and acquaintance that were given up


def summaries(person: Person, *, before: date | None) -> tuple[list[Summed], date | None]:
    """Of each companion the days before one, as far as a page goes; and the day before which the next page ends."""
    written = Memory.objects.of(person.pk).shown().select_related("period", "session")
    days = written.filter(kind=Memory.Kind.DAY_SUMMARY)
    if before:
        days = days.filter(period__day__lt=before)
    distinct = days.values_list("period__day", flat=True).distinct().order_by("-period__day")
    numbered = [day for day in distinct[: DAYS + 1] if day]
    companions = Companion.objects.of(person.pk).present().order_by("pk")
    told = [_summed(person, each, written, numbered[:DAYS]) for each in companions]
    return told, numbered[DAYS - 1] if len(numbered) > DAYS else None


def _summed(person: Person, companion: Companion, written: QuerySet[Memory], days: Sequence[date]) -> Summed:
    own = written.filter(companion=companion)
    of_days = own.filter(kind=Memory.Kind.DAY_SUMMARY, period__day__in=days).order_by("-period__day")
    sessions = list(own.filter(kind=Memory.Kind.SESSION_SUMMARY, session__day__in=days).order_by("said_at", "pk"))
    failed = Period.objects.of(person.pk).filter(companion=companion, state=Step.State.FAILED)
    return Summed(
        companion.name,
        own.filter(kind=Memory.Kind.ACQUAINTANCE).first(),
        [_day(summary, sessions) for summary in of_days],
        failed.count(),
    )


def _day(summary: Memory, sessions: Sequence[Memory]) -> DaySummary:
    day = summary.period.day if summary.period else None
    assert day is not None  # noqa: S101 - the summary of a day is of a period (`of_a_session_or_a_period`)
    return DaySummary(summary, day, [one for one in sessions if one.session and one.session.day == day])


def links(person_id: int, memory: Memory) -> list[tuple[str, Memory]]:
    """What a memory belongs with, each with the reason; both ways, and as far as the other is shown."""
    joined = Link.objects.of(person_id).filter(Q(memory=memory) | Q(other=memory)).order_by("pk")
    why = {one.other_id if one.memory_id == memory.pk else one.memory_id: one.why for one in joined}
    others = Memory.objects.of(person_id).shown().in_bulk(list(why))
    return [(reason, others[other]) for other, reason in why.items() if other in others]
