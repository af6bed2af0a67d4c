"""What a person said, and heard, as a file that the import reads again (docs/import.md, jsonl)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from memory.history import taking_along
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Turn
from memory.models.trace import BY_HAND

AT_ONCE = 500  # turns read in one transaction


@dataclass(frozen=True)
class _Talk:
    """A conversation to be written, under a name that no other of its companion has."""

    conversation: UUID
    name: str
    companion: str  # empty where the file is of one companion alone
    by_hand: bool  # what was put right, and is no talk


def export(companion: Companion) -> Iterator[str]:
    """One JSON object a line, each with its line end: conversation by conversation, as they were said.

    What is about to be erased is left out, and the title of its conversation with it; and what is off the record. What
    was said while memory was paused says so. After it stands what they have judged of what is remembered, and their
    portrait. Runs inside `acting_as(person)`.
    """
    for talk in _talks(companion):
        after = 0
        while turns := _turns(companion.owner_id, talk, after):
            yield from (_line(turn, talk) for turn in turns)
            after = turns[-1].number
    yield from (_written(judgement) for judgement in taking_along.judgements(companion))


def export_everything(person_id: int) -> Iterator[str]:
    """The same of all companions of a person, each line with its companion's name; many lines at a time.

    However long it takes to send, a transaction lasts no longer than it takes to read the next lines.
    """
    with acting_as(person_id):
        companions = list(Companion.objects.of(person_id).present().order_by("pk"))
        named = dict(zip(companions, _numbered([companion.name for companion in companions]), strict=True))
        talks = [talk for companion, name in named.items() for talk in _talks(companion, name=name)]
    for talk in talks:
        after = 0
        while lines := _lines_after(person_id, talk, after):
            after = lines[-1][0]
            yield "".join(line for _, line in lines)
    for companion, name in named.items():
        if judged := _judgements(companion, name):
            yield "".join(judged)


def _judgements(companion: Companion, name: str) -> list[str]:
    with acting_as(companion.owner_id):
        lines = [_written(judgement) for judgement in taking_along.judgements(companion, name=name)]
    connection.close()
    return lines


def _written(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"


def _lines_after(person_id: int, talk: _Talk, after: int) -> list[tuple[int, str]]:
    with acting_as(person_id):
        lines = [(turn.number, _line(turn, talk)) for turn in _turns(person_id, talk, after)]
    connection.close()
    return lines


def _turns(person_id: int, talk: _Talk, after: int) -> list[Turn]:
    turns = Turn.objects.of(person_id).shown().filter(conversation=talk.conversation, number__gt=after)
    return list(turns.order_by("number")[:AT_ONCE])


def _line(turn: Turn, talk: _Talk) -> str:
    line = {
        "id": str(turn.client_id),
        **({"companion": talk.companion} if talk.companion else {}),
        "conversation": talk.name,
        "session": str(turn.session_id),
        "speaker": turn.speaker,
        "said_at": turn.said_at.isoformat(),
        "text": turn.text,
        **({} if turn.remembered else {"remembered": False}),
        **({"by_hand": True} if talk.by_hand else {}),
    }
    return _written(line)


def _talks(companion: Companion, *, name: str = "") -> list[_Talk]:
    """A name for each conversation, no two alike: to the import, one name is one conversation."""
    kept = Conversation.objects.of(companion.owner_id).filter(companion=companion, off_record=False)
    marked = set(kept.filter(turns__erasure__isnull=False).values_list("pk", flat=True))
    talks = list(kept.order_by("started_at", "pk"))
    titles = ["" if talk.pk in marked else talk.title.strip() for talk in talks]
    dated = [title or f"Conversation of {talk.started_at:%Y-%m-%d}" for title, talk in zip(titles, talks, strict=True)]
    named = zip(talks, _numbered(dated), strict=True)
    return [_Talk(talk.pk, title, name, (talk.origin or "").startswith(BY_HAND)) for talk, title in named]


def _numbered(names: list[str]) -> list[str]:
    """The names, those that come again with the first number that makes them another."""
    told: dict[str, None] = {}
    for name in names:
        numbered = (name, *(f"{name} ({number})" for number in range(2, len(told) + 3)))
        told[next(one for one in numbered if one not in told)] = None
    return list(told)
