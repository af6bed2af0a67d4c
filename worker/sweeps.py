"""What everybody's rows are looked through for: ids and states only, under the sweeps' own role."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import DenseRank

from memory import clock, dialogue, encoder_swap, erasure, unremembered
from memory import reply as replies
from memory.consolidation.steps import extractive
from memory.history import sent
from memory.isolation import acting_as
from memory.models import Conversation, Erasure, Import, Key, Period, Reply, Session, Step, Turn

SETTLED = timedelta(minutes=5)  # after which nobody is expected to be at work on a turn any more
MOST_QUEUED = 100  # sessions in the queue, and as many periods: who comes later is not behind all that is due
AT_ONCE = 500  # rows taken up by one sweep; the next one takes the rest
REDONE_AT_ONCE = 20  # of steps that are done, but were made without an engine


def overlooked_replies() -> list[tuple[int, UUID]]:
    """(person, reply) of replies that wait too long or whose worker fell silent, each once a lease."""
    now = clock.now()
    silent = (Q(state=Reply.State.WAITING) & replies.is_overdue(now)) | replies.is_silent(now)
    found = _sweep(Reply.objects.using("sweep").filter(silent).order_by("queued_at").values_list("owner_id", "id"))
    return [(person_id, reply_id) for person_id, reply_id in found if _still_waits(person_id, reply_id)]


def _still_waits(person_id: int, reply_id: UUID) -> bool:
    with acting_as(person_id):
        return replies.still_waits(reply_id=reply_id)


Queued = Collection[tuple[int, int]]


def sessions_due(*, engine: bool, queued: Queued = ()) -> list[tuple[int, int]]:
    """(person, session) of sessions with a step that is due; silent sessions are closed on the way.

    People take turns: of each the oldest session, then of each the next, so that nobody waits until another's import
    is done. Of those that wait for the first time as many as leave `MOST_QUEUED` in the queue, with those that lie
    there already.

    Where there is an `engine` that converses, a few of those that had to do without one are due again.
    """
    before = clock.now() - dialogue.silence()
    silent = Session.objects.using("sweep").filter(closed_at=None, ended_at__lt=before)
    for person_id, session_id in _sweep(silent.values_list("owner_id", "id")):
        _close_if_silent(person_id, session_id)
    steps = Step.objects.using("sweep").filter(due_at__lte=clock.now())
    waiting = steps.filter(state=Step.State.WAITING)
    found = _not_yet(queued, _sweep(_by_turns(waiting)))
    if engine:
        found += _sweep(_oldest_first(steps.filter(extractive()))[:REDONE_AT_ONCE])
    return list(dict.fromkeys(found))


def _not_yet(queued: Queued, due: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that do not lie in the queue, each once, as far as there is room."""
    new = [each for each in dict.fromkeys(due) if each not in queued]
    return new[: max(MOST_QUEUED - len(queued), 0)]


def _by_turns(steps: QuerySet[Step]) -> QuerySet[Step, tuple[int, int]]:
    oldest_first = (F("session__ended_at").asc(), F("session_id").asc())
    turn = Window(DenseRank(), partition_by=F("owner_id"), order_by=oldest_first)
    ordered = steps.annotate(turn=turn).order_by("turn", *oldest_first)
    return ordered.values_list("owner_id", "session_id")


def _oldest_first(steps: QuerySet[Step]) -> QuerySet[Step, tuple[int, int]]:
    return steps.order_by("session__ended_at", "session_id").values_list("owner_id", "session_id")


def _close_if_silent(person_id: int, session_id: int) -> None:
    """Looked at again under the row's lock: a turn may have come meanwhile."""
    before = clock.now() - dialogue.silence()
    with acting_as(person_id):
        session = Session.objects.select_for_update().filter(pk=session_id, ended_at__lt=before).first()
        if session is not None:
            dialogue.close_session(session=session, at=session.ended_at + timedelta(minutes=1))


def periods_due(*, queued: Queued = ()) -> list[tuple[int, int]]:
    """(person, period) of what is to be summed up: days before the acquaintance, and the portrait after both.

    People take turns, and as few are queued at a time as of sessions.
    """
    due = Period.objects.using("sweep").filter(state=Step.State.WAITING, due_at__lte=clock.now())
    # Days before the acquaintance, and of each the summary before the portrait.
    below_first = (F("due_at").asc(), F("day").asc(nulls_last=True), F("layer").desc(), F("id").asc())
    turn = Window(DenseRank(), partition_by=F("owner_id"), order_by=below_first)
    by_turns = due.annotate(turn=turn).order_by("turn", *below_first)
    return _not_yet(queued, _sweep(by_turns.values_list("owner_id", "id")))


def portrayed() -> list[int]:
    """Everybody of whom there is a portrait, or is to be one."""
    drawn = Period.objects.using("sweep").filter(layer=Period.Layer.PORTRAIT)
    try:
        return list(drawn.values_list("owner_id", flat=True).distinct().order_by("owner_id"))
    finally:
        connections["sweep"].close()


def imports_overlooked() -> list[tuple[int, int]]:
    """(person, import) of histories that wait, and that nobody is at."""
    waiting = Import.objects.using("sweep").filter(state=Import.State.WAITING)
    overlooked = waiting.filter(sent.is_left(clock.now()))
    return _sweep(overlooked.order_by("touched_at", "id").values_list("owner_id", "id"))


def turns_without_keys() -> dict[int, list[int]]:
    """Turns that nothing leads to yet, by person: their worker died, an upgrade or another encoder wants them anew.

    What is being said just now is left to the worker that has it.
    """
    key = Key.objects.using("sweep").filter(
        owner_id=OuterRef("owner_id"), turn_id=OuterRef("id"), encoder=encoder_swap.in_use(), kind=Key.Kind.TURN
    )
    settled = Turn.objects.using("sweep").remembered().filter(said_at__lt=clock.now() - SETTLED).exclude(Exists(key))
    found: dict[int, list[int]] = defaultdict(list)
    for person_id, turn_id in _sweep(settled.order_by("id").values_list("owner_id", "id")):
        found[person_id].append(turn_id)
    return found


def erasures_due() -> list[tuple[int, int]]:
    """(person, erasure) of what is due to be erased, or is erased but for the replies' logs."""
    waiting = Q(state__in=erasure.UNFINISHED, due_at__lte=clock.now())
    due = Erasure.objects.using("sweep").filter(waiting | Q(state=Erasure.State.ERASED))
    return _sweep(due.order_by("due_at").values_list("owner_id", "id"))


def off_record_over() -> list[tuple[int, UUID]]:
    """(person, conversation) of what was off the record and fell silent long enough ago."""
    silent = Conversation.objects.using("sweep").filter(
        off_record=True, active_at__lt=clock.now() - unremembered.off_record_kept()
    )
    return _sweep(silent.order_by("active_at").values_list("owner_id", "id"))


def _sweep(rows: QuerySet[Any, Any]) -> list[Any]:
    try:
        return list(rows[:AT_ONCE])
    finally:
        connections["sweep"].close()
