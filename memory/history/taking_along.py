"""What a person has judged with one companion, and the portrait, as lines of an export (memory/history/judgements.py).

Whatever stands on words that are not exported themselves is left out, or its span is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from memory.consolidation.corrected import written
from memory.correction import CLAIMED, MOMENTS
from memory.models import Companion, Correction, Memory, PortraitEvidence, PortraitLine, Source, Speaker, Turn
from memory.models.trace import BY_HAND


def judgements(companion: Companion, *, name: str = "") -> Iterator[dict[str, Any]]:
    """Pins, then corrections in the order in which they were made, then the portrait; `name` is the companion's.

    Runs inside `acting_as(person)`.
    """
    turns = Turn.objects.of(companion.owner_id).shown()
    exported = turns.filter(conversation__companion=companion, conversation__off_record=False)
    yield from _pins(companion, exported)
    yield from _corrections(companion, exported)
    yield from _portrait(companion, exported, name)


def _pins(companion: Companion, exported: QuerySet[Turn]) -> Iterator[dict[str, Any]]:
    memories = Memory.objects.of(companion.owner_id).shown().filter(companion=companion, pinned=True)
    for memory in memories.exclude(version=BY_HAND).order_by("pk"):
        words = _of_person(memory, exported) or _of_session(memory, exported)
        if words is not None:
            yield {"kind": "pin", "memory": memory.kind, **words, "text": memory.text[:4000]}


def _of_person(memory: Memory, exported: QuerySet[Turn]) -> dict[str, Any] | None:
    """The first of the person's words that it comes from: where it was found first, it is found again."""
    sources = Source.objects.of(memory.owner_id).filter(memory=memory, turn__in=exported)
    own = sources.filter(turn__speaker=Speaker.PERSON).select_related("turn")
    first = own.order_by("turn__said_at", "turn__number", "start").first()
    return _words(first.turn, first.start, first.end) if first else None


def _of_session(memory: Memory, exported: QuerySet[Turn]) -> dict[str, Any] | None:
    """Of a summary that names no single words: any of what it sums up."""
    if memory.period is None:
        of_it = exported.filter(session=memory.session)
    else:
        of_it = exported.filter(session__day=memory.period.day) if memory.period.day else exported
    first = of_it.exclude(text="").order_by("said_at", "number").first()
    return _words(first, 0, len(first.text)) if first else None


def _corrections(companion: Companion, exported: QuerySet[Turn]) -> Iterator[dict[str, Any]]:
    by_hand = Memory.objects.of(companion.owner_id).shown().filter(companion=companion, version=BY_HAND)
    for memory in by_hand.order_by("pk"):
        turn = written(exported.filter(memories__memory=memory)).first()
        if turn is None:
            continue
        wrong = Correction.objects.of(memory.owner_id).filter(memory=memory, turn__in=exported).select_related("turn")
        yield {
            "kind": "correction",
            "turn": str(turn.client_id),
            **{name: claimed for name in CLAIMED if (claimed := getattr(memory, name))},
            **_moments(memory),
            **({"pinned": True} if memory.pinned else {}),
            "in_place_of": [
                {
                    **_words(one.turn, one.start, one.end),
                    "subject": one.subject,
                    "attribute": one.attribute,
                    "mistaken": one.mistaken,
                    "text": one.turn.text[one.start : one.end],
                }
                for one in wrong.order_by("pk")
            ],
        }


def _moments(memory: Memory) -> dict[str, str]:
    moments: Iterable[tuple[str, datetime | None]] = ((name, getattr(memory, name)) for name in MOMENTS)
    return {name: moment.isoformat() for name, moment in moments if moment is not None}


def _portrait(companion: Companion, exported: QuerySet[Turn], name: str) -> Iterator[dict[str, Any]]:
    """Lines that hold, and those that the person refused; not those whose words were erased."""
    lines = PortraitLine.objects.of(companion.owner_id).filter(companion=companion).exclude(text="").shown()
    for line in lines.exclude(state=PortraitLine.State.DROPPED).order_by("pk"):
        evidence = PortraitEvidence.objects.of(line.owner_id).filter(line=line, turn__in=exported)
        yield {
            "kind": "portrait",
            **({"companion": name} if name else {}),
            "aspect": line.aspect,
            "text": line.text,
            "state": line.state,
            "sure": line.confidence,
            "quotes": [
                {
                    **_words(one.turn, one.start, one.end),
                    "weight": one.weight,
                    "text": one.turn.text[one.start : one.end],
                }
                for one in evidence.select_related("turn").order_by("turn__said_at", "turn", "start")
            ],
        }


def _words(turn: Turn, start: int, end: int) -> dict[str, Any]:
    return {"turn": str(turn.client_id), "start": start, "end": end}
