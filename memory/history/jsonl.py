"""Rosemary's own format: one JSON object a line (docs/import.md)."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from memory.dialogue import UNKEEPABLE, is_blank
from memory.history import judgements
from memory.history.judgements import Identity, Judged, Moment
from memory.history.told import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST,
    NO_WORDS,
    History,
    Skipped,
    Told,
    Unreadable,
    not_opened,
)
from memory.wording import Wording

LONGEST_LINE = 1_000_000  # bytes
MOST_DAYS_AGO = 36_500
MOST_UNREADABLE = 10_000  # lines, after which the rest is not looked at: it is no file of ours


EMPTY = Wording(gettext_noop("The file is empty."))
TOO_MANY = Wording(
    gettext_noop("not looked at, after %(count)s that cannot be read"), {"count": f"{MOST_UNREADABLE:,}"}
)
NO_OBJECT = Wording(gettext_noop("it is no JSON object"))
BY_ANOTHERS_HAND = Wording(gettext_noop("only the person writes by hand"))
NO_MOMENT = Wording(gettext_noop("give said_at with a time zone, or days_ago and time"))


def _text_of(most: int) -> Wording:
    return Wording(gettext_noop("a text of 1 to %(most)s characters"), {"most": f"{most:,}"})


class Line(BaseModel):
    """What a line may hold. The moment is either absolute or so many days ago at a time of the person's day."""

    model_config = ConfigDict(extra="ignore")

    speaker: Literal["person", "companion"]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    session: Annotated[str, Field(min_length=1, max_length=150)]
    conversation: Annotated[str, Field(min_length=1, max_length=150)] = "Imported"
    companion: Annotated[str, Field(max_length=80)] = ""
    said_at: Moment | None = None
    days_ago: Annotated[int, Field(ge=0, le=MOST_DAYS_AGO)] | None = None
    time: clock_time | None = None
    id: Identity | None = None
    remembered: bool = True
    by_hand: bool = False

    @model_validator(mode="after")
    def has_one_moment(self) -> "Line":
        """Either said_at, or days_ago with time."""
        relative = self.days_ago is not None and self.time is not None
        if (self.said_at is not None) == relative:
            raise ValueError("give said_at with a time zone, or days_ago and time")
        if self.by_hand and self.speaker != "person":
            raise PydanticCustomError("by_hand", "only the person writes by hand")
        return self


# What a field must be, by its name.
EXPECTED = {
    "speaker": Wording(gettext_noop("person or companion")),
    "text": _text_of(LONGEST),
    "session": _text_of(150),
    "conversation": _text_of(150),
    "companion": Wording(gettext_noop("a text of at most %(most)s characters"), {"most": "80"}),
    "said_at": Wording(
        gettext_noop("a moment with a time zone, of a year from %(first)s to %(last)s"),
        {"first": str(FIRST_YEAR), "last": str(LAST_YEAR)},
    ),
    "days_ago": Wording(gettext_noop("a whole number of days up to %(most)s"), {"most": f"{MOST_DAYS_AGO:,}"}),
    "time": Wording(gettext_noop("a time of day, such as 21:30")),
    "id": _text_of(190),
    "remembered": Wording(gettext_noop("true or false")),
    "by_hand": Wording(gettext_noop("true or false")),
}


def read(path: Path, *, zone: str, today: date, source: str = "") -> History:
    """The lines of a file. `days_ago` counts back from `today` in the person's zone. Raises Unreadable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise not_opened(path, error) from error
    if not content.strip():
        raise Unreadable(EMPTY)
    return _history(content, zone, today, source or f"file {path.name}")


def read_sent(content: bytes, *, zone: str, today: date, source: str) -> History:
    """The lines of what was sent in place of a file's. Raises Unreadable."""
    if not content.strip():
        raise Unreadable(EMPTY)
    return _history(content, zone, today, source)


def _history(content: bytes, zone: str, today: date, source: str) -> History:
    total = content.count(b"\n") + (not content.endswith(b"\n"))
    return History(source=source, total=total, entries=_entries(BytesIO(content), zone, today))


def _entries(lines: Iterable[bytes], zone: str, today: date) -> Iterator[Told | Skipped | Judged]:
    """One after the other, so that a file of empty or unreadable lines takes no more room than it has."""
    seen: dict[str, int] = {}
    unreadable = 0
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        if unreadable == MOST_UNREADABLE:
            of = {"number": str(number)}
            yield Skipped(Wording(gettext_noop("line %(number)s and what follows"), of), TOO_MANY)
            return
        told = _entry(raw.rstrip(b"\r\n"), number, zone, today)
        unreadable += isinstance(told, Skipped)
        if isinstance(told, Told):
            again = seen.get(told.id, 0)  # the same words at the same moment may be said twice
            seen[told.id] = again + 1
            told = told if not again else Told(**{**vars(told), "id": f"{told.id}#{again}"})
        yield told


def _entry(raw: bytes, number: int, zone: str, today: date) -> Told | Skipped | Judged:  # noqa: PLR0911
    where = Wording(gettext_noop("line %(number)s"), {"number": str(number)})
    if len(raw) > LONGEST_LINE:
        of = {"bytes": f"{len(raw):,}", "most": f"{LONGEST_LINE:,}"}
        return Skipped(where, Wording(gettext_noop("it is %(bytes)s bytes long; at most %(most)s"), of))
    try:
        fields = json.loads(raw.decode())
        if judgements.is_judgement(fields):
            return judgements.read(fields, where)
        line = _line(fields)
    except UnicodeDecodeError:
        return Skipped(where, Wording(gettext_noop("it is not UTF-8")))
    except ValidationError as error:
        return Skipped(where, _fault(error))
    except (ValueError, RecursionError):
        return Skipped(where, Wording(gettext_noop("it is not JSON")))
    if is_blank(line.text):
        return Skipped(where, NO_WORDS)
    return _told(line, raw, zone, today)


def _line(fields: Any) -> Line:
    """Raises ValidationError."""
    if isinstance(fields, dict):
        fields |= {name: said.translate(UNKEEPABLE) for name, said in fields.items() if isinstance(said, str)}
    return Line.model_validate(fields)


def _fault(error: ValidationError) -> Wording:
    """The first thing that is not as a line has it, with what would be right."""
    first = error.errors(include_input=False, include_url=False)[0]
    if not first["loc"]:
        faults = {"model_type": NO_OBJECT, "by_hand": BY_ANOTHERS_HAND}
        return faults.get(first["type"], NO_MOMENT)
    name = str(first["loc"][0])
    if first["type"] == "missing":
        return Wording(gettext_noop("%(field)s is missing"), {"field": name})
    return Wording(gettext_noop("%(field)s must be %(expected)s"), {"field": name, "expected": EXPECTED[name]})


def _told(line: Line, raw: bytes, zone: str, today: date) -> Told:
    said_at = line.said_at
    if said_at is None:
        assert line.days_ago is not None and line.time is not None  # noqa: S101, PT018 - validated
        day = today - timedelta(days=line.days_ago)
        said_at = datetime.combine(day, line.time, tzinfo=ZoneInfo(zone))
    identity = line.id or str(uuid5(NAMESPACE_URL, raw.decode()))
    return Told(
        identity,
        line.conversation,
        line.session,
        line.speaker,
        line.text,
        said_at,
        line.remembered,
        line.companion.strip(),
        line.by_hand,
    )
