"""Pinning: what the person wants kept never fades, until they let go of it."""

from memory import clock, retention
from memory.models import Memory
from memory.reinforcement import COLUMNS


def pin(*, person_id: int, memory_id: int, pinned: bool) -> Memory:
    """Pin a memory of this person's, or let go of it; as often as one likes.

    Once it is let go, it stands where it would have faded to by itself. Runs inside `acting_as(person)`. Raises
    Memory.DoesNotExist.
    """
    memory: Memory = Memory.objects.of(person_id).select_for_update(no_key=True).get(pk=memory_id)
    memory.pinned = pinned
    after = retention.trace(memory.recalled_at, strength=memory.strength, now=clock.now())
    for column in COLUMNS:
        setattr(memory, column, getattr(after, column))
    memory.save(update_fields=["pinned", *COLUMNS])
    return memory
