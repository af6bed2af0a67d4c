"""The longest keeping: what was said longer ago than the house allows is erased, with a receipt (memory/erasure.py)."""

from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

from django.db import connections

from memory import clock, erasure, policy
from memory.erasure import NothingToForget, Wish
from memory.isolation import acting_as
from memory.models import Erasure, Turn

EARLIEST = datetime.min.replace(tzinfo=UTC)
MARKED_AT_ONCE = 5000  # turns of one transaction, which writers wait for
OVERDUE = """
select turn.owner_id, count(*) from memory_turn turn left join memory_personpolicy own using (owner_id)
where turn.said_at < %(now)s - least(%(house)s::int, own.keep_days) * interval '1 day' group by 1 order by 1
"""


def overdue(*, house: int | None) -> dict[int, int]:
    """How many turns of whom are older than their own rule allows, and than so many days for everybody.

    Under the sweeps' role: no words.
    """
    with closing(connections["sweep"]) as sweep, sweep.cursor() as cursor:
        cursor.execute(OVERDUE, {"now": clock.now(), "house": house})
        return dict(cursor.fetchall())


def older_than(*, person_id: int, days: int) -> int:
    """How many turns of a person are older than so many days. Runs inside `acting_as(person)`."""
    return Turn.objects.of(person_id).filter(said_at__lt=clock.now() - timedelta(days=days)).count()


def erase_overdue(*, person_id: int) -> Erasure | None:
    """Mark what a person said too long ago, the oldest first and so much at a time, due at once; None where there is
    nothing more."""
    with acting_as(person_id):
        days = policy.ruled(person_id).keep_days
        until = _until(person_id, clock.now() - timedelta(days=days)) if days is not None else None
    if until is None:
        return None
    with suppress(NothingToForget):
        wish = Wish(Erasure.Kind.OVERDUE, since=EARLIEST, until=until)
        return erasure.forget(person_id=person_id, wish=wish, after=erasure.AT_ONCE)
    return None


def _until(person_id: int, limit: datetime) -> datetime | None:
    """Before which moment the oldest `MARKED_AT_ONCE` turns were said; what was said in one moment goes together."""
    old = erasure.not_overdue(Turn.objects.of(person_id)).filter(said_at__lt=limit).order_by("said_at")
    moments = list(old.values_list("said_at", flat=True)[: MARKED_AT_ONCE + 1])
    if len(moments) <= MARKED_AT_ONCE:
        return limit if moments else None
    return max(moments[-1], moments[0] + timedelta(microseconds=1))
