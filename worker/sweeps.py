"""What everybody's rows are looked through for: ids and states only, under the sweeps' own role."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet

from memory import clock, dialogue
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Key, Reply, Session, Step, Turn

SETTLED = timedelta(minutes=5)  # after which nobody is expected to be at work on a turn any more
AT_ONCE = 500  # rows taken up by one sweep; the next one takes the rest


def overlooked_replies() -> list[tuple[int, UUID]]:
    """(person, reply) of replies that wait too long or whose worker fell silent, each once a lease."""
    now = clock.now()
    silent = Q(state=Reply.State.WAITING, queued_at__lt=now - replies.lease()) | Q(
        state=Reply.State.WRITING, claimed_until__lt=now
    )
    found = _sweep(Reply.objects.using("sweep").filter(silent).order_by("queued_at").values_list("owner_id", "id"))
    return [(person_id, reply_id) for person_id, reply_id in found if _still_waits(person_id, reply_id)]


def _still_waits(person_id: int, reply_id: UUID) -> bool:
    with acting_as(person_id):
        return replies.still_waits(reply_id=reply_id)


def sessions_due() -> list[tuple[int, int]]:
    """(person, session) of sessions with a consolidation step that is due; silent sessions are closed on the way."""
    now = clock.now()
    silent = Session.objects.using("sweep").filter(closed_at=None, ended_at__lt=now - dialogue.silence())
    for person_id, session_id in _sweep(silent.values_list("owner_id", "id")):
        _close_if_silent(person_id, session_id)
    due = Step.objects.using("sweep").filter(state=Step.State.WAITING, due_at__lte=now).order_by("due_at")
    return list(dict.fromkeys(_sweep(due.values_list("owner_id", "session_id"))))


def _close_if_silent(person_id: int, session_id: int) -> None:
    """Looked at again under the row's lock: a turn may have come meanwhile."""
    before = clock.now() - dialogue.silence()
    with acting_as(person_id):
        session = Session.objects.select_for_update().filter(pk=session_id, ended_at__lt=before).first()
        if session is not None:
            dialogue.close_session(session=session, at=session.ended_at + timedelta(minutes=1))


def turns_without_keys() -> dict[int, list[int]]:
    """Turns that nothing leads to yet, by person: their worker died, an upgrade or another encoder wants them anew.

    What is being said just now is left to the worker that has it.
    """
    key = Key.objects.using("sweep").filter(
        owner_id=OuterRef("owner_id"), turn_id=OuterRef("id"), encoder=settings.ENCODER
    )
    settled = Turn.objects.using("sweep").filter(said_at__lt=clock.now() - SETTLED).exclude(Exists(key))
    found: dict[int, list[int]] = defaultdict(list)
    for person_id, turn_id in _sweep(settled.order_by("id").values_list("owner_id", "id")):
        found[person_id].append(turn_id)
    return found


def _sweep(rows: QuerySet[Any, Any]) -> list[Any]:
    try:
        return list(rows[:AT_ONCE])
    finally:
        connections["sweep"].close()
