"""MemoryBank's personalities (Zhong et al. 2024): whose description is a portrait nearest to, among all of them."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray

from companion.operations.benchmarks.asking import Asked, Life, lived
from companion.operations.benchmarks.scratch import scratch_database
from companion.operations.benchmarks.telling import Telling
from memory import consolidation, encoder
from memory.consolidation import portrait
from memory.consolidation.portrait import Line
from memory.history.told import History, Told
from memory.isolation import acting_as
from memory.models import PortraitLine, Session
from worker.engines.recall_only import RecallOnly

FILE = "memory_bank.json"
BEGINS = timedelta(hours=10)  # of a day's conversation, for only its date is given
APART = timedelta(minutes=1)
DESCRIBED = ("personality", "hobbies", "speaking_style")  # what a portrait is compared with


def add_arguments(parser: ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("data", type=Path, metavar="DIR", help=f"a folder with {FILE}")


def run(*, tell: Telling, data: Path, **_: Any) -> dict[str, Any]:
    """Import every life, draw the portrait without a language model, rank the descriptions by nearness to it."""
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))
    people = _people(data)
    portraits: list[Sequence[Line]] = []
    with scratch_database(), tell.progress() as bar:
        task = bar.add_task("Drawing", total=len(people))
        for number, person in enumerate(people):
            portraits.append(_drawn(number, person))
            bar.advance(task)
    told = [person["meta_information"] for person in people]
    descriptions = [". ".join(str(one[part]) for part in DESCRIBED) for one in told]
    by = {"chance": _figures(np.arange(1, len(people) + 1)), "all": _figures(_ranks(descriptions, portraits))}
    for aspect in PortraitLine.Aspect:
        lines = [[line for line in drawn if line.aspect == aspect] for drawn in portraits]
        if any(lines):
            by[aspect.value] = _figures(_ranks(descriptions, lines)) | {"lines": sum(map(len, lines))}
    tell.table(f"portrait: {data}", [{"by": name, **figures} for name, figures in by.items()])
    return {"benchmark": "portrait", "people": len(people), "lines": sum(map(len, portraits)), **by}


def _people(data: Path) -> list[dict[str, Any]]:
    """Raises CommandError."""
    try:
        people = list(json.loads((data / FILE).read_text(encoding="utf-8")).values())
        if not all(person["history"] and person["meta_information"].keys() >= set(DESCRIBED) for person in people):
            raise ValueError("somebody has no history or no description")
    except OSError as error:
        raise CommandError(f"{data / FILE} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{data / FILE} is not JSON of people with a history and meta_information.") from error
    return people


def _drawn(number: int, person: Mapping[str, Any]) -> Sequence[Line]:
    """The lines of a person's portrait just after the last thing they said, from facts and sentences."""
    name = str(person["name"]).strip()
    history = History(source="memorybank", total=0, entries=_told(person["history"]), person=name)
    companion, _, moment = lived(number, Life(name, history, ()), Asked(), lambda _: None)
    at_work: Any = {"person_id": companion.owner_id, "engine": RecallOnly(), "encoder": encoder.current()}
    with acting_as(companion.owner_id):
        sessions = list(Session.objects.of(companion.owner_id).order_by("pk").values_list("pk", flat=True))
    for session in sessions:
        consolidation.run(session_id=session, **at_work)
    return portrait.draw(companion_id=companion.pk, moment=moment, **at_work).lines


def _told(history: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[Told]:
    for day, rounds in sorted(history.items()):
        at = datetime.fromisoformat(day).replace(tzinfo=UTC) + BEGINS
        for place, one in enumerate(rounds):
            asked, answered = at + 2 * place * APART, at + (2 * place + 1) * APART
            yield Told(f"{day}/{place}", "all", day, "person", one["query"], asked)
            yield Told(f"{day}/{place}/answer", "all", day, "companion", one["response"], answered)


def _ranks(descriptions: Sequence[str], portraits: Sequence[Sequence[Line]]) -> NDArray[np.int64]:
    """Where each person's own description stands among all, from 1; an empty portrait puts it last."""
    described = encoder.current().encode(list(descriptions))
    ranks = []
    for place, lines in enumerate(portraits):
        if not lines:
            ranks.append(len(portraits))
            continue
        sure = np.array([line.confidence for line in lines])
        nearness = described @ (sure @ encoder.current().encode([line.text for line in lines]))
        ranks.append(1 + int((nearness > nearness[place]).sum()))
    return np.array(ranks)


def _figures(ranks: NDArray[np.int64]) -> dict[str, float]:
    """Mean reciprocal rank, and the share that came first or among the first three."""
    return {
        "mrr": round(float((1 / ranks).mean()), 3),
        "top_1": round(float((ranks == 1).mean()), 3),
        "top_3": round(float((ranks <= 3).mean()), 3),
    }
