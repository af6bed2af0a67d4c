"""Plans end where they are told to be off: what never happened is no longer expected."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.models import Key, Memory

ONE_PLAN = 0.5  # cosine from which what was dropped is that plan


def settle_plans(owner: int) -> None:
    """Close each plan that was dropped later, from all that is known; the nearest in meaning of those still open."""
    told = (Memory.Told.PLAN, Memory.Told.DROPPED)
    known = Memory.objects.of(owner).filter(kind=Memory.Kind.FACT, told__in=told).order_by("said_at", "pk")
    vectors = _vectors(owner, known.values_list("pk", flat=True))
    plans: list[Memory] = []
    for memory in known:
        if memory.told == Memory.Told.PLAN:
            plans.append(memory)
        elif plan := _dropped(memory, plans, vectors):
            _end(plan, memory)
            plans.remove(plan)
    for plan in plans:
        _end(plan, None)


def _end(plan: Memory, by: Memory | None) -> None:
    """A plan ends with what says that it was dropped; without it, it is open."""
    if plan.superseded_by_id != (by.pk if by else None):
        plan.superseded_by, plan.valid_to = by, by.said_at if by else None
        plan.save(update_fields=["superseded_by", "valid_to"])


def _dropped(memory: Memory, plans: Sequence[Memory], vectors: dict[int, NDArray[np.float32]]) -> Memory | None:
    near = [
        (float(vectors[plan.pk] @ vectors[memory.pk]), plan)
        for plan in plans
        if plan.companion_id == memory.companion_id and plan.pk in vectors and memory.pk in vectors
    ]
    best = max(near, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= ONE_PLAN else None


def _vectors(owner: int, facts: Iterable[int]) -> dict[int, NDArray[np.float32]]:
    keys = Key.objects.of(owner).filter(kind=Key.Kind.FACT, fact_id__in=list(facts))
    return {pk: np.array(vector, dtype=np.float32) for pk, vector in keys.values_list("fact_id", "embedding")}
