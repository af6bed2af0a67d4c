"""What a person chooses of remembering, and keeps (memory/permission.py reads it)."""

from collections.abc import Iterable

from memory.consolidation import periods
from memory.isolation import read_anew
from memory.models import Companion, Fading, Matter, Preference
from memory.permission import chosen


def choose(*, person_id: int, unkept: Iterable[Matter], fading: Fading | None, joined: bool) -> Preference:
    """Keep a person's choices; without a `fading` theirs is the house's. Runs inside `acting_as(person)`.

    What is remembered already stays until it is forgotten, but for the portrait, which is drawn anew.
    """
    before = set(chosen(person_id).unkept)
    choices = {"unkept": sorted(set(unkept)), "fading": fading or "", "joined": joined}
    kept, _ = Preference.objects.update_or_create(owner_id=person_id, defaults=choices)
    read_anew()
    if set(kept.unkept) != before:
        periods.draw_anew(person_id, Companion.objects.of(person_id).values_list("pk", flat=True))
    return kept
