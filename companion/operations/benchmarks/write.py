"""Writing: turns a second through the import (the chat keeps and indexes the same way), beside the bare encoder."""

import os
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from companion.operations.benchmarks.scratch import scratch_database, scratch_person
from companion.operations.benchmarks.synthetic import Talk, history
from companion.operations.benchmarks.telling import Telling
from memory import encoder
from memory.encoder import Encoder, Tokens, Vectors
from memory.history.keep import keep
from memory.history.told import History
from memory.models import Companion

ROUNDS = 4  # times that writing and the bare encoder take turns, so that a busy moment of the machine hits both


class Recording:
    """An encoder that remembers which texts it was given, in which batches."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.batches: list[list[str]] = []
        self._encoder = encoder

    def encode(self, texts: list[str]) -> Vectors:
        """As the encoder does."""
        return self.read(texts)[0]

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """As the encoder does."""
        self.batches.append(texts)
        return self._encoder.read(texts)

    def count(self, text: str) -> int:
        """As the encoder does."""
        return self._encoder.count(text)


@dataclass
class Written:
    """What was written so far, and how long it and the bare encoder took for the same texts, in seconds."""

    turns: int = 0
    texts: int = 0
    writing: float = 0.0
    encoding: float = 0.0

    def figures(self) -> dict[str, float]:
        """Rates; `share` is how much of the encoder's own speed is left when everything around it is done too."""
        return {
            "turns_per_s": round(self.turns / self.writing, 2),
            "texts_per_turn": round(self.texts / self.turns, 3),
            "encoder_texts_per_s": round(self.texts / self.encoding, 2),
            "share": round(self.encoding / self.writing, 3),
        }


def add_arguments(parser: ArgumentParser) -> None:
    """How many turns."""
    parser.add_argument("--turns", type=int, default=5000, help="made-up turns to write (default: %(default)s)")


def run(*, tell: Telling, turns: int, **_: Any) -> dict[str, Any]:
    """Write made-up talk into an empty memory, and encode the same texts in the same batches."""
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))
    talk, written = Talk(), Written()
    bare = encoder.current()
    bare.encode([talk.text() for _ in range(64)])  # the first texts of a process take longer
    each = max(turns // ROUNDS, 1)
    with scratch_database(), tell.progress() as bar:
        companion = scratch_person("writer")[1]
        task = bar.add_task("Writing", total=turns)
        for first in range(0, turns, each):
            told = history(talk, turns=min(each, turns - first), first=first)
            _write(companion, told, bare, written)
            bar.advance(task, told.total)
    figures = written.figures()
    tell.table(f"{written.turns} turns written", [figures])
    return {"turns": written.turns, **figures, "encoder": bare.name, "threads": int(os.environ["ENCODER_THREADS"])}


def _write(companion: Companion, told: History, bare: Encoder, written: Written) -> None:
    recording = Recording(bare)
    ready = History(
        source=told.source, total=told.total, entries=iter(list(told.entries))
    )  # made before the clock runs
    began = time.perf_counter()
    kept = keep(companion=companion, history=ready, encoder=recording)
    between = time.perf_counter()
    for texts in recording.batches:
        bare.encode(texts)
    written.writing += between - began
    written.encoding += time.perf_counter() - between
    written.turns += kept.turns
    written.texts += sum(map(len, recording.batches))
