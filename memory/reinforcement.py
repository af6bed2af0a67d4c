"""What a useful recall does to memories: they are as if told just now, hold longer, and faded ones are vivid again.

Useful is what a reply used, or what the person confirmed; what merely came to mind is not (DESIGN: forgetting).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from memory import permission, retention
from memory.models import Memory

COLUMNS = ["strength", "recalled_at", "state", "fades_at"]


@transaction.atomic(savepoint=False)
def reinforce(*, person_id: int, memory_ids: Iterable[int], at: datetime) -> int:
    """Reinforce this person's memories, of whatever kind, by one useful recall; returns how many there were.

    Runs inside `acting_as(person)`. The rows are locked in one order, so replies that end at once wait for each other
    and never in a circle. Called once for each recall: whoever may be called twice decides first (`reply.finish`).
    """
    if not (ids := list(memory_ids)):
        return 0
    mine = Memory.objects.of(person_id).filter(pk__in=ids)
    memories = list(mine.order_by("pk").select_for_update(no_key=True))
    by = permission.preset_of(person_id)
    for memory in memories:
        after = retention.recalled(memory.strength, memory.recalled_at, at=at, by=by)
        for column in COLUMNS:
            setattr(memory, column, getattr(after, column))
    return Memory.objects.of(person_id).bulk_update(memories, COLUMNS)
