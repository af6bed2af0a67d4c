"""A long session is cut where its topic turns, before anything is made of it (EM-LLM §3; memory/topics.py).

Each stretch becomes a session of its own, with its own steps; the conversation stays as it is. The vectors are those of
the turns' keys, so nothing is encoded for it. Keys stay as they were read, with what was said before them: contiguity
goes across a cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db import connection
from django.db.models import F, Max, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from memory import clock, indexing, lexicon
from memory.consolidation.attempts import ask_anew
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.models import Conversation, Key, Memory, Session, Step, Turn
from memory.topics import eased_by_words, turning_points

VERSION = "topics 1"
LONGEST = 40  # turns of a session that is never cut


@dataclass(frozen=True)
class Cut:
    """Where a session is cut, ready to be carried out."""

    version: str
    starts: tuple[int, ...] = ()  # numbers of the turns with which each further stretch begins
    refusals: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


def make(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> Cut:
    """Look for the turning points of a closed session, with no connection held. No engine is asked."""
    with acting_as(person_id):
        turns = list(Turn.objects.of(person_id).remembered().filter(session=session_id).order_by("number"))
    if len(turns) <= LONGEST:
        connection.close()
        return Cut(VERSION)
    indexing.index_turns(person_id=person_id, turn_ids=[turn.pk for turn in turns], encoder=encoder)
    with acting_as(person_id):
        vectors = _vectors(person_id, turns, encoder.name)
    connection.close()
    eased = eased_by_words([turn.text for turn in turns])
    found = turning_points(vectors, whole=_within_rounds(turns), eased=eased)
    return Cut(VERSION, tuple(turns[row].number for row in found))


def _vectors(person_id: int, turns: Sequence[Turn], encoder: str) -> NDArray[np.float32]:
    """One row a turn, of unit length: the mean of its pieces; zero where it has no key."""
    keys = Key.objects.of(person_id).filter(kind=Key.Kind.TURN, encoder=encoder, turn__in=turns)
    rows = {turn.pk: row for row, turn in enumerate(turns)}
    pieces = [
        (rows[turn], np.array(vector, dtype=np.float32)) for turn, vector in keys.values_list("turn", "embedding")
    ]
    sums = np.zeros((len(turns), len(pieces[0][1]) if pieces else 1), dtype=np.float32)
    for row, vector in pieces:
        sums[row] += vector
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return sums


def _within_rounds(turns: Sequence[Turn]) -> list[bool]:
    """For each turn whether a round that began before it goes on from it: no cut parts a turn and its answer."""
    begun = [turn.answers_id or turn.pk for turn in turns]
    last = {one: place for place, one in enumerate(begun)}
    within, reaches = [], -1
    for place, one in enumerate(begun):
        within.append(place <= reaches)
        reaches = max(reaches, last[one])
    return within


def keep(*, session: Session, made: Cut) -> None:
    """Carry the cut out: turns, rounds, facts and keys go to their stretch. Runs in the transaction that ends the step.

    The conversation's row is locked, as it is for whoever adds turns, and the lexicon, as it is for whoever adds keys.
    Turns that came meanwhile go with those that they follow.
    """
    if not made.starts:
        return
    Conversation.objects.select_for_update().get(pk=session.conversation_id)
    lexicon.locked(session.owner_id)
    for first, before in zip(made.starts, [*made.starts[1:], None], strict=True):
        _part(session, first, before)
    _bring_along(session)
    session.ended_at = session.turns.aggregate(last=Max("said_at"))["last"] or session.started_at
    session.save(update_fields=["ended_at"])
    _begin_anew(session)


def _part(session: Session, first: int, before: int | None) -> None:
    """A session of the turns from one number to before another, if any are left of them."""
    turns = Turn.objects.of(session.owner_id).filter(session=session, number__gte=first)
    turns = turns if before is None else turns.filter(number__lt=before)
    said = turns.aggregate(first=Min("said_at"), last=Max("said_at"))
    if said["first"] is None:
        return
    part = Session.objects.create(
        owner_id=session.owner_id,
        conversation=session.conversation,
        part_of_id=session.part_of_id or session.pk,
        started_at=said["first"],
        ended_at=said["last"],
        closed_at=session.closed_at,
    )
    turns.update(session=part)
    now = clock.now()
    steps = [Step(owner_id=part.owner_id, session=part, kind=kind, due_at=now) for kind in Step.Kind]
    for step in steps:
        if step.kind == Step.Kind.CUT:
            step.state, step.done_at, step.version = Step.State.DONE, now, VERSION
    Step.objects.bulk_create(steps)


def _bring_along(session: Session) -> None:
    """Rounds and facts are of the session in which they were first told, keys of their turn's."""
    owner = session.owner_id
    told_in = Turn.objects.of(owner).filter(memories__memory=OuterRef("pk")).order_by("said_at", "number")
    told = Memory.objects.of(owner).filter(session=session, kind__in=(Memory.Kind.ROUND, Memory.Kind.FACT))
    told.update(session=Coalesce(Subquery(told_in.values("session_id")[:1]), F("session_id")))
    of_turn = Turn.objects.of(owner).filter(pk=OuterRef("turn_id")).values("session_id")
    Key.objects.of(owner).filter(session=session, turn__isnull=False).update(session=Subquery(of_turn))


def _begin_anew(session: Session) -> None:
    """What was made of the whole goes, and whoever is making it now comes too late."""
    Memory.objects.of(session.owner_id).filter(session=session, kind=Memory.Kind.SESSION_SUMMARY).delete()
    ask_anew(Step.objects.of(session.owner_id).filter(session=session).exclude(kind=Step.Kind.CUT))
