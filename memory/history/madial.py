"""MADial-Bench's memories: dated events of a person's life, with scene and emotion (He et al. 2025)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from memory.dialogue import UNKEEPABLE
from memory.history.told import LONGEST, History, Skipped, Told, Unreadable, not_json, not_opened
from memory.wording import Wording

FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%Y")  # dates, as exactly as they are told
EVENING = timedelta(hours=20)  # what a day brought is told then
TITLE = "Memories"


def read(path: Path, *, zone: str) -> History:
    """The memories of a file by date, each told by the person in one turn; a day is a session. Raises Unreadable."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise not_opened(path, error) from error
    except (ValueError, RecursionError) as error:
        raise not_json(path) from error
    if not isinstance(told, dict) or not told or not all(isinstance(each, dict) for each in told.values()):
        raise Unreadable(
            Wording(gettext_noop("%(path)s is not an object of memories by their ids."), {"path": str(path)})
        )
    return History(source=f"madial {path.parent.name}", total=len(told), entries=_entries(told, zone))


def _entries(told: dict[str, dict[str, Any]], zone: str) -> Iterator[Told | Skipped]:
    days = {identity: _day(str(memory.get("time") or ""), zone) for identity, memory in told.items()}
    never = datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    before: dict[datetime, int] = {}
    for identity, memory in sorted(told.items(), key=lambda item: days[item[0]] or never):
        day = days[identity]
        if day is None:
            yield Skipped(_where(identity), Wording(gettext_noop("it has no date")))
            continue
        before[day] = before.get(day, 0) + 1
        yield _entry(identity, memory, day, day + timedelta(minutes=before[day] - 1))


def _day(time: str, zone: str) -> datetime | None:
    for form in FORMS:
        try:
            return datetime.strptime(time.strip(), form).replace(tzinfo=ZoneInfo(zone)) + EVENING
        except ValueError:
            continue
    return None


def _where(identity: str) -> Wording:
    return Wording(gettext_noop("memory %(name)s"), {"name": identity})


def _entry(identity: str, memory: dict[str, Any], day: datetime, said_at: datetime) -> Told | Skipped:
    event = str(memory.get("event") or "").translate(UNKEEPABLE).strip()
    if not event:
        return Skipped(_where(identity), Wording(gettext_noop("it tells no event")))
    marks = ", ".join(str(memory[name]) for name in ("scene", "emotion") if memory.get(name))
    text = f"{event} ({marks})" if marks else event
    return Told(identity, TITLE, day.date().isoformat(), "person", text[:LONGEST], said_at)
