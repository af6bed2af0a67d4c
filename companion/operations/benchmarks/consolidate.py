"""Consolidation: closed sessions a minute, by one or more workers, and what they cost an engine."""

import os
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from pydantic import BaseModel

from companion.operations.benchmarks.scratch import ALIASES, scratch_database, scratch_person
from companion.operations.benchmarks.spawned import begin
from companion.operations.benchmarks.synthetic import SESSION, Talk, history
from companion.operations.benchmarks.telling import Telling
from memory import consolidation, encoder
from memory.budget import estimate_tokens
from memory.consolidation import duplicates, facts, steps
from memory.engine import Engine, Message
from memory.history import locomo
from memory.history.keep import keep
from memory.history.told import History
from memory.isolation import acting_as
from memory.models import Link, Memory, Session, Step, Turn
from worker import engines


@dataclass
class Done:
    """What one session took, and why of its facts some were refused."""

    seconds: float
    calls: int
    tokens: int  # by the estimate: what the engine was given and what it answered
    refusals: Counter[str]


class Counting:
    """An engine that counts what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self.name, self.converses = engine.name, engine.converses
        self.calls = self.tokens = 0
        self._engine = engine

    def complete(self, messages: Sequence[Message], *, schema: type[BaseModel]) -> str:
        """As the engine does."""
        answer = self._engine.complete(messages, schema=schema)
        self.calls += 1
        self.tokens += sum(estimate_tokens(message["content"]) for message in messages) + estimate_tokens(answer)
        return answer


def add_arguments(parser: ArgumentParser) -> None:
    """How many workers, and what is consolidated."""
    parser.add_argument("data", nargs="?", type=Path, metavar="DATA.json", help="a LoCoMo file; without: made-up talk")
    parser.add_argument("--sample", action="append", default=[], help="which samples of it (default: the first)")
    parser.add_argument("--workers", type=int, default=1, help="processes at once (default: %(default)s)")
    parser.add_argument("--sessions", type=int, default=20, help="of made-up talk (default: %(default)s)")


def run(
    *, tell: Telling, data: Path | None, sample: list[str], workers: int, sessions: int, **_: Any
) -> dict[str, Any]:
    """Import histories, then consolidate their sessions as the memory workers do; `ENGINE_URL` names an engine."""
    os.environ.setdefault("ENCODER_THREADS", str(max((os.cpu_count() or 1) // workers, 1)))
    with scratch_database():
        people = [_imported(number, told) for number, told in enumerate(_told(data, sample, sessions))]
        waiting = [(person_id, session_id) for person_id in people for session_id in _waiting(person_id)]
        tell.remark(f"{len(waiting)} sessions of {len(people)} people for {workers} of {_engine().name}")
        seconds, done = _consolidated(waiting, workers)
        made = sum((_made(person_id) for person_id in people), Counter())
    refusals = sum((each.refusals for each in done), Counter())
    figures = {
        "sessions_per_min": round(60 * len(done) / seconds, 1),
        "seconds_per_session": round(sum(each.seconds for each in done) / len(done), 3),
        "engine_calls_per_session": round(sum(each.calls for each in done) / len(done), 2),
        "engine_tokens_per_session": round(sum(each.tokens for each in done) / len(done)),
        "memories_per_100_turns": round(100 * made["memories"] / made["turns"], 1),
        "facts": made["facts"],
        "links_per_fact": round(made["links"] / made["facts"], 2) if made["facts"] else 0.0,
        "duplicates_left": made["duplicates"],
        "facts_refused": sum(refusals.values()),
        "steps_left": made["steps left"],
    }
    tell.table(f"{len(done)} sessions, {workers} at once", [figures])
    if refusals:
        tell.table("Facts refused", [{"why": why, "facts": count} for why, count in refusals.most_common()])
    return {"workers": workers, "sessions": len(done), **figures, "refusals": dict(refusals)}


def _told(data: Path | None, samples: Sequence[str], sessions: int) -> Iterator[History]:
    if data is None:
        yield history(Talk(), turns=sessions * SESSION)
    else:
        yield from (locomo.read(data, zone="UTC", sample=sample) for sample in samples or [""])


def _imported(number: int, told: History) -> int:
    person, companion = scratch_person(f"consolidated-{number}", name=told.person, companion=told.companion)
    keep(companion=companion, history=told, encoder=encoder.current())
    return person.pk


def _waiting(person_id: int) -> list[int]:
    """The sessions to consolidate, in their order."""
    with acting_as(person_id):
        waiting = Session.objects.of(person_id).filter(steps__state=Step.State.WAITING)
        return list(waiting.order_by("started_at", "pk").distinct().values_list("pk", flat=True))


def _consolidated(sessions: Sequence[tuple[int, int]], workers: int) -> tuple[float, list[Done]]:
    """Seconds from the moment at which all workers are ready, and what each session took."""
    spawning = get_context("spawn")
    ready = spawning.Barrier(workers + 1)
    names = [(alias, connections[alias].settings_dict["NAME"]) for alias in ALIASES]
    with ProcessPoolExecutor(workers, mp_context=spawning, initializer=begin, initargs=(names, ready)) as pool:
        results = pool.map(_consolidate, *zip(*sessions, strict=True))
        ready.wait(timeout=300)
        began = time.perf_counter()
        done = list(results)
        return time.perf_counter() - began, done


def _engine() -> Engine:
    """The engine that is named; none is looked for, so that two runs ask the same."""
    return engines.current() if settings.ENGINE_URL else engines.RecallOnly()


def _consolidate(person_id: int, session_id: int) -> Done:
    engine = Counting(_engine())
    refusals: Counter[str] = Counter()
    began = time.perf_counter()
    with _refusals_counted(refusals):
        consolidation.run(person_id=person_id, session_id=session_id, engine=engine, encoder=encoder.current())  # type: ignore[arg-type]
    return Done(time.perf_counter() - began, engine.calls, engine.tokens, refusals)


@contextmanager
def _refusals_counted(refusals: Counter[str]) -> Iterator[None]:
    """A step's row says how many facts were refused; why, only what the step made."""
    make, keep_facts = steps.STEPS[Step.Kind.FACTS]

    def keep_counted(*, session: Session, made: facts.Facts) -> None:
        refusals.update(made.refusals)
        keep_facts(session=session, made=made)

    steps.STEPS[Step.Kind.FACTS] = (make, keep_counted)
    try:
        yield
    finally:
        steps.STEPS[Step.Kind.FACTS] = (make, keep_facts)


def _made(person_id: int) -> Counter[str]:
    """Turns, memories without the rounds, facts, those that seem to say the same, and steps that are not done."""
    with acting_as(person_id):
        memories = Memory.objects.of(person_id).exclude(kind=Memory.Kind.ROUND)
        return Counter(
            {
                "turns": Turn.objects.of(person_id).count(),
                "memories": memories.count(),
                "facts": memories.filter(kind=Memory.Kind.FACT).count(),
                "links": Link.objects.of(person_id).count(),
                "duplicates": duplicates.left(person_id, encoder=encoder.current().name),
                "steps left": Step.objects.of(person_id).exclude(state=Step.State.DONE).count(),
            }
        )
