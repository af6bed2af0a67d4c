"""Whole lives in through the import, questions out through the recall: what the three ranking benchmarks share."""

import json
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Max

from companion.accounts.models import Person
from companion.operations.benchmarks.scratch import scratch_database, scratch_person
from companion.operations.benchmarks.telling import Telling, quantiles
from memory import consolidation, encoder
from memory.encoder import Encoder
from memory.history.keep import Kept, keep
from memory.history.told import History
from memory.isolation import acting_as
from memory.models import Companion, Session, Turn
from memory.recall import Remembering, recall
from worker import engines

MOST = 50  # ids an answer
AFTERWARDS = timedelta(minutes=1)  # questions are asked so long after the last turn


@dataclass(frozen=True)
class Question:
    """Something to find."""

    id: str
    text: str


@dataclass(frozen=True)
class Life:
    """All that one person ever said, and what is asked of it."""

    name: str
    history: History
    questions: Sequence[Question]


Ask = Callable[[Companion, str, str, datetime, Encoder], Remembering]


@dataclass
class Asked:
    """What came of one benchmark so far."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    turns: int = 0
    skipped: int = 0
    seconds: float = 0.0  # of importing


def add_output(parser: ArgumentParser) -> None:
    """--out."""
    parser.add_argument("--out", type=Path, required=True, metavar="RANKED.jsonl", help="one JSON object a question")


def check_output(out: Path) -> None:
    """Raises CommandError where the file cannot be written, before an hour is spent."""
    if out.is_dir():
        raise CommandError(f"{out} is a folder; --out names a file.")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise CommandError(f"{out} cannot be written. Make its folder first, or name another place.")


def asked(companion: Companion, person: str, text: str, moment: datetime, encoder_: Encoder) -> Remembering:
    """A question, as the chat asks it."""
    return recall(companion=companion, person=person, question=text, moment=moment, encoder=encoder_, most=MOST)


def rank(
    name: str,
    lives: Sequence[Life],
    *,
    out: Path,
    tell: Telling,
    ask: Ask = asked,
    id_of: Callable[[str], Any] = str,
    consolidated: bool = False,
) -> dict[str, Any]:
    """Import every life, ask all its questions, write the answers.

    `id_of` makes the judge's id of a turn's origin; a turn for which it gives None is left out. `consolidated` lives
    have the summaries and the facts of their sessions, made without an engine.
    """
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))  # nothing else waits for this process
    so_far = Asked()
    with scratch_database(), tell.progress() as bar:
        importing = bar.add_task("Importing", total=sum(life.history.total for life in lives))
        asking = bar.add_task("Asking", total=sum(len(life.questions) for life in lives))
        for number, life in enumerate(lives):
            companion, person, moment = lived(number, life, so_far, lambda read: bar.advance(importing, read))
            if consolidated:
                _consolidate(companion.owner_id)
            for row in _answers(companion, person.called, moment, life.questions, ask, id_of):
                so_far.rows.append(row)
                bar.advance(asking)
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in so_far.rows), encoding="utf-8")
    return _told(name, lives, out, so_far, tell)


def lived(
    number: int | str, life: Life, so_far: Asked, progress: Callable[[int], None]
) -> tuple[Companion, Person, datetime]:
    """The life in a new person's memory, and the moment after it."""
    person, companion = scratch_person(f"life-{number}", name=life.history.person, companion=life.history.companion)
    began = time.perf_counter()
    kept: Kept = keep(companion=companion, history=life.history, encoder=encoder.current(), progress=progress)
    so_far.seconds += time.perf_counter() - began
    so_far.turns += kept.turns
    so_far.skipped += len(kept.skipped)
    with acting_as(person.pk):
        last = Turn.objects.of(person.pk).aggregate(last=Max("said_at"))["last"]
    if last is None:
        raise CommandError(f"Nothing of {life.name} could be read.")
    return companion, person, last + AFTERWARDS


def _consolidate(person_id: int) -> None:
    with acting_as(person_id):
        sessions = list(Session.objects.of(person_id).order_by("started_at", "pk").values_list("pk", flat=True))
    for session_id in sessions:
        consolidation.run(
            person_id=person_id, session_id=session_id, engine=engines.RecallOnly(), encoder=encoder.current()
        )


def _answers(
    companion: Companion,
    person: str,
    moment: datetime,
    questions: Sequence[Question],
    ask: Ask,
    id_of: Callable[[str], Any],
) -> Iterator[dict[str, Any]]:
    with acting_as(companion.owner_id):
        origins = dict(Turn.objects.of(companion.owner_id).values_list("pk", "origin"))
    for question in questions:
        with acting_as(companion.owner_id):
            began = time.perf_counter()
            remembering = ask(companion, person, question.text, moment, encoder.current())
            spent = (time.perf_counter() - began) * 1000
        found = dict.fromkeys(id_of(origins[candidate.turn_id] or "") for candidate in remembering.candidates)
        yield {
            "question_id": question.id,
            "ranked": [identity for identity in found if identity not in (None, "")][:MOST],
            "answerable": answerable(remembering),
            "ms": round(spent, 2),
        }


def answerable(remembering: Remembering) -> float:
    """How sure the product is that memory holds the answer, 0-1."""
    return round(min(max(remembering.answerable, 0.0), 1.0), 4)


def _told(name: str, lives: Sequence[Life], out: Path, so_far: Asked, tell: Telling) -> dict[str, Any]:
    counts = {
        "lives": len(lives),
        "turns": so_far.turns,
        "skipped": so_far.skipped,
        "questions": len(so_far.rows),
    }
    ms = quantiles([row["ms"] for row in so_far.rows])
    speed = round(so_far.turns / so_far.seconds, 1) if so_far.seconds else 0.0
    shown = {**counts, "ms p50": ms["p50"], "ms p95": ms["p95"], "turns imported/s": speed}
    tell.table(f"{name}: {out}", [shown])
    return {"benchmark": name, **counts, "ms": ms, "turns_per_s": speed, "out": str(out)}
