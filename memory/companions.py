"""The companions of a person: each with a name, a manner, a model to speak by, and what it may remember."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from memory import clock, erasure, tombstone
from memory.consolidation import periods
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Erasure, Matter, Memory, PortraitLine, Speaker, Turn
from memory.unremembered import paused_since


class NoSuchCompanion(LookupError):
    """This person has no such companion; whether somebody else has is not told."""


class LastCompanion(Exception):
    """There would be nobody left to talk with."""


def find(*, person_id: int, companion_id: int) -> Companion:
    """This person's companion. Runs inside `acting_as(person)`. Raises NoSuchCompanion."""
    found = Companion.objects.of(person_id).present().filter(pk=companion_id).first()
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


@dataclass(frozen=True)
class Extent:
    """What goes with a companion."""

    said: int  # turns of the person
    replies: int
    conversations: int
    memories: int  # facts and summaries
    portrait_lines: int


def extent(companion: Companion) -> Extent:
    """How much of each goes with it. Runs inside `acting_as(person)`."""
    turns = Turn.objects.of(companion.owner_id).shown().filter(conversation__companion=companion)
    memories = Memory.objects.of(companion.owner_id).filter(companion=companion)
    lines = PortraitLine.objects.of(companion.owner_id).filter(companion=companion)
    return Extent(
        said=turns.filter(speaker=Speaker.PERSON).count(),
        replies=turns.filter(speaker=Speaker.COMPANION).count(),
        conversations=Conversation.objects.of(companion.owner_id).filter(companion=companion).count(),
        memories=memories.exclude(kind=Memory.Kind.ROUND).count(),
        portrait_lines=lines.exclude(state__in=PortraitLine.UNHELD).count(),
    )


def is_last(companion: Companion) -> bool:
    """Whether the person has no other. Runs inside `acting_as(person)`."""
    return not _others(companion.owner_id, companion.pk).exists()


def _others(person_id: int, companion_id: int) -> QuerySet[Companion]:
    return Companion.objects.of(person_id).present().exclude(pk=companion_id)


def delete(*, person_id: int, companion_id: int) -> Erasure:
    """Have it erased with all that was said with it, postponed as any erasure is.

    Raises NoSuchCompanion, and LastCompanion where there is no other.
    """
    with acting_as(person_id):
        tombstone.let_erase(person_id)  # two that are deleted at once take turns
        if not _others(person_id, companion_id).exists():
            find(person_id=person_id, companion_id=companion_id)
            raise LastCompanion
        try:
            return erasure.forget(person_id=person_id, wish=Wish(Erasure.Kind.COMPANION, [companion_id]))
        except erasure.NothingToForget as missing:
            raise NoSuchCompanion("There is no such companion.") from missing


@dataclass(frozen=True)
class Deletion:
    """A companion that is gone from sight, and until when it can be brought back."""

    erasure_id: int
    name: str
    until: datetime

    @property
    def left(self) -> float:
        """Seconds in which it can be; none once it is too late."""
        return max((self.until - clock.now()).total_seconds(), 0)


def deletions(person_id: int) -> list[Deletion]:
    """Those that can still be brought back. Runs inside `acting_as(person)`."""
    going = Companion.objects.of(person_id).filter(erasure__state=Erasure.State.WAITING).order_by("pk")
    return [Deletion(*row) for row in going.values_list("erasure_id", "name", "erasure__due_at")]


def restore(*, person_id: int, erasure_id: int) -> Companion | None:
    """Bring a deleted companion back with all there was of it; None where it is too late."""
    with acting_as(person_id):
        gone = Companion.objects.of(person_id).filter(erasure=erasure_id).first()
    back = gone is not None and erasure.withdraw(person_id=person_id, erasure_id=erasure_id)
    return gone if back else None
