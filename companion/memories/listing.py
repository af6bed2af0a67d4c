"""The list of what is remembered: newest first, page by page, with the counts that stand on its filters.

memory/listed.py says what is in it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, QuerySet

from companion.accounts.models import Person
from companion.memories.items import items
from memory.isolation import acting_as
from memory.listed import HOLDS, STATES, listed
from memory.models import Memory

PAGE = 50  # memories
SUMMARIES = (Memory.Kind.SESSION_SUMMARY, Memory.Kind.DAY_SUMMARY, Memory.Kind.ACQUAINTANCE)
IS_STATE = Q(kind=Memory.Kind.FACT, told__in=(Memory.Told.STATE, ""))
KINDS = {
    "fact": IS_STATE,
    "event": Q(kind=Memory.Kind.FACT, told__in=(Memory.Told.EVENT, Memory.Told.PLAN, Memory.Told.DROPPED)),
    "summary": Q(kind__in=SUMMARIES),
    "said": Q(kind=Memory.Kind.ROUND),
}


class NotAPlace(ValueError):
    """What should say where a page begins does not."""


@dataclass(frozen=True)
class Filters:
    """What of it is wanted; days stand on the person's calendar, both included."""

    kind: str = ""  # of KINDS, or all
    states: tuple[str, ...] = ()  # of STATES, any of them; none: whatever holds
    companion: int | None = None
    since: date | None = None
    until: date | None = None

    def within(self, memories: QuerySet[Memory], zone: str) -> QuerySet[Memory]:
        """Of this companion and this time, of whatever kind and state."""
        if self.companion is not None:
            memories = memories.filter(companion=self.companion)
        if self.since is not None:
            memories = memories.filter(said_at__gte=_begins(self.since, zone))
        if self.until is not None:
            memories = memories.filter(said_at__lt=_begins(self.until + timedelta(days=1), zone))
        return memories

    def apply(self, memories: QuerySet[Memory], zone: str) -> QuerySet[Memory]:
        """All that is wanted."""
        wanted = Q()
        for state in self.states:
            wanted |= STATES[state]
        of_kind = KINDS[self.kind] if self.kind else Q()
        return self.within(memories, zone).filter(of_kind, wanted if self.states else HOLDS)


def _begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


def told(person: Person) -> QuerySet[Memory]:
    """What stands in the list, without what is about to be erased. Runs inside `acting_as(person)`."""
    return listed(Memory.objects.of(person.pk).shown())


def list_memories(person: Person, filters: Filters, *, after: str = "") -> dict[str, Any]:
    """A page of memories, newest first, from the place that the page before named. Raises NotAPlace."""
    with acting_as(person.pk):
        found = filters.apply(told(person), person.time_zone).order_by("-said_at", "-pk")
        page = list(_after(found, after).select_related("period")[: PAGE + 1])
        shown = page[:PAGE]
        return {
            "items": items(person, shown),
            "after": f"{shown[-1].said_at.isoformat()},{shown[-1].pk}" if len(page) > PAGE else None,
            "counts": None if after else count(person, filters),
        }


def _after(memories: QuerySet[Memory], place: str) -> QuerySet[Memory]:
    if not place:
        return memories
    moment, _, pk = place.rpartition(",")
    try:
        said_at, last = datetime.fromisoformat(moment), int(pk)
    except ValueError as wrong:
        raise NotAPlace(place) from wrong
    if said_at.tzinfo is None or not 0 < last < 2**63:
        raise NotAPlace(place)
    try:
        said_at = said_at.astimezone(UTC)
    except OverflowError as wrong:
        raise NotAPlace(place) from wrong
    return memories.filter(Q(said_at__lt=said_at) | Q(pk__lt=last), said_at__lte=said_at)


def count(person: Person, filters: Filters) -> dict[str, Any]:
    """How many there are of each kind and in each state, and since when. Runs inside `acting_as(person)`."""
    of_kinds = {name: Count("pk", filter=HOLDS & of_kind) for name, of_kind in KINDS.items()}
    in_states = {name: Count("pk", filter=state) for name, state in STATES.items()}
    counted = filters.within(told(person), person.time_zone).aggregate(
        all=Count("pk", filter=HOLDS), since=Min("said_at", filter=HOLDS), **of_kinds, **in_states
    )
    since = counted.pop("since")
    return {**counted, "since": since.isoformat() if since else None}
