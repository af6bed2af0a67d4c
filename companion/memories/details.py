"""One memory with all that is known of it: the words it came from, how it changed, how fresh it is."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from companion.accounts.models import Person
from companion.memories import words
from companion.memories.curve import curve
from companion.memories.items import items
from memory import clock
from memory.isolation import acting_as
from memory.models import Memory, Source, Speaker, Turn

MOST_SOURCES = 8  # shown; a summary may come from hundreds
LONGEST_HISTORY = 20  # versions
LONGEST_TURN = 600  # characters of a turn around a quote
LONGEST_ANSWER = 240


def read_memory(person: Person, memory_id: int) -> dict[str, Any]:
    """What the page of one memory shows. Raises Memory.DoesNotExist, also for another's and for what is erased."""
    with acting_as(person.pk):
        memory = Memory.objects.of(person.pk).shown().select_related("period", "companion").get(pk=memory_id)
        today = clock.local(clock.now(), person.time_zone).date()
        (item,) = items(person, [memory])
        return {
            **item,
            "companion": memory.companion.name,
            "sources": _sources(memory, person, today),
            "source_count": memory.sources.values("turn").distinct().count(),
            "history": _history(memory, person, today),
            "contradicts": _contradictions(memory, person, today),
            "curve": curve(memory),
            "strength": round(memory.strength, 1),
            "can_correct": memory.kind == Memory.Kind.FACT and memory.superseded_by_id is None,
            "can_take_back": memory.by_hand and memory.superseded_by_id is None,
            "can_forget": memory.kind != Memory.Kind.ACQUAINTANCE,
        }


def _sources(memory: Memory, person: Person, today: date) -> list[dict[str, Any]]:
    """The newest turns it came from, the quoted words apart from what stands around them, each with its answer."""
    shown = Turn.objects.of(person.pk).shown().filter(pk=OuterRef("turn"))
    sources = Source.objects.of(person.pk).filter(Exists(shown), memory=memory).select_related("turn")
    own = sources.filter(turn__speaker=Speaker.PERSON) if memory.kind != Memory.Kind.ROUND else sources
    newest = list(own.order_by("-turn__said_at", "-turn__number", "start")[:MOST_SOURCES])
    answers = {
        turn.answers_id: turn
        for turn in Turn.objects.of(person.pk).shown().filter(answers__in=[source.turn_id for source in newest])
    }
    return [
        {
            "turn": source.turn_id,
            "conversation": str(source.turn.conversation_id),
            "speaker": source.turn.speaker,
            "when": words.said(source.turn.said_at, zone=person.time_zone, today=today),
            "hour": f"{clock.local(source.turn.said_at, person.time_zone):%H:%M}",
            **_around(source),
            "answer": _cut_end(answers[source.turn_id].text, LONGEST_ANSWER) if source.turn_id in answers else None,
        }
        for source in newest
    ]


def _around(source: Source) -> dict[str, str]:
    """A quote in its turn; of a very long turn what stands near it."""
    text, room = source.turn.text, LONGEST_TURN // 2
    before, after = text[: source.start], text[source.end :]
    return {
        "before": before if len(before) <= room else "… " + before[-room:].split(" ", 1)[-1],
        "quote": _cut_end(text[source.start : source.end], 2 * LONGEST_TURN),
        "after": _cut_end(after, room),
    }


def _cut_end(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " …"


def _history(memory: Memory, person: Person, today: date) -> list[dict[str, Any]]:
    """What stood in its place before and stands there since, newest first; nothing where it never changed."""
    chain = [*_since(memory), memory, *_before(memory)]
    if len(chain) == 1:
        return []
    return [
        {
            "id": each.pk,
            "text": each.text,
            "current": each.superseded_by_id is None,
            "validity": words.validity(each, zone=person.time_zone, today=today),
            "said": words.said(each.said_at, zone=person.time_zone, today=today),
            "by_hand": each.by_hand,
        }
        for each in chain
    ]


def _since(memory: Memory) -> list[Memory]:
    newer: list[Memory] = []
    shown = Memory.objects.of(memory.owner_id).shown()
    following = memory.superseded_by_id
    while following is not None and len(newer) < LONGEST_HISTORY:
        each = shown.exclude(pk__in=[one.pk for one in newer]).filter(pk=following).first()
        if each is None:
            break
        newer.insert(0, each)
        following = each.superseded_by_id
    return newer


def _before(memory: Memory) -> list[Memory]:
    older: list[Memory] = []
    ends = [memory.pk]
    while ends and len(older) < LONGEST_HISTORY:
        known = {each.pk for each in older} | {memory.pk}
        found = Memory.objects.of(memory.owner_id).shown().filter(superseded_by__in=ends).exclude(pk__in=known)
        each = list(found.order_by("-said_at", "-pk"))
        older += each
        ends = [one.pk for one in each]
    return older[:LONGEST_HISTORY]


def _contradictions(memory: Memory, person: Person, today: date) -> list[dict[str, Any]]:
    """What was told of the same and can't be true beside it; nobody but the person knows which is right."""
    of_person = Memory.objects.of(person.pk).shown()
    earlier = of_person.filter(pk=memory.contradicts_id) if memory.contradicts_id else of_person.none()
    return [
        {"id": each.pk, "text": each.text, "said": words.said(each.said_at, zone=person.time_zone, today=today)}
        for each in [*earlier, *of_person.filter(contradicts=memory)]
    ]
