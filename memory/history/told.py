"""One utterance as a source tells it, before it is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from memory.engine import Speaker
from memory.wording import Worded, Wording

if TYPE_CHECKING:
    from memory.history.judgements import Judged

LONGEST = 100_000  # characters of one imported turn
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Told:
    """A turn of a history, in the order of its source."""

    id: str  # unique in the source: the same again is the same turn
    conversation: str
    session: str
    speaker: Speaker
    text: str
    said_at: datetime  # aware
    remembered: bool = True  # whether memories are made of it
    companion: str = ""  # whom it was said to, where the source names one; else whom the import is for
    by_hand: bool = False  # it puts something right, and is no talk


@dataclass(frozen=True)
class Skipped:
    """Something that could not be read, and why, in words."""

    where: Wording  # "line 7"
    why: Wording

    @property
    def told(self) -> Wording:
        """Both in one."""
        # Translators: what could not be imported, and why: “line 7: it is not JSON”.
        return Wording(gettext_noop("%(where)s: %(why)s"), {"where": self.where, "why": self.why})


@dataclass(frozen=True)
class History:
    """A readable source. `total` is how many entries there are to come, good or bad."""

    source: str  # what it is called: turns of the same source are kept once
    total: int
    entries: "Iterator[Told | Skipped | Judged]"
    person: str = ""  # the names in it, where it has any
    companion: str = ""
    remarks: list[str] = field(default_factory=list)


class Unreadable(Worded, ValueError):
    """Nothing of the file can be used; the wording says why."""


def not_opened(path: Path, error: OSError) -> Unreadable:
    """A file that the system does not give out."""
    of = {"path": str(path), "problem": error.strerror or type(error).__name__}
    return Unreadable(Wording(gettext_noop("%(path)s cannot be read: %(problem)s."), of))


def not_json(path: Path) -> Unreadable:
    """A file that holds something else."""
    return Unreadable(Wording(gettext_noop("%(path)s is not JSON in UTF-8."), {"path": str(path)}))


NO_WORDS = Wording(gettext_noop("there are no words in it"))
