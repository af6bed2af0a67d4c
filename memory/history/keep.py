"""Keep a history: the same turns, rounds and keys as if it had been said here, at its own times.

Each batch is one transaction; a run that was broken off goes on where it stopped, and a second one changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection

from memory import clock, dialogue, indexing
from memory.encoder import Encoder
from memory.history.told import History, Skipped, Told
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Session, Speaker, Turn

BATCH = 64  # turns of one transaction and one pass of the encoder


@dataclass
class Kept:
    """What became of a history."""

    turns: int = 0
    already: int = 0
    sessions: list[int] = field(default_factory=list)
    conversations: set[UUID] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)


def keep(
    *, companion: Companion, history: History, encoder: Encoder, progress: Callable[[int], None] = lambda _: None
) -> Kept:
    """Keep every readable turn once, give it its keys, close the sessions; `progress` is told how many were read."""
    kept = Kept()
    for batch in _batches(history.entries):
        told = [entry for entry in batch if isinstance(entry, Told)]
        kept.skipped += [entry for entry in batch if isinstance(entry, Skipped)]
        with acting_as(companion.owner_id):
            turns = _keep_batch(companion, history.source, told, kept)
        _index(companion.owner_id, turns, encoder)
        progress(len(batch))
    with acting_as(companion.owner_id):
        _close(companion.owner_id, kept)
    connection.close()
    return kept


def _batches(entries: Iterator[Told | Skipped]) -> Iterator[list[Told | Skipped]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


def _keep_batch(companion: Companion, source: str, batch: Sequence[Told], kept: Kept) -> list[int]:
    """The ids of these turns, kept now or before. A lock keeps two imports of the same person apart."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('import'), %s)", [companion.owner_id])
    ids = {turn_id(source, told.id): told for told in batch}
    before = dict(Turn.objects.of(companion.owner_id).filter(client_id__in=ids).values_list("client_id", "pk"))
    kept.already += len(before)
    made = [
        _keep_one(companion, source, client_id, told, kept)
        for client_id, told in ids.items()
        if client_id not in before
    ]
    kept.turns += len(made)
    return [*before.values(), *made]


def turn_id(source: str, identity: str) -> UUID:
    """An imported turn's client id: the same turn of the same source has the same."""
    return uuid5(NAMESPACE_URL, f"rosemary import {source} {identity}")


def _keep_one(companion: Companion, source: str, client_id: UUID, told: Told, kept: Kept) -> int:
    conversation = _conversation(companion, source, told)
    session = _session(conversation, told)
    answers = None
    if Speaker(told.speaker) is Speaker.COMPANION:
        answers = session.turns.filter(speaker=Speaker.PERSON).order_by("-number").first()
    turn = dialogue.keep_turn(
        conversation=conversation,
        speaker=Speaker(told.speaker),
        text=told.text,
        said_at=told.said_at,
        client_id=client_id,
        answers=answers,
        session=session,
        origin=told.id,
    )
    kept.conversations.add(conversation.pk)
    if session.pk not in kept.sessions:
        kept.sessions.append(session.pk)
    return turn.pk


def _conversation(companion: Companion, source: str, told: Told) -> Conversation:
    origin = f"{source} / {told.conversation}"[:200]
    found = Conversation.objects.of(companion.owner_id).filter(origin=origin).first()
    return found or Conversation.objects.create(
        owner_id=companion.owner_id,
        companion=companion,
        title=told.conversation[:120],
        origin=origin,
        started_at=told.said_at,
        active_at=told.said_at,
    )


def _session(conversation: Conversation, told: Told) -> Session:
    """The source's own bounds. A session that stood open is closed by the next one, as in the chat."""
    found = conversation.sessions.filter(origin=told.session).first()
    if found is not None:
        return found
    for session in conversation.sessions.filter(closed_at=None):
        dialogue.close_session(session=session, at=session.ended_at)
    return dialogue.begin_session(conversation=conversation, started_at=told.said_at, origin=told.session)


def _index(person_id: int, turn_ids: list[int], encoder: Encoder) -> None:
    indexing.index_turns(person_id=person_id, turn_ids=turn_ids, encoder=encoder)
    connection.close()


def _close(person_id: int, kept: Kept) -> None:
    """What was imported is over; it is consolidated like any closed session."""
    open_still = Session.objects.of(person_id).filter(
        closed_at=None, origin__isnull=False, conversation_id__in=kept.conversations
    )
    for session in open_still:
        dialogue.close_session(session=session, at=min(session.ended_at, clock.now()))
