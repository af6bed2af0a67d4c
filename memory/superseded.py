"""What holds now in place of what was said: what was noted of it was put right by hand, or has changed since."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from memory import lexicon
from memory.models import Correction, Memory, Source, Speaker, Turn

LONGEST_CHAIN = 20  # versions of one fact that are gone through


def holding_since(turns: Iterable[Turn], about: AbstractSet[str]) -> dict[int, Turn]:
    """The person's turns in which stands what holds now, by those of these turns in whose place it does.

    `about` are stems: what a turn tells beside them may be over, and is not looked at. Runs inside `acting_as(person)`.
    """
    by_id = {turn.pk: turn for turn in turns if turn.speaker == Speaker.PERSON}
    ends: dict[int, Memory] = {}
    for turn_id, start, end, memory in _over(by_id):
        if not about.isdisjoint(lexicon.stems(by_id[turn_id].text[start:end])):
            ends[turn_id] = _latest(memory)
    said = _said({memory.pk for memory in ends.values()}) if ends else {}
    found = {turn_id: said[memory.pk] for turn_id, memory in ends.items() if memory.pk in said}
    return {turn_id: turn for turn_id, turn in found.items() if turn.said_at > by_id[turn_id].said_at}


def _over(turn_ids: Iterable[int]) -> Iterator[tuple[int, int, int, Memory]]:
    """Characters of these turns, and what stands in their place: of a fact that was noted of them, or by hand."""
    noted = Source.objects.filter(turn__in=turn_ids, memory__kind=Memory.Kind.FACT, memory__superseded_by__isnull=False)
    for source in noted.select_related("memory__superseded_by").order_by("pk"):
        if source.memory.superseded_by is not None:
            yield source.turn_id, source.start, source.end, source.memory.superseded_by
    for row in Correction.objects.filter(turn__in=turn_ids).select_related("memory").order_by("memory_id", "pk"):
        yield row.turn_id, row.start, row.end, row.memory


def _latest(memory: Memory) -> Memory:
    """What nothing else stands in place of."""
    for _ in range(LONGEST_CHAIN):
        if memory.superseded_by is None:
            break
        memory = memory.superseded_by
    return memory


def _said(memories: AbstractSet[int]) -> Mapping[int, Turn]:
    """The person's latest turn that each of these facts comes from."""
    shown = Turn.objects.shown().filter(speaker=Speaker.PERSON)
    sources = Source.objects.filter(memory__in=memories, turn__in=shown).select_related("turn")
    latest = sources.order_by("memory_id", "-turn__said_at").distinct("memory_id")
    return {source.memory_id: source.turn for source in latest}
