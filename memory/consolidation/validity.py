"""Since when and until when a fact held. Of what only one value holds at a time, each value is closed by the next one.

That follows from when each was said, never from when it arrived, so a session that comes late changes what was so then,
not what is so now; and whatever evidence goes or comes, the times are made anew from all that is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory import conflicts
from memory.conflicts import Claim
from memory.models import Key, Memory, Source

UNCHANGING = frozenset({"comes from", "is in the month", "one birthday", "one birthplac", "one hometown"})


@dataclass
class _Run:
    """Evidence of one value with no other in between."""

    value: str
    sources: list[Source]
    memory: Memory | None = None

    @property
    def first(self) -> datetime:
        return self.sources[0].turn.said_at

    def righted_by(self, memory: Memory) -> bool:
        """Whether the memory stands in its place (corrected.py)."""
        return any(source.memory.superseded_by_id == memory.pk for source in self.sources)


def settle(owner: int, subject: str, attribute: str) -> None:
    """Give each value of an attribute its time, from all the evidence there is, in the order in which it was said.

    A value that comes again after another is a memory of its own. Runs in a transaction of the person's; also for
    whoever takes evidence away.
    """
    told = evidence(owner, subject, attribute)
    for companion in {source.memory.companion_id for source in told}:
        runs, closed = _runs([each for each in told if each.memory.companion_id == companion], subject, attribute)
        _assign(runs)
        for run in runs:
            _close(run, closed.get(id(run)), attribute)


def evidence(owner: int, subject: str, attribute: str) -> list[Source]:
    """What is told to be so of the subject, by its evidence, in the order in which it was said."""
    told = Source.objects.of(owner).filter(
        memory__owner_id=owner,
        memory__kind=Memory.Kind.FACT,
        memory__told=Memory.Told.STATE,
        memory__subject=subject,
        memory__attribute=attribute,
    )
    return list(told.select_related("memory", "turn").order_by("turn__said_at", "turn__number", "start", "memory_id"))


def _runs(told: Iterable[Source], subject: str, attribute: str) -> tuple[list[_Run], dict[int, _Run]]:
    """The runs in their order, and which other closed each. What was written by hand begins one, whatever it says."""
    runs: list[_Run] = []
    closed: dict[int, _Run] = {}
    for source in told:
        value = source.memory.value
        still = [run for run in runs if id(run) not in closed]
        by_hand = source.memory.by_hand
        run = None if by_hand else next((run for run in still if conflicts.same_value(run.value, value)), None)
        if run is None:
            run = _Run(value, [])
            runs.append(run)
        run.sources.append(source)
        for other in still:
            days_apart = (source.turn.said_at - other.first) / timedelta(days=1)
            righted = by_hand and other.righted_by(source.memory)
            if other is not run and (righted or _clash(other.value, value, subject, attribute, days_apart)):
                closed[id(other)] = run
    return runs, closed


def _clash(one: str, other: str, subject: str, attribute: str, days_apart: float) -> bool:
    if conflicts.same_value(one, other):
        return False
    if attribute.startswith("counts"):  # of ages, too, the later one holds
        return True
    return conflicts.contradict(Claim(subject, attribute, one), Claim(subject, attribute, other), days_apart)


def _assign(runs: Sequence[_Run]) -> None:
    """A memory for each run: the first that its evidence belongs to and no run before it has; else a copy of that."""
    taken: set[int] = set()
    for run in runs:
        own = next((source.memory for source in run.sources if source.memory_id not in taken), None)
        run.memory = own or _copy(run.sources[0])
        taken.add(run.memory.pk)
        _gather(run, run.memory)


def _copy(source: Source) -> Memory:
    """A memory for the time in which the same came true again."""
    return Memory.objects.create(
        **{
            each.attname: getattr(source.memory, each.attname)
            for each in Memory._meta.concrete_fields
            if not each.primary_key
        }
        | {
            "said_at": source.turn.said_at,
            "valid_from": source.turn.said_at,
            "session_id": source.turn.session_id,
            "pinned": False,
        }
    )


def _gather(run: _Run, memory: Memory) -> None:
    """All evidence of a run, with its keys, under its memory; one that has lost all of its own goes."""
    for source in run.sources:
        if source.memory_id == memory.pk:
            continue
        left = source.memory
        keys = Key.objects.of(memory.owner_id).filter(fact=left, turn_id=source.turn_id)
        keys.update(fact=memory)
        if memory.sources.filter(turn_id=source.turn_id, start=source.start, end=source.end).exists():
            source.delete()
        else:
            source.memory = memory
            source.save(update_fields=["memory"])
        if not left.sources.exists():
            left.delete()


def _close(run: _Run, by: _Run | None, attribute: str) -> None:
    """The next value ends it; of what can't change, both stay open and the later one says which it contradicts."""
    memory = run.memory
    assert memory is not None  # noqa: S101 - `_assign` gave it one
    told = [source.turn.said_at for source in run.sources]
    memory.said_at = min(told)
    memory.valid_from = min(memory.valid_from or told[0], told[0])
    memory.valid_to = memory.superseded_by = None
    if by is not None and by.memory is not None:
        if attribute in UNCHANGING:
            Memory.objects.of(memory.owner_id).filter(pk=by.memory.pk).update(contradicts=memory)
            by.memory.contradicts = memory
        else:
            since = by.memory.valid_from or by.first
            memory.valid_to = since if since > memory.valid_from else by.first
            memory.superseded_by = by.memory
    memory.save()
