"""MADial-Bench (He et al. 2025): which memory fits a dialogue that does not ask for one. The pool is one life."""

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from companion.operations.benchmarks.asking import MOST, Life, Question, add_output, check_output, rank
from companion.operations.benchmarks.telling import Telling
from memory.encoder import Encoder
from memory.history import madial
from memory.history.told import Unreadable, not_opened
from memory.models import Companion
from memory.recall import Remembering, recall
from memory.wording import Wording

MEMORIES, DIALOGUES = "memories.json", "dialogues.json"
BOUNDS = {"<BOD>", "<EOD>"}


def add_arguments(parser: ArgumentParser) -> None:
    """The folder, and where the answers go."""
    parser.add_argument("data", type=Path, metavar="DIR", help=f"a folder with {MEMORIES} and {DIALOGUES}")
    add_output(parser)


def run(*, tell: Telling, data: Path, out: Path, **_: Any) -> dict[str, Any]:
    """Rank the memories for every tested turn of every dialogue."""
    check_output(out)
    return rank("madial", [life(data)], out=out, tell=tell, ask=unasked)


def unasked(companion: Companion, person: str, dialogue: str, moment: datetime, encoder: Encoder) -> Remembering:
    """What comes to mind while people talk."""
    return recall(
        companion=companion,
        person=person,
        question=dialogue,
        moment=moment,
        encoder=encoder,
        asked=False,
        admit_faded=True,  # the pool spans a year, and what is judged is the order
        most=MOST,
    )


def life(data: Path) -> Life:
    """The pool and the dialogues of a folder. Raises CommandError."""
    if not data.is_dir():
        raise CommandError(f"{data} is not a folder.")
    try:
        return Life("pool", madial.read(data / MEMORIES, zone="UTC"), _questions(data / DIALOGUES))
    except Unreadable as problem:
        raise CommandError(str(problem)) from problem


def _questions(path: Path) -> list[Question]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [
            Question(f"{place}:{turn}", _before(row["dialogue"], int(turn)))
            for place, row in enumerate(rows)
            for turn in row["test-turn"]
        ]
    except OSError as error:
        raise not_opened(path, error) from error
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        form = "[{dialogue: [lines], test-turn: [numbers]}]"
        raise Unreadable(Wording(f"{path} is not JSON of the form {form}.")) from error


def _before(dialogue: list[str], turn: int) -> str:
    """What was said before a turn, counted from 1 without the marks at both ends; at least the first line."""
    said = [line for line in dialogue if line.strip() not in BOUNDS]
    return "".join(said[: max(turn - 1, 1)])
