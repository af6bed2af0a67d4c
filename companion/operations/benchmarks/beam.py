"""BEAM (Tavakoli et al. 2025): ten abilities over long chats with an assistant, each chat a life."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from companion.operations.benchmarks.asking import Life, Question, add_output, check_output, rank
from companion.operations.benchmarks.telling import Telling
from memory.history import beam
from memory.history.told import Unreadable, not_opened
from memory.wording import Wording

CHAT, QUESTIONS = "chat.json", "probing_questions.json"


def add_arguments(parser: ArgumentParser) -> None:
    """The folder, and where the answers go."""
    parser.add_argument("data", type=Path, metavar="DIR", help=f"folders, each with {CHAT} and {QUESTIONS}")
    add_output(parser)


def run(*, tell: Telling, data: Path, out: Path, **_: Any) -> dict[str, Any]:
    """Rank the messages of every chat for every question of it."""
    check_output(out)
    return rank("beam", lives(data), out=out, tell=tell, id_of=_message_id)


def _message_id(origin: str) -> int | None:
    return int(origin) if origin.isdigit() else None


def lives(data: Path) -> list[Life]:
    """Every chat below a folder with its questions, in the order of their names. Raises CommandError."""
    if not data.is_dir():
        raise CommandError(f"{data} is not a folder.")
    folders = sorted((path.parent for path in data.glob(f"*/{CHAT}")), key=_by_number)
    if not folders:
        raise CommandError(f"{data} has no folder with a {CHAT}.")
    try:
        return [Life(folder.name, beam.read(folder / CHAT, zone="UTC"), _questions(folder)) for folder in folders]
    except Unreadable as problem:
        raise CommandError(str(problem)) from problem


def _by_number(folder: Path) -> tuple[int, str]:
    return (int(folder.name) if folder.name.isdigit() else 0, folder.name)


def _questions(folder: Path) -> list[Question]:
    path = folder / QUESTIONS
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return [
            Question(f"{folder.name}:{kind}:{place}", str(asked["question"]))
            for kind, rows in told.items()
            for place, asked in enumerate(rows)
        ]
    except OSError as error:
        raise not_opened(path, error) from error
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise Unreadable(Wording(f"{path} is not JSON of the form {{category: [{{question: …}}]}}.")) from error
