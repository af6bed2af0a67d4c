"""The notice under a request of memory: what will be remembered, or what was found to be forgotten."""

from collections.abc import Iterable
from typing import Any, cast

from companion.accounts.models import Person
from companion.chat.changes import Forgotten, Notice, OnTopic
from memory import clock
from memory.models import Erasure, Request, Speaker, Turn
from memory.reading import excerpt
from memory.temporal import when_in_words


def notices(turn_ids: Iterable[int], *, person: Person) -> dict[int, Notice]:
    """The notices of these turns, by turn. Runs inside `acting_as(person)`."""
    rows = list(Request.objects.of(person.pk).filter(turn__in=list(turn_ids)).select_related("turn", "memory"))
    found = {pk for row in rows for pk in row.found}
    turns = Turn.objects.of(person.pk).shown().in_bulk(found) if found else {}
    return {row.turn_id: _notice(row, [turns[pk] for pk in row.found if pk in turns], person) for row in rows}


def _state(request: Request) -> str:
    """What was to be remembered and was let go of elsewhere since is as if its wish had been taken back."""
    let_go = request.kind == Request.Kind.REMEMBER and request.state == Request.State.DONE
    return Request.State.WITHDRAWN if let_go and request.memory and not request.memory.pinned else request.state


def _notice(request: Request, found: Iterable[Turn], person: Person) -> Notice:
    return Notice(
        request=request.pk,
        kind=cast(Any, request.kind),
        state=cast(Any, _state(request)),
        words=request.words,
        found=[_on_topic(turn, person.time_zone) for turn in found],
    )


def _on_topic(turn: Turn, zone: str) -> OnTopic:
    said_at = clock.local(turn.said_at, zone)
    return OnTopic(
        turn=turn.pk,
        conversation=turn.conversation_id,
        quote=excerpt(turn.text),
        said_at=said_at,
        when=when_in_words(said_at, moment=clock.local(clock.now(), zone)),
    )


def forgotten_frame(asked: Erasure) -> Forgotten:
    """What is about to be forgotten, and until when it can be taken back. Runs inside `acting_as(person)`."""
    marked = Turn.objects.of(asked.owner_id).filter(erasure=asked)
    asked_alone = (Request.Kind.FORGET, Request.Kind.KNOWN)  # these tell nothing of the person
    said = marked.filter(speaker=Speaker.PERSON).exclude(request__kind__in=asked_alone)
    return Forgotten(
        erasure=asked.pk,
        until=asked.due_at,
        turns=list(marked.order_by("pk").values_list("pk", flat=True)),
        said=said.count(),
    )
