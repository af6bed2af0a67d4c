"""What an erasure would take, told before it is asked for: counts alone, as its receipt has them afterwards."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from memory import erasure
from memory.erasure import Wish
from memory.models import Memory, Session, Source, Speaker, Turn
from memory.repeats import may_repeat

SUMMARIES = (Memory.Kind.SESSION_SUMMARY, Memory.Kind.DAY_SUMMARY, Memory.Kind.ACQUAINTANCE)


@dataclass(frozen=True)
class Foretold:
    """How much would go, and what would be made anew without it."""

    said: int  # turns of the person's
    answers: int  # turns of the companion's
    facts: int  # that come from nothing else
    summaries: int  # of sessions, days and the acquaintance: made anew from what is left
    repeats: int  # other replies that stay, and may say it again


def foretell(*, person_id: int, wish: Wish) -> Foretold:
    """What `erasure.forget` would do with this wish. Changes nothing. Runs inside `acting_as(person)`."""
    turn_ids = erasure.going(person_id, wish)
    turns = Turn.objects.of(person_id).filter(pk__in=turn_ids)
    said = turns.filter(speaker=Speaker.PERSON).count()
    return Foretold(
        said=said,
        answers=len(turn_ids) - said,
        facts=_only_from(person_id, turn_ids),
        summaries=_leaning_on(person_id, turn_ids),
        repeats=len(may_repeat(person_id=person_id, turn_ids=turn_ids)),
    )


def _only_from(person_id: int, turn_ids: list[int]) -> int:
    elsewhere = Source.objects.of(person_id).filter(memory=OuterRef("pk")).exclude(turn__in=turn_ids)
    facts = Memory.objects.of(person_id).filter(kind=Memory.Kind.FACT, sources__turn__in=turn_ids).distinct()
    return facts.exclude(Exists(elsewhere)).count()


def _leaning_on(person_id: int, turn_ids: list[int]) -> int:
    """Summaries of the sessions in which it was said, of their days, and of the acquaintance."""
    sessions = Session.objects.of(person_id).filter(turns__in=turn_ids)
    summaries = Memory.objects.of(person_id).filter(kind__in=SUMMARIES)
    companions = sessions.filter(day__isnull=False).values("conversation__companion")
    days = sessions.filter(day=OuterRef("period__day"), conversation__companion=OuterRef("companion"))
    of_sessions = summaries.filter(session__in=sessions)
    above = summaries.filter(Exists(days)) | summaries.filter(period__day=None, companion__in=companions, session=None)
    return of_sessions.count() + above.count()
