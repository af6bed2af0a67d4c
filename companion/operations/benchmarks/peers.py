"""Side by side: the same turns and the same encoder, remembered by other systems and by Rosemary."""

import math
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError

from companion.operations.benchmarks import locomo, peer_ways
from companion.operations.benchmarks.asking import Life as Whole
from companion.operations.benchmarks.asking import Question, asked
from companion.operations.benchmarks.peer_ways import Life, Way
from companion.operations.benchmarks.scratch import scratch_database, scratch_person
from companion.operations.benchmarks.synthetic import Talk, history
from companion.operations.benchmarks.telling import Telling, quantiles
from memory import encoder
from memory.history.keep import keep
from memory.history.locomo import samples
from memory.history.told import History, Told
from memory.isolation import acting_as
from memory.models import Turn

NEEDED = {"mem0": "mem0ai", "rank_bm25": "rank-bm25", "langchain_core": "langchain-core"}
ADVERSARIAL = 5  # LoCoMo's category of questions that have no answer
MADE_UP = 600  # turns and 100 questions where no data is given
MADE_UP_QUESTIONS = 100


class Rosemary:
    """In through the import, out through the recall."""

    versions: tuple[str, ...] = ()
    remark = "asked with the two names, as the chat asks"

    def write(self, life: Life) -> None:
        """As `import_history` does."""
        self._life = life
        self._person, self._companion = scratch_person(
            f"peer-{time.monotonic_ns()}", name=life.person, companion=life.companion
        )
        told = History(source="peers", total=len(life.turns), entries=iter(life.turns))
        keep(companion=self._companion, history=told, encoder=encoder.current())
        with acting_as(self._person.pk):
            self._ids = dict(Turn.objects.of(self._person.pk).values_list("pk", "origin"))

    def search(self, question: str) -> list[str]:
        """As the chat does."""
        with acting_as(self._person.pk):
            found = asked(self._companion, self._person.called, question, self._life.moment, encoder.current())
        return list(dict.fromkeys(self._ids[candidate.turn_id] or "" for candidate in found.candidates))

    def close(self) -> None:
        """The scratch database goes as a whole."""


SYSTEMS: dict[str, Callable[[], Way]] = {
    "flat cosine": peer_ways.FlatCosine,
    "BM25": peer_ways.Words,
    "rank fusion": peer_ways.Fused,
    "LangChain": peer_ways.LangChain,
    "MemoryBank": peer_ways.MemoryBank,
    "mem0": peer_ways.Mem0,
    "Rosemary": Rosemary,
}


@dataclass(frozen=True)
class Trial:
    """One life with the questions whose gold is known."""

    life: Life
    questions: Sequence[tuple[Question, frozenset[str]]]


@dataclass
class Score:
    """One system's figures so far."""

    seconds: float = 0.0  # of writing
    turns: int = 0
    ms: list[float] = field(default_factory=list)
    measures: list[tuple[float, float, float]] = field(default_factory=list)  # R@5, R@10, NDCG@10 a question
    remark: str = ""
    versions: str = ""

    def figures(self) -> dict[str, Any]:
        """Means in percent, median milliseconds, turns a second."""
        means = np.asarray(self.measures or [(0.0, 0.0, 0.0)]).mean(axis=0) * 100
        named = dict(zip(("R@5", "R@10", "NDCG@10"), (round(float(mean), 2) for mean in means), strict=True))
        speed = round(self.turns / self.seconds, 1) if self.seconds else None
        search = {"ms": quantiles(self.ms)["p50"], "turns_per_s": speed}
        return {**named, **search, "questions": len(self.measures), "versions": self.versions, "remark": self.remark}


def add_arguments(parser: ArgumentParser) -> None:
    """The data, and how much of it."""
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA.json", help="a LoCoMo file; without: made-up talk")
    parser.add_argument("--samples", type=int, default=1000, help="so many samples of it at most")
    parser.add_argument("--questions", type=int, default=1000, help="so many questions a sample at most, every n-th")


def run(*, tell: Telling, data: Path | None, samples: int, questions: int, **_: Any) -> dict[str, Any]:
    """Let every system take in every life and answer its questions; one after the other on the same machine."""
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise CommandError(
            f"{', '.join(missing)} not installed: run {sys.prefix}/bin/pip install -c requirements.lock"
            " -r requirements-peers.txt first."
        )
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))
    trials = _trials(data)[:samples]
    trials = [Trial(trial.life, _every_nth(trial.questions, questions)) for trial in trials]
    scores = {name: Score() for name in SYSTEMS}
    encoder.current().encode(["The first text of a process takes longer."])
    with scratch_database(), tell.progress() as bar:
        task = bar.add_task("", total=len(trials) * len(SYSTEMS))
        for trial in trials:
            for name, make in SYSTEMS.items():
                bar.update(task, description=name)
                _try(make(), trial, scores[name])
                bar.advance(task)
    figures = {name: score.figures() for name, score in scores.items()}
    _show(figures, tell)
    return figures


def _show(figures: dict[str, dict[str, Any]], tell: Telling) -> None:
    words = {"versions", "remark"}
    numbers = {name: {key: value for key, value in each.items() if key not in words} for name, each in figures.items()}
    tell.table("Side by side", [{"system": name, **each} for name, each in numbers.items()])
    for name, each in figures.items():
        if said := "; ".join(each[word] for word in ("versions", "remark") if each[word]):
            tell.remark(f"{name}: {said}")


def _try(way: Any, trial: Trial, score: Score) -> None:
    score.remark, score.versions = way.remark, peer_ways.versions_of(way.versions)
    began = time.perf_counter()
    way.write(trial.life)
    score.seconds += time.perf_counter() - began
    score.turns += len(trial.life.turns)
    try:
        way.search("What was the first question?")  # the first of a process takes longer
        for question, gold in trial.questions:
            began = time.perf_counter()
            ranked = way.search(question.text)
            score.ms.append((time.perf_counter() - began) * 1000)
            score.measures.append(measured(ranked, gold))
    finally:
        way.close()


def measured(ranked: Sequence[str], gold: frozenset[str]) -> tuple[float, float, float]:
    """R@5, R@10, and NDCG@10, each 0-1."""
    hits = [identity in gold for identity in ranked]
    gained = sum(1 / math.log2(place + 2) for place, hit in enumerate(hits[:10]) if hit)
    best = sum(1 / math.log2(place + 2) for place in range(min(len(gold), 10)))
    return sum(hits[:5]) / len(gold), sum(hits[:10]) / len(gold), gained / best


def _every_nth(questions: Sequence[Any], most: int) -> list[Any]:
    return list(questions[:: max(math.ceil(len(questions) / max(most, 1)), 1)])


def _trials(data: Path | None) -> list[Trial]:
    if data is None:
        return [_made_up()]
    lives = locomo.lives(data)
    told = dict(samples(data))
    return [_of_locomo(life, told[life.name].get("qa") or []) for life in lives]


def _of_locomo(whole: Whole, qa: Sequence[dict[str, Any]]) -> Trial:
    """A sample with its answerable questions."""
    turns = [entry for entry in whole.history.entries if isinstance(entry, Told)]
    known = {told.id for told in turns}
    golds = [frozenset(locomo.evidence(each)) & known for each in qa]
    pairs = zip(whole.questions, golds, qa, strict=True)
    questions = [(question, gold) for question, gold, each in pairs if gold and each.get("category") != ADVERSARIAL]
    return Trial(_life(turns, whole.history.person, whole.history.companion), questions)


def _life(turns: Sequence[Told], person: str, companion: str) -> Life:
    if not turns:
        raise CommandError("There are no turns in it that could be read.")
    moment = max(told.said_at for told in turns) + timedelta(minutes=1)
    return Life(turns, person, companion, moment)


def _made_up() -> Trial:
    """Made-up talk; each question takes up words of one turn, which is its gold."""
    turns = [entry for entry in history(Talk(seed=2), turns=MADE_UP).entries if isinstance(entry, Told)]
    step = MADE_UP // MADE_UP_QUESTIONS
    asked_of = [(told, told.text.split()) for told in turns[step - 1 :: step]]
    questions = [
        (Question(told.id, f"What was it about {' '.join(words[2:7])}?"), frozenset({told.id}))
        for told, words in asked_of
    ]
    return Trial(_life(turns, "Ida", "Rosemary"), questions)
