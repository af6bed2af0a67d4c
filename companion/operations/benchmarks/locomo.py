"""LoCoMo (Maharana et al. 2024): single turns out of months of talk between two people, each sample a life."""

import re
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from companion.operations.benchmarks.asking import Life, Question, add_output, check_output, rank
from companion.operations.benchmarks.telling import Telling
from memory.history import locomo
from memory.history.told import Unreadable
from memory.wording import Wording

EVIDENCE = re.compile(r"D(\d+):(\d+)")


def add_arguments(parser: ArgumentParser) -> None:
    """The data file, and where the answers go."""
    parser.add_argument("data", type=Path, metavar="DATA.json")
    parser.add_argument("--sample", action="append", default=[], help="only these samples (default: all)")
    parser.add_argument(
        "--consolidate",
        action="store_true",
        help="first sum up the sessions and find their facts, as the memory worker does, without an engine",
    )
    add_output(parser)


def run(
    *, tell: Telling, data: Path, out: Path, sample: Sequence[str] = (), consolidate: bool = False, **_: Any
) -> dict[str, Any]:
    """Rank the turns of every sample for every question of it."""
    check_output(out)
    chosen = [life for life in lives(data) if not sample or life.name in sample]
    return rank("locomo", chosen, out=out, tell=tell, consolidated=consolidate)


def lives(data: Path) -> list[Life]:
    """Every sample of a file with its questions. Raises CommandError."""
    try:
        found = locomo.samples(data)
        return [Life(name, locomo.read(data, zone="UTC", sample=name), _questions(name, each)) for name, each in found]
    except Unreadable as problem:
        raise CommandError(str(problem)) from problem


def _questions(sample: str, told: dict[str, Any]) -> list[Question]:
    asked = told.get("qa") or []
    if not isinstance(asked, list) or not all(isinstance(qa, dict) and qa.get("question") for qa in asked):
        raise Unreadable(Wording(f"Sample {sample} has a “qa” that is not a list of questions."))
    return [Question(f"{sample}:{place}", str(qa["question"])) for place, qa in enumerate(asked)]


def evidence(qa: dict[str, Any]) -> set[str]:
    """The turns that a question's answer stands in, as `D<session>:<place>`."""
    told = " ".join(map(str, qa.get("evidence") or []))
    return {f"D{int(session)}:{int(place)}" for session, place in EVIDENCE.findall(told)}
