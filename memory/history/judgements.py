"""What a person has judged of what is remembered, as lines of a file beside what was said (docs/import.md, jsonl).

Pins, corrections and what they said to lines of their portrait. Each names the words that it is about by the `id` of
their turn: memories have other ids wherever they are made again.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from django.utils.translation import gettext_noop
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from memory.dialogue import UNKEEPABLE
from memory.history.told import FIRST_YEAR, LAST_YEAR, LONGEST, Skipped
from memory.models import Memory, PortraitLine
from memory.portrait import LONGEST_LINE
from memory.wording import Wording

KINDS = ("pin", "correction", "portrait")
NAMES = {
    "pin": Wording(gettext_noop("a pin")),
    "correction": Wording(gettext_noop("a correction")),
    "portrait": Wording(gettext_noop("a line of a portrait")),
}
MOST_WORDS = 1000  # that one of them is about

Identity = Annotated[str, Field(min_length=1, max_length=190)]
Kept = AfterValidator(lambda words: words.translate(UNKEEPABLE))
Short = Annotated[str, Field(max_length=200), Kept]


def _in_calendar(moment: AwareDatetime) -> AwareDatetime:
    """Days are counted in every zone, so neither the first nor the last of the calendar will do."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]


class Words(BaseModel):
    """Characters of a turn."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    turn: Identity
    start: int = Field(ge=0, lt=LONGEST)
    end: int = Field(gt=0, le=LONGEST)

    @model_validator(mode="after")
    def begins_before_it_ends(self) -> "Words":
        """At least one character."""
        if self.start >= self.end:
            raise ValueError("start stands before end")
        return self


class Pin(Words):
    """A memory of these words is pinned: the words themselves, a fact, or a summary of where they stand."""

    kind: Literal["pin"]
    memory: Memory.Kind
    text: Annotated[str, Field(max_length=4000), Kept] = ""  # which of several facts


class Wrong(Words):
    """Words in whose place a correction stands, and what was understood by them."""

    subject: Short = ""
    attribute: Short = ""
    mistaken: bool


class Right(BaseModel):
    """A turn of the person's, by hand, that puts something right."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["correction"]
    turn: Identity
    told: Memory.Told = Memory.Told.STATE
    subject: Short = ""
    attribute: Short = ""
    value: Short = ""
    valid_from: Moment | None = None
    happened_from: Moment | None = None
    happened_to: Moment | None = None
    pinned: bool = False
    in_place_of: list[Wrong] = Field(default=[], max_length=MOST_WORDS)


class Quote(Words):
    """Words that a line of the portrait stands on; with a weight below zero they speak against it."""

    weight: float = Field(ge=-10, le=10, allow_inf_nan=False)


class Line(BaseModel):
    """A line of a portrait. One that was only drawn is there to be read: the import draws its own."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["portrait"]
    companion: Annotated[str, Field(max_length=80), Kept] = ""
    aspect: PortraitLine.Aspect
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_LINE, pattern=r"\S"), Kept]
    state: Literal["drawn", "confirmed", "refused"]
    quotes: list[Quote] = Field(default=[], max_length=MOST_WORDS)


JUDGED: TypeAdapter[Pin | Right | Line] = TypeAdapter(Annotated[Pin | Right | Line, Field(discriminator="kind")])


@dataclass(frozen=True)
class Judged:
    """One of them, and where it stands in its source."""

    where: Wording  # "line 7"
    what: Pin | Right | Line


def is_judgement(fields: Any) -> bool:
    """Whether a line of a file is one of these, and no turn."""
    return isinstance(fields, dict) and "speaker" not in fields and fields.get("kind") in KINDS


def read(fields: dict[str, Any], where: Wording) -> Judged | Skipped:
    """The line, or what is wrong with it."""
    try:
        return Judged(where, JUDGED.validate_python(fields))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"][1:]))
        of: dict[str, str | Wording] = {"what": NAMES[fields["kind"]], "field": place or "…", "why": first["msg"]}
        return Skipped(
            where, Wording(gettext_noop("it should be %(what)s and can't be read as one (%(field)s: %(why)s)"), of)
        )
