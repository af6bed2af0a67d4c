"""An erasure in the background: its rows in one transaction, then the replies' logs in Redis. Safe to run twice."""

from dataclasses import dataclass
from uuid import UUID

from memory import erasure, leaving
from memory.isolation import acting_as
from memory.models import Erasure, Reply
from worker import stream


@dataclass(frozen=True)
class Left:
    """What is to be made anew afterwards."""

    turn_ids: list[int]  # they lost their keys
    reply_ids: list[UUID]  # they were being written from what is erased


def carry_out(*, person_id: int, erasure_id: int) -> Left:
    """Do what is due of an erasure; one that can still be taken back only has replies begun anew. Raises RedisError.

    Of a person who is gone, logs that could not be cleared away go by themselves (`stream.KEPT_SECONDS`).
    """
    _empty_logs(leaving.carry_out(person_id=person_id, erasure_id=erasure_id), {})
    without_keys = erasure.carry_out(person_id=person_id, erasure_id=erasure_id)
    return Left(without_keys, _clear_logs(person_id, erasure_id))


def _clear_logs(person_id: int, erasure_id: int) -> list[UUID]:
    """Empty the logs that may hold what was erased; those of their replies that wait to be written."""
    with acting_as(person_id):
        one = Erasure.objects.of(person_id).filter(pk=erasure_id).first()
        named = one.logs if one else []
        asked = dict(Reply.objects.of(person_id).filter(pk__in=named).values_list("pk", "asked"))
        waiting = Reply.objects.of(person_id).filter(pk__in=named, state=Reply.State.WAITING)
        waiting_ids = list(waiting.values_list("pk", flat=True))
    _empty_logs(named, asked)
    if one:
        erasure.logs_cleared(person_id=person_id, erasure_id=erasure_id, reply_ids=named)
    return waiting_ids


def _empty_logs(reply_ids: list[UUID], asked: dict[UUID, int]) -> None:
    """`asked` tells how often each of those that are still there was asked for. Raises RedisError."""
    for reply_id in reply_ids:
        if reply_id in asked:
            stream.begin_anew(reply_id, asked=asked[reply_id])
        else:
            stream.end(reply_id)
