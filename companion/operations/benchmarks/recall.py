"""Remembering in a large memory: whole prompt builds against the least that any memory must do, in one run."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from django.db import connection
from pgvector import HalfVector

from companion.operations.benchmarks.crowd import Crowd
from companion.operations.benchmarks.prompt import claimed
from companion.operations.benchmarks.scratch import scratch_database
from companion.operations.benchmarks.synthetic import Talk
from companion.operations.benchmarks.telling import Telling, quantiles
from memory import encoder
from memory import reply as replies
from memory.encoder import Encoder
from memory.isolation import acting_as
from memory.models import Companion, Reply
from worker import replying
from worker.engines.recall_only import RecallOnly

NEAREST = 100
WARM_UP = 5  # questions that are not counted
FLOOR = "select id from memory_key where owner_id = %s order by embedding <=> %s::halfvec limit %s"


def add_arguments(parser: ArgumentParser) -> None:
    """How large."""
    parser.add_argument("--memories", type=int, default=400_000, help="of all people together (default: %(default)s)")
    parser.add_argument("--people", type=int, default=200, help="(default: %(default)s)")
    parser.add_argument("--largest", type=int, default=50_000, help="memories of one of them (default: %(default)s)")
    parser.add_argument("--questions", type=int, default=100, help="asked of that one (default: %(default)s)")


def run(*, tell: Telling, memories: int, people: int, largest: int, questions: int, **_: Any) -> dict[str, Any]:
    """Fill a scratch database, then ask: each question once through the chat's own steps, once as the floor."""
    sizes = shared_out(memories, people, largest)
    with scratch_database(), tell.progress() as bar:
        filling, asking = bar.add_task("Filling", total=memories), bar.add_task("Asking", total=questions)
        began = time.perf_counter()
        crowd = Crowd(encoder.current(), memories=memories)
        companion = crowd.fill(sizes=sizes, progress=lambda made: bar.advance(filling, made))[0]
        spent = time.perf_counter() - began
        build, floor = _asked(companion, questions, lambda: bar.advance(asking))
    return _told({"memories": memories, "people": people, "largest": largest}, build, floor, spent, tell)


def shared_out(memories: int, people: int, largest: int) -> list[int]:
    """How many each person has: the largest first, the rest evenly."""
    if people < 1 or largest < 1 or memories - largest < people - 1 or (people == 1 and memories != largest):
        raise CommandError(f"{memories} memories can't be those of {people} people of whom one has {largest}.")
    if people == 1:
        return [largest]
    bounds = np.linspace(0, memories - largest, people).round().astype(int)
    return [largest, *(int(after - before) for before, after in pairwise(bounds))]


def _asked(companion: Companion, questions: int, progress: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Milliseconds of every prompt build and of every floor."""
    talk, pairs = Talk(seed=3), []
    conversation: Any = None
    for number in range(-WARM_UP, questions):
        reply = claimed(companion, conversation, talk.question())
        conversation = reply.turn.conversation_id
        pair = _both(companion, reply, build_first=number % 2 == 0)
        with acting_as(companion.owner_id):
            replies.finish(reply=reply, state=Reply.State.STOPPED, text="")
        if number >= 0:
            pairs.append(pair)
            progress()
    return [build for build, _ in pairs], [floor for _, floor in pairs]


def _both(companion: Companion, reply: Reply, *, build_first: bool) -> tuple[float, float]:
    """One question's prompt build and its floor; they take turns in coming first."""
    encoder_ = encoder.current()

    def build() -> float:
        return _milliseconds(lambda: replying.build(reply, RecallOnly(), encoder_))

    def floor() -> float:
        return _milliseconds(lambda: _nearest(companion, reply.turn.text, encoder_))

    if build_first:
        return build(), floor()
    below = floor()
    return build(), below


def _milliseconds(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def _nearest(companion: Companion, text: str, encoder_: Encoder) -> list[tuple[int]]:
    """The floor: one question encoded, and the hundred nearest keys of its owner, as the planner likes to find them."""
    (vector,) = encoder_.encode([text])
    with acting_as(companion.owner_id), connection.cursor() as cursor:
        cursor.execute(FLOOR, [companion.owner_id, HalfVector(vector).to_text(), NEAREST])
        return list(cursor.fetchall())


def _told(
    size: dict[str, int], build: list[float], floor: list[float], seconds: float, tell: Telling
) -> dict[str, Any]:
    build_ms, floor_ms = quantiles(build), quantiles(floor)
    ratios = {f"ratio_{q}": round(build_ms[q] / max(floor_ms[q], 0.01), 3) for q in ("p50", "p95")}
    title = f"{size['largest']:,} of {size['memories']:,} memories, {len(build)} questions"
    rows = [
        {"what": "whole prompt build, ms", **build_ms},
        {"what": "encoding and raw nearest keys, ms", **floor_ms},
        {"what": "ratio", "p50": ratios["ratio_p50"], "p95": ratios["ratio_p95"]},
    ]
    tell.table(title, rows)
    filled = {"generation_s": round(seconds, 1), "questions": len(build)}
    return {**size, **filled, "build_ms": build_ms, "floor_ms": floor_ms, **ratios}
