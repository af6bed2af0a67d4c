"""BEAM's format: one long chat with an assistant, in batches (Tavakoli et al. 2025). A batch is a session."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from memory.dialogue import UNKEEPABLE, is_blank
from memory.history.told import LONGEST, NO_WORDS, History, Skipped, Told, Unreadable, not_json, not_opened
from memory.wording import Wording

MARK = re.compile(r"\s*->->\s*\S{0,16}\s*$")  # “->-> 1,1” at a message's end says where its plan stands
ANCHOR = "%B-%d-%Y"  # "March-15-2024"
MORNING = timedelta(hours=9)  # a day's talk is taken to begin then, a message a minute
UNDATED = "January-01-2024"
SPEAKERS = {"user": "person", "assistant": "companion"}


@dataclass(frozen=True)
class Message:
    """A message as it stands in the file."""

    batch: str
    anchor: str  # the date it names, or ""
    fields: dict[str, Any]


def read(path: Path, *, zone: str) -> History:
    """A chat file, however its batches are nested; its dates stand on the person's clock. Raises Unreadable."""
    try:
        messages = list(_messages(json.loads(path.read_text(encoding="utf-8")), batch="", anchor=""))
    except OSError as error:
        raise not_opened(path, error) from error
    except (ValueError, RecursionError) as error:
        raise not_json(path) from error
    if not messages:
        raise Unreadable(
            Wording(gettext_noop("%(path)s holds no messages with a role and a content."), {"path": str(path)})
        )
    dated = [message.anchor for message in messages if _day(message.anchor, zone)]
    remarks = [] if dated else [f"No date is told; it is kept as of {UNDATED}."]
    first = dated[0] if dated else UNDATED
    name = path.parent.name or path.stem
    return History(
        source=f"beam {name}", total=len(messages), entries=_entries(messages, first, zone, name), remarks=remarks
    )


def _messages(node: Any, *, batch: str, anchor: str) -> Iterator[Message]:
    """Every message below a node, in order, with what its surroundings say of batch and date."""
    if isinstance(node, list):
        for each in node:
            yield from _messages(each, batch=batch, anchor=anchor)
    elif isinstance(node, dict):
        anchor = str(node.get("time_anchor") or anchor)
        if "role" in node and "content" in node:
            yield Message(batch, anchor, node)
            return
        batch = _batch(node, batch)
        for each in node.values():
            yield from _messages(each, batch=batch, anchor=anchor)


def _batch(node: dict[str, Any], around: str) -> str:
    """A batch's own number, after that of what it lies in."""
    number = node.get("batch_number")
    return around if number is None else f"{around}.{number}".strip(".")


def _day(anchor: str, zone: str) -> datetime | None:
    try:
        return datetime.strptime(anchor.strip(), ANCHOR).replace(tzinfo=ZoneInfo(zone)) + MORNING
    except ValueError:
        return None


def _entries(messages: list[Message], first: str, zone: str, title: str) -> Iterator[Told | Skipped]:
    """A date holds until the next one is told; messages follow one another by a minute."""
    anchor, said_at = first, _day(first, zone)
    assert said_at is not None  # noqa: S101 - `first` is a date
    for place, message in enumerate(messages):
        if message.anchor not in ("", anchor) and (day := _day(message.anchor, zone)) is not None:
            anchor, said_at = message.anchor, day
        yield _entry(message, place, title, said_at)
        said_at += timedelta(minutes=1)


def _entry(message: Message, place: int, title: str, said_at: datetime) -> Told | Skipped:
    where = Wording(gettext_noop("message %(name)s"), {"name": str(message.fields.get("id", place + 1))})
    speaker = SPEAKERS.get(str(message.fields["role"]))
    if speaker is None:
        return Skipped(where, Wording(gettext_noop("neither user nor assistant said it")))
    text = MARK.sub("", str(message.fields["content"] or "").translate(UNKEEPABLE))[:LONGEST]
    if is_blank(text):
        return Skipped(where, NO_WORDS)
    identity = str(message.fields.get("id", f"place {place + 1}"))
    session = f"batch {message.batch or 1}"
    return Told(identity, f"BEAM {title}", session, speaker, text, said_at)  # type: ignore[arg-type]
