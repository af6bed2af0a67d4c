"""Forgetting: a made-up year told, asked and swept by the product's own code, beside what theory says of it."""

from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from math import exp
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError

from companion.operations.benchmarks.asking import asked, check_output
from companion.operations.benchmarks.forgetting_picture import Watched, draw
from companion.operations.benchmarks.prompt import claimed
from companion.operations.benchmarks.scratch import scratch_database, scratch_person
from companion.operations.benchmarks.telling import Telling
from companion.operations.benchmarks.year import Day, Thing, Year
from memory import clock, dialogue, encoder, fading, indexing, reading
from memory import reply as replies
from memory.consolidation import steps
from memory.encoder import Encoder, Tokens, Vectors
from memory.isolation import acting_as
from memory.models import Companion, Memory, Reply, Session
from memory.retention import DAY, PRESETS, freshness
from worker import replying
from worker.engines.recall_only import RecallOnly

MONTHS = 12
ASKED = 100  # faded things, and vivid ones, asked for at the end
FIRST = 10  # turns among which the right one should be
# As the presets are documented, written down once more: what is measured must not be its own measure.
FIRST_DAYS = {"companion": {"round": 42.0, "session": 84.0}, "paper": {"round": 1.0, "session": 1.0}}
LONGEST = 728.0  # days


def add_arguments(parser: ArgumentParser) -> None:
    """How long, and where the picture goes."""
    parser.add_argument("--days", type=int, default=365, help="of talk (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("forgetting.svg"), help="a picture (default: %(default)s)")


class ReadOnce:
    """An encoder that reads texts that it has just read no second time: everybody here is told the same."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.count = encoder.count
        self._read = lru_cache(maxsize=64)(lambda texts: encoder.read(list(texts)))

    def encode(self, texts: list[str]) -> Vectors:
        """As the encoder does."""
        return self.read(texts)[0]

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """As the encoder does."""
        return self._read(tuple(texts))


@dataclass
class Life:
    """One person who lives the year under one preset, and what we know of it beside the database."""

    preset: str
    companion: Companion
    encoder: Encoder
    useful: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))  # by memory
    rounds: dict[int, tuple[int, int]] = field(default_factory=dict)  # (memory, turn) by the number of a thing
    vivid: list[int] = field(default_factory=list)  # at the end of each month
    kept: list[int] = field(default_factory=list)
    deviation: float = 0.0  # the greatest, of any memory at the end of any month
    compared: int = 0
    misnamed: int = 0  # of these, rows whose state is not the word for what theory leaves of them


def run(*, tell: Telling, days: int, out: Path, **_: Any) -> dict[str, Any]:
    """Live day by day, with the clock set back and moved on; measure at the end of each month."""
    if days < MONTHS:
        raise CommandError(f"--days must be at least {MONTHS}.")
    check_output(out)
    year = Year()
    lived = list(year.days(days))
    ends = {round(days * month / MONTHS) - 1 for month in range(1, MONTHS + 1)}
    with scratch_database(), tell.progress() as bar:
        read = ReadOnce(encoder.current())
        lives = [Life(name, scratch_person(f"year-{name}", name="Ida")[1], read) for name in PRESETS]
        task = bar.add_task("Living", total=days)
        watched = _worth_watching(year, lived)
        for day in lived:
            with at(days - 1 - day.number):
                _live(lives, day)
                _watch(lives[0], watched, day.number)
                if day.number in ends:
                    _measure(lives)
            bar.advance(task)
        found = {life.preset: _asked_for(life, year.things) for life in lives}
    draw(out, watched=watched, vivid={life.preset: life.vivid for life in lives}, kept=lives[0].kept, found=found)
    return _told(days, lives, found, out, tell)


def _worth_watching(year: Year, lived: Sequence[Day]) -> list[Watched]:
    """A favourite, and the first thing that is never asked for."""
    asked_for = {thing.number for day in lived for thing in day.asks}
    never = [thing.number for thing in year.things if thing.number not in asked_for]
    return [Watched("asked for every few weeks", 0), *(Watched("never asked for", number) for number in never[:1])]


@contextmanager
def at(days_ago: int) -> Iterator[None]:
    """The clock stands so many days back."""
    before = settings.CLOCK_SHIFT
    settings.CLOCK_SHIFT = before - days_ago * 86_400
    try:
        yield
    finally:
        settings.CLOCK_SHIFT = before


@contextmanager
def under(preset: str) -> Iterator[None]:
    """Memories fade by this preset."""
    before = settings.RETENTION
    settings.RETENTION = preset
    try:
        yield
    finally:
        settings.RETENTION = before


def _live(lives: Sequence[Life], day: Day) -> None:
    for life in lives:
        with under(life.preset):
            _talk(life, day)
    fading.fade(now=clock.now())


def _talk(life: Life, day: Day) -> None:
    """A day's conversation through the chat's own steps; only an engine's words are made up here."""
    if not day.tells:
        return
    conversation: UUID | None = None
    replied = []
    for thing in day.asks:
        replied.append(_ask(life, conversation, thing))
        conversation = replied[-1].turn.conversation_id
    for thing in day.tells:
        replied.append(_tell(life, conversation, thing))
        conversation = replied[-1].turn.conversation_id
    _end_of_day(life, replied)


def _ask(life: Life, conversation: UUID | None, thing: Thing) -> Reply:
    """A question, answered from the right memory if that is among the notes: `reading.used` decides."""
    reply = claimed(life.companion, conversation, thing.question)
    made = replying.remember(reply, RecallOnly(), life.encoder)
    text = f"You told me: {thing.told}" if any(thing.told == note.quote for note in made.notes) else "I don’t remember."
    used = reading.used(made.notes, question=made.question, reply=text, summaries=made.summaries)
    finished = _finish(reply, text, sorted(used))
    for memory in used:
        life.useful[memory].append(finished)
    return reply


def _tell(life: Life, conversation: UUID | None, thing: Thing) -> Reply:
    reply = claimed(life.companion, conversation, thing.told)
    _finish(reply, "Thank you for telling me.", [])
    with acting_as(life.companion.owner_id):
        life.rounds[thing.number] = (reply.turn.memories.get().memory_id, reply.turn_id)
    return reply


def _finish(reply: Reply, text: str, used: list[int]) -> datetime:
    """When it was."""
    with acting_as(reply.owner_id):
        replies.finish(reply=reply, state=Reply.State.WHOLE, text=text, used=used)
        reply.refresh_from_db(fields=["answer", "finished_at"])
    assert reply.finished_at is not None  # noqa: S101 - nobody else is there
    return reply.finished_at


def _end_of_day(life: Life, replied: Sequence[Reply]) -> None:
    """What the worker does after replies, and once a session is over."""
    person = life.companion.owner_id
    said = [turn for reply in replied for turn in (reply.turn_id, reply.answer_id) if turn]
    indexing.index_turns(person_id=person, turn_ids=said, encoder=life.encoder)
    with acting_as(person):
        (session,) = Session.objects.of(person).filter(closed_at=None)
        dialogue.close_session(session=session, at=clock.now())
    steps.run(person_id=person, session_id=session.pk, engine=RecallOnly(), encoder=life.encoder)


def theory(preset: str, kind: str, said_at: datetime, useful: Sequence[datetime], now: datetime) -> float:
    """R by the formulas: of the first strength, when it was told, and when recalls were useful."""
    strength = FIRST_DAYS[preset][kind]
    last = max(useful, default=said_at)
    if preset == "paper":
        strength += len(useful)
    else:
        strength = min(strength + (last - said_at) / DAY, LONGEST)
    return exp(-((now - last) / DAY) / strength)


def _measure(lives: Sequence[Life]) -> None:
    """Every memory's row against theory."""
    now = clock.now()
    for life in lives:
        with acting_as(life.companion.owner_id):
            memories = list(Memory.objects.of(life.companion.owner_id))
        for memory in memories:
            left = theory(life.preset, memory.kind, memory.said_at, life.useful[memory.pk], now)
            life.deviation = max(life.deviation, abs(memory.retention(now) - left))
            life.misnamed += memory.state != freshness(left)
        life.compared += len(memories)
        life.kept.append(len(memories))
        life.vivid.append(sum(memory.state == Memory.State.VIVID for memory in memories))


def _watch(life: Life, watched: Sequence[Watched], day: int) -> None:
    """What is left of a few memories, day by day, for the picture."""
    now = clock.now()
    for one in watched:
        if one.thing in life.rounds:
            with acting_as(life.companion.owner_id):
                memory = Memory.objects.of(life.companion.owner_id).get(pk=life.rounds[one.thing][0])
            one.measured.append((day, memory.retention(now)))
            one.expected.append(
                (day, theory(life.preset, memory.kind, memory.said_at, life.useful[memory.pk], now)),
            )


def _asked_for(life: Life, things: Sequence[Thing]) -> dict[str, float | None]:
    """The share of faded things, and of vivid ones, whose turn is among the first ten when they are asked for."""
    with acting_as(life.companion.owner_id):
        states = dict(Memory.objects.of(life.companion.owner_id).values_list("pk", "state"))
    by_state: dict[str, list[int]] = defaultdict(list)
    for number, (memory, _) in life.rounds.items():
        by_state[states[memory]].append(number)
    return {state: _share(life, by_state[state], things) for state in (Memory.State.FADED, Memory.State.VIVID)}


def _share(life: Life, numbers: Sequence[int], things: Sequence[Thing]) -> float | None:
    chosen = numbers[:: max(len(numbers) // ASKED, 1)][:ASKED]
    found = 0
    for number in chosen:
        with acting_as(life.companion.owner_id):
            remembering = asked(life.companion, "Ida", things[number].question, clock.now(), life.encoder)
        found += life.rounds[number][1] in {candidate.turn_id for candidate in remembering.candidates[:FIRST]}
    return round(found / len(chosen), 3) if chosen else None


def _told(
    days: int, lives: Sequence[Life], found: dict[str, dict[str, float | None]], out: Path, tell: Telling
) -> dict[str, Any]:
    rows = [
        {"month": month + 1, "remembered": lives[0].kept[month]}
        | {f"vivid, {life.preset}": life.vivid[month] for life in lives}
        for month in range(MONTHS)
    ]
    tell.table(f"{days} days; picture: {out}", rows)
    figures = {
        "max_deviation": max(life.deviation for life in lives),
        "compared": sum(life.compared for life in lives),
        "states_off": sum(life.misnamed for life in lives),
        "vivid_by_month": {life.preset: life.vivid for life in lives},
        "remembered_by_month": lives[0].kept,
        "asked_recall_of_faded": found["companion"][Memory.State.FADED],
        "asked_recall": found,
        "useful_recalls": {life.preset: sum(map(len, life.useful.values())) for life in lives},
    }
    tell.table("", [{name: figure for name, figure in figures.items() if not isinstance(figure, (dict, list))}])
    return {"days": days, **figures, "out": str(out)}
