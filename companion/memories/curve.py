"""How fresh a memory was and will be: R = e^(-t/S) between its recalls, for the page to draw."""

from datetime import datetime, timedelta
from typing import Any

from memory import clock, retention
from memory.models import Memory, Recalled, Reply

SLACK = timedelta(seconds=1)


def curve(memory: Memory) -> dict[str, Any]:
    """The stretches between recalls, each with the strength it faded by, and the days on which it crosses a threshold.

    Strengths in between are reckoned from the recalls that are kept; the last stretch is what really stands in the
    memory. Runs inside `acting_as(person)`.
    """
    stretches = _stretches(memory)
    return {
        "now": clock.now().isoformat(),
        "stretches": [{"at": at.isoformat(), "strength": round(strength, 3)} for at, strength in stretches],
        "fading_at": retention.fades_at(memory.recalled_at, strength=memory.strength).isoformat(),
        "faded_at": retention.fades_at(
            memory.recalled_at, strength=memory.strength, threshold=retention.FADED
        ).isoformat(),
    }


def _stretches(memory: Memory) -> list[tuple[datetime, float]]:
    at, strength = memory.said_at, retention.first_strength(memory.kind, importance=memory.importance)
    stretches = [(at, strength)]
    for used_at in _uses(memory):
        after = retention.recalled(strength, at, at=used_at)
        at, strength = after.recalled_at, after.strength
        stretches.append((at, strength))
    last = (memory.recalled_at, memory.strength)
    before = [each for each in stretches if each[0] < memory.recalled_at - SLACK]
    return [*before, last]


def _uses(memory: Memory) -> list[datetime]:
    """When replies used it, oldest first."""
    used = Recalled.objects.of(memory.owner_id).filter(memory=memory, used=True)
    whole = used.filter(recall__reply__state=Reply.State.WHOLE, recall__reply__finished_at__isnull=False)
    times = whole.order_by("recall__reply__finished_at").values_list("recall__reply__finished_at", flat=True)
    return list(dict.fromkeys(at for at in times if at is not None))
