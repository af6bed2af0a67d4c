"""The search box: the one recall finds what was said, and with it what was made of it.

The web process has no encoder, so a chat worker reads the question. Without one, words are looked for as they stand.
"""

import logging
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from companion.accounts.models import Person
from companion.memories import words
from companion.memories.items import items
from companion.memories.listing import Filters, told
from memory import clock, gate, recall
from memory.dialogue import UNKEEPABLE, default_companion
from memory.encoder import Reader
from memory.isolation import acting_as
from memory.models import Companion, Memory, Source, Turn
from worker.distant_encoder import DistantEncoder, EncoderAway

log = logging.getLogger(__name__)

MOST = 50  # turns that are looked at, and items that are shown
LONGEST = 500  # characters of a question
MOST_WORDS = 8  # of a question that are looked for as they stand


def search(person: Person, question: str, filters: Filters, *, encoder: Reader | None = None) -> dict[str, Any]:
    """What is remembered on a question, best first, and how it was looked for; `notice` says what was in the way."""
    question = " ".join(question.translate(UNKEEPABLE).split())[:LONGEST]
    try:
        turn_ids, notice = _recalled(person, question, filters, encoder or DistantEncoder())
    except EncoderAway as away:
        log.warning("searched by words alone: no worker read the question")
        turn_ids, notice = None, words.BY_WORDS_ALONE.format(away)
    with acting_as(person.pk):
        found = _by_words(person, question, filters) if turn_ids is None else _of_turns(person, turn_ids, filters)
        return {"items": items(person, found), "by": "words" if turn_ids is None else "meaning", "notice": notice}


def _recalled(person: Person, question: str, filters: Filters, encoder: Reader) -> tuple[list[int] | None, str]:
    """The turns that come to mind, best first; none where the gate sees no question. Raises EncoderAway.

    The worker is waited for with no connection held.
    """
    with acting_as(person.pk):
        companion = _companion(person, filters)
    if not gate.needs_memory(question, companion=companion.name):
        return None, str(words.SMALL_TALK)
    forms = recall.question_forms(question, person=person.called, companion=companion.name, asked=True)
    read = encoder.read(forms)
    with acting_as(person.pk):
        remembering = recall.recall(
            companion=companion,
            person=person.called,
            question=question,
            moment=clock.local(clock.now(), person.time_zone),
            encoder=encoder,
            asked=True,
            read=read,
            most=MOST,
        )
    return [candidate.turn_id for candidate in remembering.candidates], ""


def _companion(person: Person, filters: Filters) -> Companion:
    wanted = (
        Companion.objects.of(person.pk).present().filter(pk=filters.companion).first() if filters.companion else None
    )
    return wanted or default_companion(person_id=person.pk)


def _of_turns(person: Person, turn_ids: Sequence[int], filters: Filters) -> list[Memory]:
    """What was made of each turn, then its own round; in the order of the turns, each once."""
    place = {turn_id: number for number, turn_id in enumerate(turn_ids)}
    wanted = _wanted(person, filters).select_related("period")
    if filters.kind == "summary":
        return _of_their_sessions(person, turn_ids, wanted)
    sources = Source.objects.of(person.pk).filter(turn__in=turn_ids, memory__kind__in=_kinds(filters))
    memories = {memory.pk: memory for memory in wanted.filter(pk__in=sources.values("memory"))}
    found = [(place[turn], memories[pk]) for turn, pk in sources.values_list("turn", "memory") if pk in memories]
    found.sort(key=lambda each: (each[0], each[1].kind == Memory.Kind.ROUND, -each[1].pk))
    return list({memory.pk: memory for _, memory in found}.values())[:MOST]


def _of_their_sessions(person: Person, turn_ids: Sequence[int], wanted: QuerySet[Memory]) -> list[Memory]:
    """The summaries of the sessions in which these turns were said, in their order."""
    sessions = dict(Turn.objects.of(person.pk).filter(pk__in=turn_ids).values_list("pk", "session"))
    summaries = wanted.filter(kind=Memory.Kind.SESSION_SUMMARY, session__in=sessions.values())
    by_session = {memory.session_id: memory for memory in summaries}
    ordered = dict.fromkeys(sessions[turn_id] for turn_id in turn_ids if turn_id in sessions)
    return [by_session[session] for session in ordered if session in by_session]


def _kinds(filters: Filters) -> list[str]:
    """Facts and events, and the words themselves; of these what is asked for."""
    if filters.kind:
        return [Memory.Kind.ROUND if filters.kind == "said" else Memory.Kind.FACT]
    return [Memory.Kind.FACT, Memory.Kind.ROUND]


def _wanted(person: Person, filters: Filters) -> QuerySet[Memory]:
    shown = Memory.objects.of(person.pk).shown()
    return filters.apply(shown, person.time_zone)


def _by_words(person: Person, question: str, filters: Filters) -> list[Memory]:
    """What holds every word, as it is written, newest first; the words themselves after what was made of them."""
    every_word, in_turn = Q(), Q()
    for word in question.split()[:MOST_WORDS]:
        every_word &= Q(text__icontains=word)
        in_turn &= Q(text__icontains=word)
    made = filters.apply(told(person).exclude(kind=Memory.Kind.ROUND), person.time_zone).filter(every_word)
    found = list(made.select_related("period").order_by("-said_at", "-pk")[:MOST])
    if filters.kind not in ("", "said") or len(found) == MOST:
        return found
    turns = Turn.objects.of(person.pk).shown().filter(in_turn).order_by("-said_at")[:MOST]
    rounds = _wanted(person, filters).filter(kind=Memory.Kind.ROUND, sources__turn__in=list(turns)).distinct()
    return [*found, *rounds.order_by("-said_at", "-pk")][:MOST]
