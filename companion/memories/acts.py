"""What a person does to a memory: pin it, put it right, forget it, and take each of these back."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from companion.accounts.models import Person
from companion.chat import tabs
from companion.chat.actions import restore
from companion.chat.notices import forgotten_frame
from companion.chat.protocol import Restore
from companion.memories import words
from memory import correction, erasure, pinning
from memory.dialogue import NoSuchConversation
from memory.erasure import NothingToForget, Wish
from memory.foretelling import foretell as foretold
from memory.isolation import acting_as
from memory.models import Erasure, Memory
from worker import tasks
from worker.queueing import soon


class NotForgettable(ValueError):
    """What can't be forgotten by itself. The message says what can."""


class TooLate(LookupError):
    """It is erased already, or was never asked for."""


def pin(person: Person, memory_id: int, *, pinned: bool) -> None:
    """Keep it from fading, or let go of it. Raises Memory.DoesNotExist."""
    with acting_as(person.pk):
        _shown(person, memory_id)
        pinning.pin(person_id=person.pk, memory_id=memory_id, pinned=pinned)


def correct(person: Person, memory_id: int, *, text: str, mistaken: bool, client_id: UUID) -> int:
    """Put it right; the id of what stands in its place. Raises what `correction.correct` raises."""
    with acting_as(person.pk):
        memory = correction.correct(
            person_id=person.pk, memory_id=memory_id, text=text, mistaken=mistaken, client_id=client_id
        )
        turn_ids = list(memory.sources.values_list("turn_id", flat=True))
    soon(tasks.index, person.pk, turn_ids)
    return memory.pk


def take_back_correction(person: Person, memory_id: int) -> None:
    """What it stood in place of holds again. Raises Memory.DoesNotExist."""
    turn_ids = correction.take_back(person_id=person.pk, memory_id=memory_id)
    if turn_ids:
        soon(tasks.index, person.pk, turn_ids)


def foretell(person: Person, memory_id: int) -> dict[str, int]:
    """What goes with it, in counts. Raises Memory.DoesNotExist, NotForgettable."""
    with acting_as(person.pk):
        _forgettable(person, memory_id)
        return asdict(foretold(person_id=person.pk, wish=Wish(Erasure.Kind.MEMORY, [memory_id])))


def forget(person: Person, memory_id: int, *, with_repeats: bool) -> dict[str, Any]:
    """Hide it from now on and have it erased soon. Raises Memory.DoesNotExist, NotForgettable, NothingToForget."""
    with acting_as(person.pk):
        _forgettable(person, memory_id)
    wish = Wish(Erasure.Kind.MEMORY, [memory_id])
    asked = erasure.forget(person_id=person.pk, wish=wish, with_repeats=with_repeats)
    with acting_as(person.pk):
        forgotten = forgotten_frame(asked)
    tabs.tell(person.pk, forgotten)
    soon(tasks.erase, person.pk, asked.pk)
    return _waiting(asked)


def undo(person: Person, erasure_id: int) -> None:
    """Take an erasure back. Raises TooLate."""
    try:
        back = restore(person, Restore(type="restore", erasure=erasure_id))
    except NoSuchConversation as gone:
        raise TooLate(words.NO_SUCH_ERASURE) from gone
    tabs.tell(person.pk, back)


def being_forgotten(person: Person) -> list[dict[str, Any]]:
    """Erasures that can still be taken back, the latest first."""
    with acting_as(person.pk):
        waiting = Erasure.objects.of(person.pk).filter(state=Erasure.State.WAITING)
        return [_waiting(each) for each in waiting.order_by("-asked_at")]


def _waiting(asked: Erasure) -> dict[str, Any]:
    return {"id": asked.pk, "asked_at": asked.asked_at.isoformat(), "until": asked.due_at.isoformat()}


def _shown(person: Person, memory_id: int) -> Memory:
    memory: Memory = Memory.objects.of(person.pk).shown().get(pk=memory_id)
    return memory


def _forgettable(person: Person, memory_id: int) -> None:
    if _shown(person, memory_id).kind == Memory.Kind.ACQUAINTANCE:
        raise NotForgettable(words.NOT_FORGETTABLE)


__all__ = ["NothingToForget"]
