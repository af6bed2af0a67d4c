"""Derived layers made again from the turns: beside the old ones (memory/staging.py), then swapped in one transaction.

Until the swap everybody reads the old layer whole, and a rebuild that dies has changed nothing. The steps are the ones
that made the layer first, in the order in which the sessions were. A memory that is the same again keeps its id and
what became of it since: strength, last recall, pin.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max, Q, QuerySet, Sum

from memory import clock, encoder_swap, repinning, staging, tombstone
from memory.consolidation import corrected, periods
from memory.consolidation.layers import ASKED, LAYERS, NONE, chosen, held, kinds, made, tables, work
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.models import Erasure, Memory, Period, PortraitEvidence, PortraitLine, Step, Turn
from memory.models.owned import OwnedModel
from memory.models.trace import BY_HAND

TRIES = 5  # times that what failed, or what came meanwhile, is taken up again
LATER = timedelta(days=1)
# Memories that stay as the person wants them, found again or not: pinned, written, or the history of what was written.
HELD_BY_HAND = Q(pinned=True) | Q(version=BY_HAND) | Q(superseded_by__version=BY_HAND)

# What became of a memory since it was made.
CARRY = """
update pg_temp.memory_memory as new
set (strength, recalled_at, fades_at, state, pinned, sensitivity, importance)
    = (old.strength, old.recalled_at, old.fades_at, old.state, old.pinned, old.sensitivity, old.importance)
from public.memory_memory as old where old.id = new.id and old.id = any(%s)
"""
# The same period, by what it is a summary of.
SAME_PERIODS = """
select new.id, old.id from pg_temp.memory_period as new join public.memory_period as old
    on old.companion_id = new.companion_id and old.day is not distinct from new.day
    and old.layer = new.layer
where old.owner_id = %(owner)s and new.id <> old.id
"""
# Lines of the portrait that the person has answered to: theirs stands, whatever was drawn beside, or copied before.
ANSWERED = """
select line.id from pg_temp.memory_portraitline as line join public.memory_portraitline as theirs
    on theirs.id = line.id
    or (theirs.companion_id = line.companion_id and theirs.aspect = line.aspect and theirs.digest = line.digest)
where theirs.owner_id = %(owner)s and not theirs.state = any(%(unanswered)s)
"""
# Since when a line is drawn that says the same as one that stands: it is none that became new.
CARRY_FIRST = """
update pg_temp.memory_portraitline as new set first_at = old.first_at from public.memory_portraitline as old
where old.owner_id = %(owner)s and old.state = 'drawn'
    and old.companion_id = new.companion_id and old.aspect = new.aspect and old.digest = new.digest
"""
# The summary of the same session, day or acquaintance; any other memory by its evidence, and then by what it says.
SAME_MEMORIES = """
with old as (select * from public.memory_memory where id = any(%(old)s)),
     new as (select * from pg_temp.memory_memory where id = any(%(new)s)),
alike as (
    select new.id as after, old.id as before, 1 as characters from new join old using (kind)
    where kind in ('session', 'day', 'whole')
      and (new.session_id = old.session_id or new.period_id = old.period_id)
    union all
    select new.id, old.id, sum(least(told."end", again."end") - greatest(told.start, again.start))
    from new join pg_temp.memory_source as again on again.memory_id = new.id
    join public.memory_source as told on told.turn_id = again.turn_id and told.start < again."end"
        and again.start < told."end" and told.owner_id = %(owner)s
    join old on old.id = told.memory_id and old.kind = new.kind
    where new.kind not in ('session', 'day', 'whole')
    group by new.id, old.id
)
select after, before from alike join new on new.id = after join old on old.id = before
order by new.text = old.text desc,
    (new.subject, new.attribute, new.value) = (old.subject, old.attribute, old.value) desc,
    characters desc, before, after
"""


class NotRebuilt(Exception):
    """Nothing was changed. The message says why, and what to do."""


@dataclass(frozen=True)
class Said:
    """What was there to make the layers from."""

    erasures: int
    sessions: dict[int, tuple[int, int]]  # closed ones: how many turns, and the sum of their ids
    last_turn: int


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild came to, in memories."""

    layers: list[str]
    same: int = 0  # were there before and keep their strength
    new: int = 0
    gone: int = 0


Told = Callable[[str, int, int], None]  # a layer, how much of it is done, of how much


def rebuild(
    *, person_id: int, names: Iterable[str] = (), engine: Engine, encoder: Encoder, progress: Told = lambda *_: None
) -> Rebuilt:
    """Make these layers of a person, and all that is made from them, again; without names all of them.

    Raises NotRebuilt, and UnknownLayer; the old layers are then as they were. Not inside a transaction.
    """
    layers = chosen(names)
    with staging.beside(tables()), _alone(person_id):
        for _ in range(TRIES):
            said = _follow(person_id, layers)
            for name in layers:
                LAYERS[name].make(person_id, engine, encoder, _of(name, progress))
            if _left(person_id, layers):
                continue
            if encoder_swap.in_use() != encoder.name:
                raise NotRebuilt("Another encoder is in use since. Run it again.")
            if done := _swap(person_id, layers, said):
                return done
        raise NotRebuilt(_why(person_id, layers))


def _of(name: str, progress: Told) -> Callable[[int, int], None]:
    return lambda done, of: progress(name, done, of)


@contextmanager
def _alone(person_id: int) -> Iterator[None]:
    """Raises NotRebuilt where somebody rebuilds this person's layers already."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtext('rebuild'), %s)", [person_id])
        if not cursor.fetchone()[0]:
            raise NotRebuilt("Another rebuild of theirs is running. Wait for it.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(hashtext('rebuild'), %s)", [person_id])


def _follow(person_id: int, layers: Sequence[str]) -> Said:
    """Copy beside what the layers are made from, as of one moment, and have done what waits; again: what came since."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
        with acting_as(person_id):
            with staging.real_first():
                said = _said(person_id)
                given = {model: _given(person_id, model, layers) for model in tables()}
            copied = {model: staging.take_over(model, ids) for model, ids in given.items()}
            _ask_for(person_id, layers, copied)
    staging.look_over(tables())
    return said


def _said(person_id: int) -> Said:
    """Raises NotRebuilt where something is about to be erased, or may still be taken back."""
    turns = Turn.objects.of(person_id)
    if turns.filter(erasure__isnull=False).exists():
        raise NotRebuilt("Something of theirs is about to be erased. Try again in a minute.")
    closed = turns.filter(session__closed_at__isnull=False).values_list("session").annotate(Count("pk"), Sum("pk"))
    gone = Erasure.objects.of(person_id).filter(
        state__in=(Erasure.State.BEGUN, Erasure.State.ERASED, Erasure.State.DONE)
    )
    last = turns.aggregate(last=Max("pk"))["last"]
    return Said(gone.count(), {session: (count, total) for session, count, total in closed}, last or 0)


def _given(person_id: int, model: type[OwnedModel], layers: Sequence[str]) -> list[int]:
    """The rows that are not made again: those of other layers, the work there is, and what the person's hand holds."""
    rows, own = _rows(model, person_id), made(layers).get(model, NONE)
    memories = Memory.objects.of(person_id).filter(HELD_BY_HAND, kind__in=kinds(layers)).values("pk")
    by_hand = _of_memories(model, memories) | held(layers).get(model, NONE)
    return _ids(rows.exclude(own)) + _ids(rows.filter(own & by_hand))


def _of_memories(model: type[OwnedModel], memories: QuerySet[Memory, Any]) -> Q:
    """These memories, or what hangs on one of them."""
    if model is Memory:
        return Q(pk__in=memories)
    leading = [each.name for each in model._meta.fields if each.related_model is Memory]
    return reduce(or_, (Q(**{f"{name}__in": memories}) for name in leading), NONE)


def _rows(model: type[OwnedModel], person_id: int) -> QuerySet[Any]:
    return model.objects.of(person_id)


def _ids(rows: QuerySet[Any]) -> list[int]:
    return list(rows.values_list("id", flat=True))


def _ask_for(person_id: int, layers: Sequence[str], copied: Mapping[type[OwnedModel], list[int]]) -> None:
    """Of the work just copied, the layers' own is due, but for days that are not over; that of others is not for now.

    What failed before is due again.
    """
    now = clock.now()
    for model, asked in ASKED.items():
        rows, own = _rows(model, person_id), work(layers).get(model, NONE)
        new = rows.filter(pk__in=copied[model])
        new.exclude(own).filter(due_at__lte=now).update(due_at=now + LATER)
        not_over = Q(state=Step.State.WAITING, attempts=0, due_at__gt=now)
        anew = {"state": Step.State.WAITING, "due_at": now, "attempts": 0, "error": "", "version": "", "done_at": None}
        new.filter(own).exclude(not_over).update(**anew, **{asked: F(asked) + 1})
        failed = rows.filter(own, attempts__gt=0).exclude(state=Step.State.DONE)
        failed.update(state=Step.State.WAITING, due_at=now)


def _left(person_id: int, layers: Sequence[str]) -> list[str]:
    """What is not done and should be: the errors. Days that are not over may wait."""
    found: list[str] = []
    with acting_as(person_id):
        for model, own in work(layers).items():
            rows = _rows(model, person_id).filter(own).exclude(state=Step.State.DONE)
            should = rows.filter(Q(attempts__gt=0) | Q(due_at__lte=clock.now()))
            found += should.values_list("error", flat=True)
    return found


def _why(person_id: int, layers: Sequence[str]) -> str:
    left = _left(person_id, layers)
    if not left:
        return "They kept talking, or others kept writing. Try again when it is quieter."
    named = ", ".join(sorted({error or "not done" for error in left}))
    return f"{len(left)} steps could not be done ({named}). The old layers stand; try again once that is mended."


def _swap(person_id: int, layers: Sequence[str], said: Said) -> Rebuilt | None:
    """Put what stands beside in place of the old. None where more was said meanwhile. Raises NotRebuilt."""
    own = made(layers)
    with acting_as(person_id):
        tombstone.let_erase(person_id)  # nobody writes until it is done
        with staging.real_first():
            if _more_was_said(said, _said(person_id), layers):
                return None
            memories = Memory.objects.of(person_id).filter(own[Memory])
            old = _ids(memories.select_for_update(no_key=True).order_by("pk"))
        _recognise(person_id, old, own[Memory])
        _leave_answered(person_id)
        waiting = _ids(Period.objects.of(person_id).filter(state=Step.State.WAITING))
        beside = {model: _ids(_rows(model, person_id).filter(which)) for model, which in own.items()}
        tasks = {model: _ids(_rows(model, person_id).filter(which)) for model, which in work(layers).items()}
        with staging.real_first():
            begun = set(waiting) & set(_ids(Period.objects.of(person_id)))  # days that are not over stay as they are
            new, gone = _clear(person_id, layers, beside, old, begun)
            for model, ids in (tasks | beside).items():
                staging.put_in_place(model, set(ids) - (begun if model is Period else set()))
            periods.await_days(person_id)
            corrected.uphold(person_id)
            repinning.meet(repinning.unmet(person_id))
    return Rebuilt(list(layers), same=len(beside[Memory]) - new, new=new, gone=gone)


def _more_was_said(before: Said, now: Said, layers: Sequence[str]) -> bool:
    """Raises NotRebuilt where what was read is no longer there."""
    changed = any(now.sessions.get(session) != told for session, told in before.sessions.items())
    if changed or before.erasures != now.erasures:
        raise NotRebuilt("Meanwhile something was erased, or imported into an old session. Try again.")
    return before.sessions != now.sessions or ("keys" in layers and before.last_turn != now.last_turn)


def _recognise(person_id: int, old: Sequence[int], kind: Q) -> None:
    """Give what is the same again its old id, and a memory what became of it."""
    staging.rename(Period, _pairs(SAME_PERIODS, {"owner": person_id}), tables())
    new = set(_ids(Memory.objects.of(person_id).filter(kind))) - set(old)
    held = set(_ids(Memory.objects.of(person_id).filter(pk__in=old)))
    free = {"owner": person_id, "old": list(set(old) - held), "new": list(new)}
    staging.rename(Memory, _pairs(SAME_MEMORIES, free), tables())
    with connection.cursor() as cursor:
        cursor.execute(CARRY, [list(old)])


def _leave_answered(person_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, {"owner": person_id, "unanswered": [*map(str, PortraitLine.UNANSWERED)]})
        answered = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(CARRY_FIRST, {"owner": person_id})
    PortraitEvidence.objects.of(person_id).filter(line__in=answered).delete()
    PortraitLine.objects.of(person_id).filter(pk__in=answered).delete()


def _pairs(query: str, given: Mapping[str, Any]) -> list[tuple[int, int]]:
    """(new, old), each in one pair at most; of two that are like the same, the first."""
    pairs: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        for after, before in cursor.fetchall():
            if after not in pairs and before not in pairs.values():
                pairs[after] = before
    return list(pairs.items())


def _clear(
    person_id: int,
    layers: Sequence[str],
    beside: Mapping[type[OwnedModel], list[int]],
    old: Sequence[int],
    begun: Iterable[int],
) -> tuple[int, int]:
    """Delete what is not beside, but for what the person's hand holds; how many memories are new, and how many gone."""
    lost = Memory.objects.of(person_id).filter(pk__in=set(old) - set(beside[Memory]))
    kept = Memory.objects.of(person_id).filter(pk__in=_ids(lost.filter(HELD_BY_HAND | Q(period__in=begun))))
    for model, which in made(layers).items():
        if model is not Memory:
            by_hand = _of_memories(model, kept) | held(layers).get(model, NONE)
            going = set(_ids(_rows(model, person_id).filter(which).exclude(by_hand))) - set(beside[model])
            rows = _rows(model, person_id).filter(id__in=going)
            rows._raw_delete(rows.db)
    gone = lost.exclude(pk__in=kept.values("pk"))
    count = gone.count()
    gone.delete()  # with what others made of it
    return len(set(beside[Memory]) - set(old)), count
