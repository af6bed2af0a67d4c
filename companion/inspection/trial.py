"""The recall inspector: a question tried on a person's memory, as of a moment, by the one recall. It changes nothing.

What the chat would have recalled, what of it would reach the prompt as the first message of a new conversation, and why
the rest would not. Two configurations can be tried side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from companion.accounts.models import Person
from memory import context, prompt, reading
from memory.budget import MESSAGE_OVERHEAD, estimate_tokens
from memory.encoder import Reader
from memory.isolation import acting_as
from memory.models import Companion, Turn
from memory.reading import PassedOver
from memory.recall import Candidate, Remembering, question_forms, recall, varied
from memory.temporal import range_in_words

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NO_ROOM = gettext_lazy("no room for it in the prompt")
PASSED_OVER = {
    PassedOver.UNLIKELY: gettext_lazy("too unlikely beside the best"),
    PassedOver.BEYOND: gettext_lazy("beyond the most that is read"),
    PassedOver.GONE: gettext_lazy("forgotten a moment ago"),
    PassedOver.TELLS_NOTHING: gettext_lazy("small talk, or the companion’s own words where the person’s are asked for"),
    PassedOver.SAID_AGAIN: gettext_lazy("another note says the same"),
    PassedOver.ECHO: gettext_lazy("the companion says again what the person’s note says"),
}


@dataclass(frozen=True)
class Configuration:
    """A way to ask the one recall."""

    name: "StrPromise"
    weights: Mapping[str, float] = field(default_factory=dict)  # of some parts, in place of the table's
    arguments: Mapping[str, Any] = field(default_factory=dict)  # others of `memory.recall.recall`


def without(name: "StrPromise", *parts: str) -> Configuration:
    """Ranked as if there were no such parts."""
    return Configuration(name, dict.fromkeys(parts, 0.0))


AS_THE_CHAT = Configuration(gettext_lazy("as the chat asks"))
COMPARED = {
    "time": without(gettext_lazy("without the time it names"), "said_then", "happened_then", "timely"),
    "words": without(
        gettext_lazy("without words"), "lexical_turn", "lexical_before", "lexical_window", "session_lexical"
    ),
    "meaning": without(gettext_lazy("without meaning"), "dense", "dense_as_asked", "session_dense", "tokens"),
    "tokens": without(gettext_lazy("without late interaction"), "tokens"),
    "around": without(gettext_lazy("without session and neighbours"), "session_dense", "session_lexical", "neighbour"),
    "speaker": without(gettext_lazy("whoever said it"), "speaker"),
    "unasked": Configuration(gettext_lazy("as if nothing were asked"), arguments={"asked": False}),
    "faded": Configuration(
        gettext_lazy("as if nothing were asked, faded too"), arguments={"asked": False, "admit_faded": True}
    ),
}


@dataclass(frozen=True)
class Part:
    """A named part of a score: the figure, its weight, and what it adds."""

    name: str
    value: float
    weight: float

    @property
    def adds(self) -> float:
        """To the weighted sum."""
        return self.value * self.weight


@dataclass(frozen=True)
class Bar:
    """A part, 0-1, as one sees it."""

    name: str
    value: float

    @property
    def width(self) -> int:
        """Of a hundred."""
        return round(100 * min(max(self.value, 0.0), 1.0))


@dataclass(frozen=True)
class Row:
    """A candidate, with what became of it."""

    rank: int  # 1 is the best
    memory: int
    turn: int
    text: str
    speaker: str
    said_at: datetime
    total: float  # 0-1: how likely it is evidence
    parts: list[Part]
    scores: Mapping[str, float]
    in_prompt: bool
    why_not: str = ""

    @property
    def sum(self) -> float:
        """The weighted sum: log-odds up to a constant."""
        return sum(part.adds for part in self.parts)

    @property
    def bars(self) -> list[Bar]:
        """The parts that one looks at first."""
        scores = self.scores
        return [
            Bar(gettext("Meaning"), scores["dense"]),
            Bar(gettext("Words"), scores["lexical"]),
            Bar(gettext("Time"), max(scores["said_then"], scores["happened_then"])),
            Bar(gettext("Speaker"), 2 * max(scores["speaker"], 0.0)),
            Bar(gettext("Closely"), scores["tokens"]),
        ]


@dataclass(frozen=True)
class Trial:
    """One configuration's answer."""

    configuration: Configuration
    remembering: Remembering
    rows: list[Row]  # best first
    tokens: int  # of the prompt that would be built, by the estimate
    budget: int

    @property
    def dates(self) -> str:
        """The time that the question was understood to name, in words; empty where it names none."""
        dates = self.remembering.dates
        if dates is None:
            return ""
        return gettext("of any year") if dates.any_year else range_in_words(dates.start, dates.end)

    @property
    def in_prompt(self) -> int:
        """How many candidates would reach the prompt."""
        return sum(row.in_prompt for row in self.rows)


def try_out(
    *,
    person: Person,
    companion: Companion,
    question: str,
    moment: datetime,
    encoder: Reader,
    configurations: list[Configuration],
) -> list[Trial]:
    """One trial a configuration; the question is read once. No connection is held meanwhile. Raises what reading does.

    `moment` stands on the person's clock. Writes nothing.
    """
    forms = {
        asked: _forms(person, companion, question, asked)
        for asked in {c.arguments.get("asked") for c in configurations}
    }
    read = {asked: encoder.read(texts) for asked, texts in forms.items()}
    with acting_as(person.pk):
        return [
            _tried(person, companion, question, moment, encoder, each, read[each.arguments.get("asked")])
            for each in configurations
        ]


def _forms(person: Person, companion: Companion, question: str, asked: bool | None) -> list[str]:
    return question_forms(question, person=person.called, companion=companion.name, asked=asked)


def _tried(
    person: Person,
    companion: Companion,
    question: str,
    moment: datetime,
    encoder: Reader,
    configuration: Configuration,
    read: Any,
) -> Trial:
    remembering = recall(
        companion=companion,
        person=person.called,
        question=question,
        moment=moment,
        encoder=encoder,
        read=read,
        table=varied(configuration.weights),
        **configuration.arguments,
    )
    chosen = reading.read(remembering, zone=person.time_zone)
    material = prompt.gather(
        companion=companion,
        person=person.called,
        turn=Turn(text=question),
        earlier=context.before_a_new_one(companion=companion, moment=moment),
        remembering=remembering,
        notes=chosen.notes,
        moment=moment,
    )
    made = prompt.lay_out(material, budget=settings.PROMPT_TOKENS)
    tokens = sum(estimate_tokens(message["content"]) + MESSAGE_OVERHEAD for message in made.messages)
    told = {note.turn for note in made.notes}
    return Trial(
        configuration, remembering, _rows(person.pk, remembering, chosen, told), tokens, settings.PROMPT_TOKENS
    )


def _rows(person_id: int, remembering: Remembering, chosen: reading.Chosen, told: set[int | None]) -> list[Row]:
    turns = Turn.objects.of(person_id).shown().in_bulk([candidate.turn_id for candidate in remembering.candidates])
    return [
        _row(rank, candidate, turns[candidate.turn_id], remembering.weights, chosen, candidate.turn_id in told)
        for rank, candidate in enumerate(remembering.candidates, start=1)
        if candidate.turn_id in turns
    ]


def _row(
    rank: int,
    candidate: Candidate,
    turn: Turn,
    weights: Mapping[str, float],
    chosen: reading.Chosen,
    in_prompt: bool,
) -> Row:
    return Row(
        rank=rank,
        memory=candidate.memory_id,
        turn=turn.pk,
        text=reading.excerpt(turn.text, 300),
        speaker=turn.speaker,
        said_at=turn.said_at,
        total=candidate.scores["total"],
        parts=[Part(name, candidate.scores[name], weight) for name, weight in weights.items()],
        scores=candidate.scores,
        in_prompt=in_prompt,
        why_not="" if in_prompt else _why_not(chosen.passed_over.get(turn.pk)),
    )


def _why_not(why: PassedOver | None) -> str:
    return str(NO_ROOM if why is None else PASSED_OVER[why])
