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

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from memory.dialogue import UNKEEPABLE, is_blank
from memory.history import judgements
from memory.history.judgements import Judged
from memory.history.told import FIRST_YEAR, LAST_YEAR, LONGEST, History, Skipped, Told, Unreadable

LONGEST_LINE = 1_000_000  # bytes
MOST_UNREADABLE = 10_000  # lines, after which the rest is not looked at: it is no file of ours


class Line(BaseModel):
    """What a line may hold. The moment is either absolute or so many days ago at a time of the person's day."""

    model_config = ConfigDict(extra="ignore")

    speaker: Literal["person", "companion"]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    session: Annotated[str, Field(min_length=1, max_length=150)]
    conversation: Annotated[str, Field(min_length=1, max_length=150)] = "Imported"
    companion: Annotated[str, Field(max_length=80)] = ""
    said_at: AwareDatetime | None = None
    days_ago: Annotated[int, Field(ge=0, le=36_500)] | None = None
    time: clock_time | None = None
    id: Annotated[str, Field(min_length=1, max_length=190)] | None = None
    remembered: bool = True
    by_hand: bool = False

    @field_validator("said_at")
    @classmethod
    def is_counted_in_days(cls, moment: datetime | None) -> datetime | None:
        """Days are counted in every zone, so neither the first nor the last of the calendar will do."""
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
        return moment

    @model_validator(mode="after")
    def has_one_moment(self) -> "Line":
        """Either said_at, or days_ago with time."""
        relative = self.days_ago is not None and self.time is not None
        if (self.said_at is not None) == relative:
            raise ValueError("give said_at with a time zone, or days_ago and time")
        if self.by_hand and self.speaker != "person":
            raise ValueError("only the person writes by hand")
        return self


def read(path: Path, *, zone: str, today: date, source: str = "") -> History:
    """The lines of a file. `days_ago` counts back from `today` in the person's zone. Raises Unreadable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    if not content.strip():
        raise Unreadable(f"{path} is empty.")
    return _history(content, zone, today, source or f"file {path.name}")


def read_sent(content: bytes, *, zone: str, today: date, source: str) -> History:
    """The lines of what was sent in place of a file's. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("The file is empty.")
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
            yield Skipped(f"line {number} and what follows", f"not looked at, after {unreadable:,} that can't be read")
            return
        told = _entry(raw.rstrip(b"\r\n"), number, zone, today)
        unreadable += isinstance(told, Skipped)
        if isinstance(told, Told):
            again = seen.get(told.id, 0)  # the same words at the same moment may be said twice
            seen[told.id] = again + 1
            told = told if not again else Told(**{**vars(told), "id": f"{told.id}#{again}"})
        yield told


def _entry(raw: bytes, number: int, zone: str, today: date) -> Told | Skipped | Judged:
    where = f"line {number}"
    if len(raw) > LONGEST_LINE:
        return Skipped(where, f"it is {len(raw):,} bytes long; at most {LONGEST_LINE:,}")
    try:
        fields = json.loads(raw.decode())
        if judgements.is_judgement(fields):
            return judgements.read(fields, where)
        line = _line(fields)
    except UnicodeDecodeError:
        return Skipped(where, "it is not UTF-8")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        named = ".".join(map(str, first["loc"]))
        return Skipped(where, f"{named + ': ' if named else ''}{first['msg']}")
    except (ValueError, RecursionError):
        return Skipped(where, "it is not JSON")
    return Skipped(where, "text: there are no words in it") if is_blank(line.text) else _told(line, raw, zone, today)


def _line(fields: Any) -> Line:
    """Raises ValidationError."""
    if isinstance(fields, dict):
        fields |= {name: said.translate(UNKEEPABLE) for name, said in fields.items() if isinstance(said, str)}
    return Line.model_validate(fields)


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
