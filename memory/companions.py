"""The companions of a person: each with a name, a manner, a model to speak by, and what it may remember."""

from collections.abc import Iterable

from memory import clock
from memory.consolidation import periods
from memory.models import Companion, Matter
from memory.unremembered import paused_since


class NoSuchCompanion(LookupError):
    """This person has no such companion; whether somebody else has is not told."""


def find(*, person_id: int, companion_id: int) -> Companion:
    """This person's companion. Runs inside `acting_as(person)`. Raises NoSuchCompanion."""
    found = Companion.objects.of(person_id).filter(pk=companion_id).first()
    if found is None:
        raise NoSuchCompanion("There is no such companion.")
    return found


def create(
    *, person_id: int, name: str, manner: str = "", engine: str = "", unkept: Iterable[Matter] = ()
) -> Companion:
    """Another one to talk with; it knows nothing of the others unless they are joined, and pauses with them.

    Runs inside `acting_as(person)`.
    """
    return Companion.objects.create(
        owner_id=person_id,
        name=name,
        manner=manner,
        engine=engine,
        unkept=sorted(set(unkept)),
        created_at=clock.now(),
        paused_at=paused_since(person_id),
    )


def edit(*, companion: Companion, name: str, manner: str, engine: str, unkept: Iterable[Matter]) -> Companion:
    """Change a companion; a portrait that it may no longer keep is taken down. Runs inside `acting_as(person)`."""
    before = set(companion.unkept)
    companion.name, companion.manner, companion.engine = name, manner, engine
    companion.unkept = sorted(set(unkept))
    companion.save(update_fields=["name", "manner", "engine", "unkept"])
    if set(companion.unkept) != before:
        periods.draw_anew(companion.owner_id, [companion.pk])
    return companion
