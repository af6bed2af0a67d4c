"""Memories as the page shows them in a list: what it says, of what sort, how fresh, and where it comes from."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from companion.accounts.models import Person
from companion.memories import words
from memory import clock, retention
from memory.listed import is_listed
from memory.models import Memory, Session, Source, Speaker
from memory.naming import hide_names
from memory.reading import excerpt

LONGEST_QUOTE = 80  # characters, in a list
LONGEST_ROUND = 300  # of the words themselves
QUOTED = (Memory.Kind.FACT, Memory.Kind.ROUND)


def items(person: Person, memories: Sequence[Memory]) -> list[dict[str, Any]]:
    """These memories, in their order. Runs inside `acting_as(person)`."""
    now = clock.now()
    today = clock.local(now, person.time_zone).date()
    quotes = _quotes(person, [memory.pk for memory in memories if memory.kind in QUOTED])
    talks = _talks(person, memories)
    return [
        {
            **item(memory, person, today=today),
            **_words(memory, quotes.get(memory.pk)),
            "quote": _quote(quotes.get(memory.pk), person, today),
            "talk": talks.get(memory.pk),
        }
        for memory in memories
    ]


def item(memory: Memory, person: Person, *, today: date) -> dict[str, Any]:
    """One memory without its sources."""
    left = memory.retention(clock.now())
    return {
        "id": memory.pk,
        "kind": memory.kind,
        "label": words.label(memory, today=today),
        "text": memory.text,
        "said_at": memory.said_at.isoformat(),
        "validity": words.validity(memory, zone=person.time_zone, today=today),
        "retention": round(left, 3),
        "state": retention.freshness(left),
        "pinned": memory.pinned,
        "listed": is_listed(memory),
        "by_hand": memory.by_hand,
        "superseded": memory.superseded_by_id is not None,
    }


def _quotes(person: Person, fact_ids: Sequence[int]) -> dict[int, Source]:
    """The newest of the person's own words that each comes from."""
    sources = Source.objects.of(person.pk).filter(memory__in=fact_ids, turn__speaker=Speaker.PERSON)
    sources = sources.select_related("turn")
    return {each.memory_id: each for each in sources.order_by("memory_id", "-turn__said_at").distinct("memory_id")}


def _words(memory: Memory, source: Source | None) -> dict[str, str]:
    """A round has no text of its own: its words are its text."""
    own = memory.kind != Memory.Kind.ROUND or source is None
    return {} if own else {"text": excerpt(source.turn.text, LONGEST_ROUND)}  # type: ignore[union-attr]


def _quote(source: Source | None, person: Person, today: date) -> dict[str, Any] | None:
    if source is None:
        return None
    turn = source.turn
    return {
        "text": excerpt(turn.text[source.start : source.end], LONGEST_QUOTE),
        "turn": turn.pk,
        "conversation": str(turn.conversation_id),
        "when": words.said(turn.said_at, zone=person.time_zone, today=today),
    }


def _talks(person: Person, memories: Sequence[Memory]) -> dict[int, dict[str, Any]]:
    """Of a summary: how many conversations it sums up, and where the first of them is."""
    summed = [memory for memory in memories if memory.kind not in QUOTED]
    days = {memory.period.day for memory in summed if memory.period and memory.period.day}
    sessions = Session.objects.of(person.pk).select_related("conversation").order_by("started_at", "pk")
    by_session = {one.pk: [one] for one in sessions.filter(pk__in=[m.session_id for m in summed if m.session_id])}
    by_day: dict[tuple[Any, int], list[Session]] = defaultdict(list)
    for one in sessions.filter(day__in=days):
        by_day[one.day, one.conversation.companion_id].append(one)
    found = {}
    for memory in summed:
        day = memory.period.day if memory.period else None
        own = by_session.get(memory.session_id or 0) or by_day.get((day, memory.companion_id))
        if own:
            found[memory.pk] = own
    hide_names([own[0].conversation for own in found.values()])
    return {pk: _talk(own) for pk, own in found.items()}


def _talk(sessions: Sequence[Session]) -> dict[str, Any]:
    first = sessions[0].conversation
    talks = {session.conversation_id for session in sessions}
    return {"conversation": str(first.pk), "title": first.title, "count": len(talks)}
