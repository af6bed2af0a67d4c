"""Rounds: what a person said with the reply to it, the unit that is remembered (LongMemEval §5.2)."""

from collections.abc import Sequence

from memory import clock, permission, retention
from memory.models import Memory, Source, Turn
from memory.retention import Preset


def join(turns: Sequence[Turn]) -> None:
    """The rounds of new turns: a person's turn begins one, the reply to it joins it."""
    rounds = _of({turn.answers_id for turn in turns if turn.answers_id is not None})
    begun: list[Memory] = []
    by: Preset | None = None
    for turn in turns:
        memory = rounds.get(turn.answers_id) if turn.answers_id is not None else None
        if memory is None:
            by = by or permission.preset_of(turn.owner_id)
            memory = _begun_by(turn, by)
            begun.append(memory)
        rounds[turn.pk] = memory
    Memory.objects.bulk_create(begun)
    Source.objects.bulk_create(
        [
            Source(owner_id=turn.owner_id, memory=rounds[turn.pk], turn=turn, start=0, end=len(turn.text))
            for turn in turns
        ]
    )


def _of(turn_ids: set[int]) -> dict[int, Memory]:
    """The rounds that turns kept before belong to."""
    if not turn_ids:
        return {}
    sources = Source.objects.filter(memory__kind=Memory.Kind.ROUND, turn_id__in=turn_ids).select_related("memory")
    return {source.turn_id: source.memory for source in sources}


def _begun_by(turn: Turn, by: Preset) -> Memory:
    begun = retention.begun(Memory.Kind.ROUND, said_at=turn.said_at, now=clock.now(), by=by)
    return Memory(
        owner_id=turn.owner_id,
        companion_id=turn.conversation.companion_id,
        session=turn.session,
        kind=Memory.Kind.ROUND,
        said_at=turn.said_at,
        **vars(begun),
    )


def pin(turn: Turn) -> Memory | None:
    """Let the round of a turn never fade; None where nothing is remembered of it."""
    memory = Memory.objects.of(turn.owner_id).filter(kind=Memory.Kind.ROUND, sources__turn=turn).first()
    if memory:
        memory.pinned = True
        memory.save(update_fields=["pinned"])
    return memory
