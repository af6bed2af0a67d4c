"""The days of a person with a companion, the latest first: each with its summary, its mood and its sessions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce, TruncDate, TruncMonth
from django.utils.translation import gettext

from companion.accounts.models import Person
from memory import clock
from memory.consolidation.periods import SAME, day_ends
from memory.isolation import acting_as
from memory.models import Companion, Memory, Period, Session, Step, Turn
from memory.models.trace import BY_HAND
from memory.moods import moods
from memory.naming import hide_names
from memory.temporal import day_in_words

PAGE = 20  # days


def read_months(person: Person, companion: Companion | None) -> list[dict[str, Any]]:
    """The months in which the two talked, the latest first, and on how many days."""
    if companion is None:
        return []
    with acting_as(person.pk):
        of_months = _talked(person, companion).annotate(month=Cast(TruncMonth("on"), DateField())).values("month")
        counted = of_months.annotate(days=Count("on", distinct=True)).order_by("-month")
        return [{"month": f"{row['month']:%Y-%m}", "days": row["days"]} for row in counted]


def read_days(person: Person, companion: Companion | None, *, until: date | None) -> dict[str, Any]:
    """A page of days up to one, and where the next page begins."""
    if companion is None:
        return {"days": [], "after": None}
    with acting_as(person.pk):
        talked = _talked(person, companion)
        upto = talked.filter(on__lte=until) if until else talked
        found = list(upto.values_list("on", flat=True).distinct().order_by("-on")[: PAGE + 1])
        days = found[:PAGE]
        return {
            "days": _days(person, companion, days) if days else [],
            "after": f"{found[PAGE]}" if len(found) > PAGE else None,
        }


def _talked(person: Person, companion: Companion) -> QuerySet[Any, Any]:
    """Sessions of which something can still be read, with the day that each counts to.

    What was said off the record is not among them, nor what was corrected by hand.
    """
    sessions: QuerySet[Session] = Session.objects.of(person.pk)
    shown = Exists(Turn.objects.of(person.pk).shown().filter(session=OuterRef("pk")))
    here = sessions.filter(shown, conversation__companion=companion, conversation__off_record=False)
    day = Coalesce("day", TruncDate("started_at", tzinfo=ZoneInfo(person.time_zone)))
    return here.exclude(conversation__origin__startswith=BY_HAND).annotate(on=day)


def _days(person: Person, companion: Companion, days: Sequence[date]) -> list[dict[str, Any]]:
    today = clock.local(clock.now(), person.time_zone).date()
    sessions = _sessions(person, companion, days)
    summaries, being_made = _summaries(
        person, companion, days, [one.pk for of_day in sessions.values() for one in of_day]
    )
    periods = Period.objects.of(person.pk).filter(companion=companion, layer=Period.Layer.SUMMARY, day__in=days)
    states = dict(periods.values_list("day", "state"))
    zone = person.time_zone
    felt = moods(companion, since=day_ends(days[-1] - timedelta(days=1), zone), until=day_ends(days[0], zone))
    valences = {one.day: one.valence for one in felt}
    steps = _steps(person, [one.pk for of_day in sessions.values() for one in of_day])
    return [
        {
            "day": f"{day}",
            "when": day_in_words(day, today=today),
            "state": "open" if day >= today else _state(states.get(day), day in being_made),
            "summary": _told(summaries.get(day)),
            "alone": day in summaries and SAME in summaries[day].version,
            "valence": valences.get(day),
            "sessions": [
                {
                    "id": one.pk,
                    "conversation": str(one.conversation_id),
                    "title": one.conversation.title,
                    "turn": one.first_turn,
                    "hours": _hours(one, zone),
                    "state": _state(steps.get(one.pk), one.pk in being_made) if one.closed_at else "open",
                    "summary": _told(summaries.get(one.pk)),
                }
                for one in sessions[day]
            ],
        }
        for day in days
    ]


def _sessions(person: Person, companion: Companion, days: Sequence[date]) -> dict[date, list[Any]]:
    """The sessions of these days, oldest first, each with the first turn of it that can be read."""
    shown = Turn.objects.of(person.pk).shown().filter(session=OuterRef("pk"))
    first = Subquery(shown.order_by("number").values("pk")[:1])
    of_days = _talked(person, companion).filter(on__in=days).annotate(first_turn=first)
    found = list(of_days.select_related("conversation").order_by("started_at", "pk"))
    hide_names([session.conversation for session in found])
    by_day: dict[date, list[Any]] = defaultdict(list)
    for session in found:
        by_day[session.on].append(session)
    return by_day


def _summaries(
    person: Person, companion: Companion, days: Iterable[date], session_ids: Iterable[int]
) -> tuple[dict[date | int, Memory], set[date | int]]:
    """The summaries of days and sessions, and of which of them they stand on words that are about to be erased."""
    of_days = Q(kind=Memory.Kind.DAY_SUMMARY, period__day__in=days)
    of_sessions = Q(kind=Memory.Kind.SESSION_SUMMARY, session__in=session_ids)
    written = Memory.objects.of(person.pk).filter(of_days | of_sessions, companion=companion)
    found: dict[date | int, Memory] = {_place(one): one for one in written.shown().select_related("period")}
    every = {_place(one) for one in written.select_related("period")}
    return found, every - found.keys()


def _place(summary: Memory) -> date | int:
    day = summary.period.day if summary.period else None
    return day or summary.session_id or 0


def _steps(person: Person, session_ids: Iterable[int]) -> dict[int, str]:
    summing = Step.objects.of(person.pk).filter(session__in=session_ids, kind=Step.Kind.SUMMARY)
    return dict(summing.values_list("session_id", "state"))


def _state(work: str | None, being_made: bool) -> str:
    """How far a summary is: waiting, done (also where there was nothing to sum up) or failed."""
    return Step.State.WAITING if being_made or work is None else work


def _told(summary: Memory | None) -> dict[str, Any] | None:
    return {"id": summary.pk, "text": summary.text} if summary else None


def _hours(session: Session, zone: str) -> str:
    began, ended = _hour(session.started_at, zone), _hour(session.ended_at, zone)
    return began if began == ended else gettext("%(first)s to %(last)s") % {"first": began, "last": ended}


def _hour(moment: datetime, zone: str) -> str:
    local = clock.local(moment, zone)
    return f"{local.hour}:{local:%M}"
