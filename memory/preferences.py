"""What a person chooses of remembering, and keeps (memory/permission.py reads it)."""

from collections.abc import Iterable
from typing import Any

from memory import companions
from memory.consolidation import periods
from memory.isolation import read_anew
from memory.models import Companion, Fading, Matter, Preference
from memory.permission import chosen


def choose(
    *, person_id: int, unkept: Iterable[Matter], fading: Fading | None, joined: bool | None = None
) -> Preference:
    """Keep a person's choices; without a `fading` theirs is the house's, without `joined` that stays as it is.

    What is remembered already stays until it is forgotten, but for the portrait, which is drawn anew. Runs inside
    `acting_as(person)`.
    """
    before = set(chosen(person_id).unkept)
    choices: dict[str, Any] = {"unkept": sorted(set(unkept)), "fading": fading or ""}
    choices |= {} if joined is None else {"joined": joined}
    kept, _ = Preference.objects.update_or_create(owner_id=person_id, defaults=choices)
    read_anew()
    if set(kept.unkept) != before:
        periods.draw_anew(person_id, Companion.objects.of(person_id).values_list("pk", flat=True))
    return kept


def join(*, person_id: int, joined: bool) -> None:
    """Let the companions share their memories, or keep them apart; the other choices stay. Runs inside `acting_as`."""
    Preference.objects.update_or_create(owner_id=person_id, defaults={"joined": joined})
    read_anew()


def keep_portrait(*, companion: Companion, for_all: bool, for_this: bool) -> None:
    """Whether companions keep a portrait of the person at all, and this one too; the other choices stay.

    Runs inside `acting_as(person)`.
    """
    before = chosen(companion.owner_id)
    fading = Fading(before.fading) if before.fading else None
    wanted = _with_portrait(before.unkept, kept=for_all)
    choose(person_id=companion.owner_id, unkept=wanted, fading=fading)
    own = _with_portrait(companion.unkept, kept=for_this)
    if own != set(companion.unkept):
        companions.edit(
            companion=companion, name=companion.name, manner=companion.manner, engine=companion.engine, unkept=own
        )


def _with_portrait(unkept: Iterable[str], *, kept: bool) -> set[Matter]:
    """What else is not remembered, and the portrait neither unless it is kept."""
    others = {Matter(matter) for matter in unkept} - {Matter.PORTRAIT}
    return others if kept else others | {Matter.PORTRAIT}
